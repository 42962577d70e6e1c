/** 导出菜单与导出文件的简体中文用语。 */
import type { enExports } from './en_exports';

/** `zh` 的一部分。 */
export const zhExports: typeof enExports = {
  exports: {
    heading: '导出',
    kinds: {
      png: '图片（PNG）',
      svg: '矢量图（SVG）',
      csv: '表格（CSV）',
      npy: '数组（NPY）',
      gif: '回放（GIF）',
      html: '此用户的故事（HTML）',
    },
    explain: {
      png: '所见内容，含标题、刻度与误差界',
      svg: '同上，可编辑，文字仍为文字',
      csv: '每个单元格一行，含标题、数值与误差界',
      npy: '该层的 float32 [头, 查询, 键]；NaN 表示不适用',
      npyCompared: 'float32 [面板, 查询, 键]，按最新处对齐；NaN 表示不适用',
      npyOver: 'float32 [物品, 步]，最新物品在前；NaN 表示无值',
      gif: (what) => `${what}在训练中的变化，至多 600 步`,
      html: (layer) => `历史、推荐与 ${layer} 的回放合为一个文件，无需网络`,
    },
    replayOf: {
      head: (head, layer) => `${layer} 的${head}的热力图`,
      heads: (layer) => `${layer} 的所有头`,
      compared: '并排比较的各面板',
    },
    working: '正在生成…',
    progress: (done, all) => `${done} / ${all} 帧`,
    cancel: '取消',
    cancelled: '已取消：没有保存任何文件。',
    saved: (file) => `已保存为 ${file}`,
    failed: (why) => `没有保存：${why}`,
    nothing: '屏幕上还没有注意力',
    tooMany: '表格至多 1,048,576 个单元格；NPY 可容纳全部',
    axes: '行：查询，即发问的物品。列：键，即被关注的物品。最早的在前。',
    bound: (error) => `每个值与采集值之差不超过 ±${error}。`,
    hatched: '斜线或灰色：不适用，查询不能关注其后的物品。',
    caution: '注意力表示模型看向何处，而非推荐的原因。',
    notLoaded: '无法加载 exports.js。请重新加载页面后再试。',
    mixed: '各面板内容不同：有的是单元格，有的是分块',
    storyKept: '保存内容',
    storyTitle: (user) => `对${user}历史的注意力`,
    storyHistory: '最新物品对历史的注意力',
    storyTarget: '目标名次',
    storyNone: '此步没有图：',
    storyCell: '指向单元格以读取数值。',
    storyPicture: '注意力热图。',
  },
};
