/** 计算所得部分的中文用语：平均、展开、流图、头的配对、漂移。 */
import type { enAnalysis } from './en_analysis';

/** Part of `zh`. */
export const zhAnalysis: typeof enAnalysis = {
  derived: {
    rollout: '全部层：展开',
    rolloutHead: '展开',
    rolloutShow: '展开',
    rolloutTitle:
      '把所有自注意力层合成一幅图（Abnar 与 Zuidema，2020）：各头取平均，每层一半为其自身输入，逐层相乘。它表示信息能流向何处，而非实际使用了什么。',
    mark: '推导所得',
    rolloutNote: '信息经过所有层能流向何处，而非实际使用了什么。',
    picture: '图像对象',
    pictureTitle: '对所有用户取平均，按最新物品对齐；每个查询只对拥有它的用户取平均。',
    pictures: { user: '当前用户', cohort: '全部用户平均' },
    mean: (users, of) => `${of} 位用户中 ${users} 位的平均，按最新物品对齐`,
    meanLast: (users, of) => `${of} 位用户中 ${users} 位的平均，按最后一个位置对齐`,
    queryUsers: (users, of) => `${of} 位用户中 ${users} 位有此查询`,
    newest: '最新',
    before: (n) => `最新 − ${n}`,
    lastPlace: (axis) => `末个${axis}`,
    beforeLast: (axis, n) => `末个${axis} − ${n}`,
    about: (value) => `≈ ${value}`,
    aboutTitle: '由已存储的单元格计算得出，自身没有误差上界。',
    drift: '漂移（比特）',
    driftExplain:
      '某头与其自身在最新一步的 Jensen–Shannon 散度，对各查询取平均：降到 0 表示已稳定。',
  },
  flow: {
    shape: '画法',
    shapes: { matrix: '矩阵', flow: '流图' },
    edges: '每个查询的连线数',
    rows: '查询',
    rowsOf: { all: '全部', last: '最新' },
    keys: '被关注的物品',
    queries: '查询',
    note: (count, share) =>
      `连线承载 ${share} % 的注意力：每个查询最强的 ${count} 个键，其余未画出。`,
    cut: (shown, all) => `只画出 ${all} 个查询中最新的 ${shown} 个。`,
    role: '流图',
    sentence: (head, layer, who, step, queries, lines) =>
      `${who} 在第 ${step} 步、${layer} 的${head}的注意力连线：右侧 ${queries} 个查询，${lines} 条连线指向左侧的键。上下键移动查询，左右键移动键。`,
  },
  match: {
    explain: (users, of) =>
      `基于 ${of} 位共同用户中的 ${users} 位、全部查询配对。相似度为 1 − 平均 Jensen–Shannon 散度。`,
    agree: (users, of) => `${of} 位中 ${users} 位最接近`,
    agreeTitle: '对这些用户而言，它是所有头中最相似的',
    sure: { clear: '明确', close: '接近', same: '无法区分', contested: '有争议' },
    sureTitle: {
      clear: '比任一头的次优配对高出 0.05 或更多。',
      close: '比任一头的次优配对高出不到 0.05。',
      same: '另一配对相差不到 0.01：请勿依赖。',
      contested: '另一配对更适合其中一个头：请勿依赖。',
    },
    unpaired: (letter, heads) => `${letter} 中没有配对的头：${heads}。`,
    shortened: (n) => `${n} 位用户按双方都看到的最新物品比较。`,
    left: {
      not_followed_by_both: (n) =>
        `A 中有 ${n} 位用户未在 B 中跟踪。只有两次训练使用同一隐私密钥，才能认出同一个人。`,
      no_attention: (n) => `${n} 位用户在其中一步没有注意力。`,
      other_items: (n) => `${n} 位用户的历史物品不同。`,
      unknown_items: (n) => `${n} 位用户的物品未在日志中命名。`,
    },
    none: '没有可比较的用户，因此无法为头配对。',
    failed: '比较未能完成；换到下一步时会重试。',
    steps: (a, b) => `步数不同：A 显示 ${a}，B 显示 ${b}。`,
    rollout: '展开没有可配对的头。',
  },
  metrics: {
    heading: '指标',
    note: '所示步及之前最近一次记录的值。',
    none: '这些运行旁没有记录标量。',
  },
};
