/** What the server's analysis says of some heads (`tests/fixtures/write_analysis.py`), the tab's says too. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { jensenShannonBits, topOverlap } from '../../src/analysis/distance';
import { scoresOf, typeOf, type HeadScores } from '../../src/analysis/head_type';
import { rowOf, type Attention, type Layout } from '../../src/data/attention';

interface Case {
  queries: number;
  keys: number;
  layout: Layout;
  position: number | null;
  query_categories: string[][] | null;
  key_categories: string[][] | null;
  a: number[][][];
  b: number[][][];
  bits: number[][];
  overlap: number[][];
  rows: number;
  scores: HeadScores[];
  types: [string, number][];
}

const file = join(dirname(fileURLToPath(import.meta.url)), '../fixtures/analysis.json');
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];

function attentionOf(c: Case, cells: number[][][]): Attention {
  const codes = cells.flatMap((head) =>
    head.flatMap((row, query) => (c.layout === 'FULL' ? row : row.slice(0, query + 1))),
  );
  return {
    step: 0,
    heads: cells.length,
    queries: c.queries,
    keys: c.keys,
    queryOffset: c.position ?? 0,
    keyOffset: 0,
    encoding: 'F32',
    layout: c.layout,
    codes: Float32Array.from(codes),
  };
}

describe.each(cases.map((c, i) => [i, c] as const))('case %i', (_, c) => {
  const [a, b] = [attentionOf(c, c.a), attentionOf(c, c.b)];
  const heads = c.a.map((__, head) => head);

  it('has the same scores and types', () => {
    const { query_categories: queries, key_categories: keys } = c;
    const categories = queries && keys ? { queries, keys } : null;
    for (const head of heads) {
      const scores = scoresOf(a, head, c.position !== null, categories);
      for (const [name, expected] of Object.entries(c.scores[head] as HeadScores)) {
        const value = scores[name as keyof HeadScores];
        if (expected === null) expect([name, value]).toEqual([name, null]);
        else expect(value, name).toBeCloseTo(expected as number, 6);
      }
      const [kind, score] = c.types[head] as [string, number];
      expect(typeOf(scores).kind).toBe(kind);
      expect(typeOf(scores).score).toBeCloseTo(score, 6);
    }
  });

  it('has the same distances, all heads against all', () => {
    for (const one of heads) {
      for (const other of heads) {
        const rows = Array.from({ length: c.queries }, (__, query) => {
          const [p, q] = [rowOf(a, one, query), rowOf(b, other, query)];
          return [jensenShannonBits(p, q), topOverlap(p, q)] as const;
        }).filter(([bits]) => !Number.isNaN(bits));
        expect(rows.length).toBe(c.rows);
        const mean = (of: 0 | 1): number =>
          rows.reduce((sum, row) => sum + row[of], 0) / rows.length;
        expect(mean(0)).toBeCloseTo(c.bits[one]?.[other] ?? Number.NaN, 6);
        expect(mean(1)).toBeCloseTo(c.overlap[one]?.[other] ?? Number.NaN, 6);
      }
    }
  });
});
