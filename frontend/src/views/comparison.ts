/** What two panels have in common, in words where something cannot be compared. */
import { commonOf, type Common } from '../analysis/difference';
import { words } from '../i18n/language.svelte';
import { axesOf, type Panel } from '../state/panels';

/** What can be compared, and why not all of it; `why` is empty when all can. */
export interface Relation {
  readonly common: Common;
  readonly why: string;
}

/** The relation of two panels; `null` while one is still loading. */
export function relationOf(a: Panel, b: Panel): Relation | null {
  const t = words().compare;
  const [axesA, axesB] = [axesOf(a), axesOf(b)];
  if (!axesA || !axesB) return null;
  const common = commonOf(axesA, axesB);
  if (common.kind === 'same') return { common, why: '' };
  if (common.kind === 'newest') return { common, why: t.newest(common.queries, common.keys) };
  const isKnown = [a, b].every(({ keys }) =>
    keys.some((place) => place !== null && place !== 'padding'),
  );
  const why = a.user?.id !== b.user?.id ? t.whyUsers : isKnown ? t.whyItems : t.whyAxes;
  return { common, why: t.nothing(why) };
}

/** The relation of what is in the pictures: overviews have the same cells only if tiled alike. */
export function pictureRelationOf(a: Panel, b: Panel): Relation | null {
  const relation = relationOf(a, b);
  const [first, second] = [tilingOf(a), tilingOf(b)];
  if (!relation || (first === second && (first === '' || relation.common.kind === 'same')))
    return relation;
  const t = words().compare;
  return relation.common.kind === 'nothing'
    ? relation
    : { common: { kind: 'nothing' }, why: t.nothing(t.whyTiles) };
}

function tilingOf({ picture }: Panel): string {
  const of = picture?.kind === 'ready' ? picture.attention : null;
  return of?.tiles ? `${of.queries} ${of.keys} ${of.tiles.queries} ${of.tiles.keys}` : '';
}
