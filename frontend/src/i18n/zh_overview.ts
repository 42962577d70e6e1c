/** 过长而未完整保存的注意力：分块概览与最大单元格的中文用语。 */
import type { enOverview } from './en_overview';

/** `zh` 的一部分。 */
export const zhOverview: typeof enOverview = {
  overview: {
    heading: '概览',
    title:
      '该注意力过长，未完整保存。保存的是每个分块的平均值与最大单元格、用于预测的那一行，以及每行的最大单元格。',
    choices: { mean: '平均', maximum: '最大', row: '精确行' },
    explain: {
      mean: '图中每格是一个分块内单元格的平均值',
      maximum: '图中每格是一个分块内最大的单元格',
      row: '预测位置的那一行，每个单元格均为采集值',
    },
    notes: {
      mean: (queries, keys) => `已缩减：每格为 ${queries} × ${keys} 个单元格的平均值`,
      maximum: (queries, keys) => `已缩减：每格为 ${queries} × ${keys} 个单元格中的最大值`,
      row: (queries) => `已缩减：预测位置的精确行，${queries} 行中的最后一行`,
    },
    upTo: (count) => `至多 ${count}`,
    values: { mean: (value) => `平均 ${value}`, maximum: (value) => `最大 ${value}` },
    span: (first, last) => `#${first}–${last}`,
    titles: (first, last) => `${first} … ${last}`,
    cells: (queries, keys) => `分块：${queries} 个查询 × ${keys} 个键`,
    crossing: '其中不适用的单元格按 0 计',
    apart: '此分块的所有键都在其所有查询之后。',
    top: '这些查询的最大单元格',
    topNote: (count) => `精确已知：每个查询最大的 ${count} 个。图中以圈标出。`,
    sentence: (head, layer, user, step, whole, tiles) =>
      `${user} 在第 ${step} 步、${layer} 的${head}的注意力，已缩减：${whole} 个单元格，分为 ${tiles} 个分块。`,
    times: (queries, keys) => `${queries} × ${keys}`,
    scale: '刻度上限为其中最大者',
    ofRow: '仅据预测行判断：其他行未完整保存。',
    entropyTitle: '预测行的熵：其他行未完整保存',
  },
};
