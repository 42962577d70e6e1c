import { describe, expect, it } from 'vitest';
import * as edits from '../../src/data/edit';

const { NO_EDIT } = edits;

describe('an edit', () => {
  it('is written as the parameters of /whatif, in one order whatever was done first', () => {
    const one = edits.withWeight(edits.withWeight(NO_EDIT, 7, 2), 3, 0.5);
    const other = edits.withWeight(edits.withWeight(NO_EDIT, 3, 0.5), 7, 2);
    expect(edits.queryOf(one)).toEqual(edits.queryOf(other));
    expect(edits.queryOf(one).weights).toBe('3:0.5,7:2');
    const all = edits.withLayer(
      edits.withHead(
        edits.withAdded(edits.withDeleted(edits.withDeleted(one, 9, true), 4, true), 50, 812),
        0,
        1,
        true,
      ),
      1,
      true,
    );
    expect(edits.queryOf(all)).toEqual({
      deleted: '4,9',
      weights: '3:0.5,7:2',
      added: '50:812',
      heads_off: '0.1',
      layers_off: '1',
    });
    expect(edits.sizeOf(all)).toBe(7);
    expect(edits.formatEdit(all)).toBe('d4,9_w3:0.5,7:2_a50:812_h0.1_l1');
    expect(edits.queryOf(edits.parseEdit(edits.formatEdit(all)))).toEqual(edits.queryOf(all));
  });

  it('of nothing is nothing, and no parameter', () => {
    const back = edits.withWeight(edits.withWeight(NO_EDIT, 3, 0.5), 3, 1);
    expect([edits.isNothing(back), edits.formatEdit(back)]).toEqual([true, '']);
    expect(Object.values(edits.queryOf(back))).toEqual(Array(5).fill(undefined));
    const on = edits.withHead(edits.withHead(NO_EDIT, 0, 1, true), 0, 1, false);
    expect(edits.isNothing(edits.withLayer(on, 0, false))).toBe(true);
  });

  it('does not weigh what it deletes', () => {
    const edit = edits.withDeleted(edits.withWeight(NO_EDIT, 3, 0.5), 3, true);
    expect(edits.formatEdit(edit)).toBe('d3');
    expect(edits.formatEdit(edits.withDeleted(edit, 3, false))).toBe('');
  });

  it('takes no more items than the server does, and gives each back', () => {
    let edit = NO_EDIT;
    for (let item = 0; item < 30; item += 1) edit = edits.withAdded(edit, 0, item);
    expect(edit.added).toHaveLength(edits.MOST_ADDED);
    expect(edits.withoutAdded(edit, 0).added[0]).toEqual({ place: 0, item: 1 });
  });

  it.each([
    'x',
    'd',
    'd-1',
    'dx,',
    'w3',
    'w3:x',
    'w3:1',
    'w3:9',
    'a5',
    'a5:x',
    'h1',
    'l',
    'd99999999999',
    '<script>',
    '_'.repeat(50),
  ])('that makes no sense in an address is none: %s', (text) => {
    expect(edits.isNothing(edits.parseEdit(text))).toBe(true);
  });

  it('keeps what fits a shorter history and a smaller model', () => {
    const edit = edits.parseEdit('d1,9_w2:2,8:3_a3:7,9:7_h0.1,4.0_l1,5');
    expect(edits.formatEdit(edits.fitting(edit, 4, 9, 2))).toBe('d1_w2:2,8:3_a3:7_h0.1_l1');
  });
});

describe('a slider', () => {
  it('goes from 0 to 4 by quarters of a doubling, with 1 among them', () => {
    expect([0, 12, 16, 20, 24].map(edits.weightAt)).toEqual([0, 0.5, 1, 2, 4]);
    expect(edits.weightAt(edits.SLIDER_STEPS)).toBe(edits.MOST_WEIGHT);
  });

  it('finds every weight it gave again, and the nearest of others', () => {
    for (let position = 0; position <= edits.SLIDER_STEPS; position += 1)
      expect(edits.positionOfWeight(edits.weightAt(position))).toBe(position);
    expect([0.001, 0.51, 3.9].map(edits.positionOfWeight)).toEqual([1, 12, 24]);
  });
});
