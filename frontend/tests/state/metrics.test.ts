import { describe, expect, it } from 'vitest';
import { ScalarClient } from '../../src/data/scalars';
import { Metrics, telling } from '../../src/state/metrics.svelte';

const TAGS = {
  'd1/train': { batch_loss: {}, epoch_loss: {}, lr: {} },
  'd1/validation': { 'HR@10': {}, 'NDCG@10': {}, 'epoch_NDCG@10': {} },
  'd2/validation': { 'NDCG@10': {} },
};
const asked: string[] = [];
const client = new ScalarClient((url) => {
  asked.push(url);
  const body = url.endsWith('tags')
    ? TAGS
    : [
        [1, 0, 0.1],
        [2, 10, 'NaN'],
        [3, 20, 0.3],
      ];
  return Promise.resolve(Response.json(body));
});

describe('metrics beside a comparison', () => {
  it('are the latest at or before the step, of each run', async () => {
    const metrics = new Metrics(client);
    await metrics.look(['d1/attention', 'd2/attention', 'd3/attention'], 1);
    expect(metrics.tagsOf(['d1/attention', 'd2/attention'])).toEqual([
      'NDCG@10',
      'HR@10',
      'batch_loss',
    ]);
    expect(metrics.at('d1/attention', 'NDCG@10', 25)).toBe(0.3);
    expect(metrics.at('d1/attention', 'NDCG@10', 9)).toBe(0.1);
    expect(metrics.at('d1/attention', 'NDCG@10', 10)).toBeNull();
    expect(metrics.at('d1/attention', 'NDCG@10', -1)).toBeNull();
    expect(metrics.at('d2/attention', 'HR@10', 25)).toBeNull();
    expect(metrics.tagsOf(['d3/attention'])).toEqual([]);
    const before = asked.length;
    await metrics.look(['d1/attention', 'd2/attention', 'd3/attention'], 1);
    expect(asked.length).toBe(before);
  });

  it('are few, counted in steps, each once', () => {
    const names = ['a', 'b'].flatMap((run) =>
      ['NDCG@5', 'NDCG@10', 'HR@5', 'HR@10', 'MRR', 'recall', 'AUC', 'epoch_loss', 'lr'].map(
        (tag) => ({ run, tag, key: `${run}/${tag}` }),
      ),
    );
    expect(telling(names).map(({ tag }) => tag)).toEqual([
      'NDCG@5',
      'NDCG@10',
      'HR@5',
      'HR@10',
      'MRR',
      'recall',
    ]);
  });
});
