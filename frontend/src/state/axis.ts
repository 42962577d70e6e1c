/** What stands along the axes of a picture: the user's own items, or those of a numbered axis. */
import type { Attention, AxisRef } from '../data/attention';
import type { Item, Layer, User } from '../data/schema';
import type { Session } from './session.svelte';

/** The two axes of a picture. */
export type Side = 'query' | 'key';

/** Whether an axis is the user's history, oldest first, so that its last place is the newest. */
export const isHistory = (axis: string): boolean => axis === 'history';

/** The query that stands for a frame: the newest of a history, else the first, such as the best candidate. */
export function mainQuery(layer: Layer, attention: Attention): number {
  return isHistory(layer.query_axis) ? attention.queries - 1 : 0;
}

/** Where one axis of a picture begins, how long it is, and which numbered axis it is, if any. */
export interface Extent {
  readonly offset: number;
  readonly count: number;
  readonly ref: AxisRef | null;
  /** Tiles that the places are grouped in; `null` where each stands for itself. */
  readonly tiles: number | null;
}

/** One axis of a frame. */
export function extentOf(attention: Attention, side: Side): Extent {
  const { tiles, queryAxis = null, keyAxis = null } = attention;
  const { queries, keys, queryOffset, keyOffset } = tiles ?? attention;
  return side === 'query'
    ? {
        offset: queryOffset,
        count: queries,
        ref: queryAxis,
        tiles: tiles ? attention.queries : null,
      }
    : { offset: keyOffset, count: keys, ref: keyAxis, tiles: tiles ? attention.keys : null };
}

/** What stands at a place of an axis: an item, `padding` before the axis begins, or nothing that is known. */
export type Place = Item | 'padding' | null;

/** What stands along an axis, place by place. */
export function placesOf(
  session: Session,
  run: string,
  user: User | null,
  axis: string,
  { offset, count, ref }: Omit<Extent, 'tiles'>,
): Place[] {
  const named = ref && (session.axes.of(run, ref) ?? []);
  const own = user?.axes[axis] ?? [];
  const items = session.itemsOf(run);
  return Array.from({ length: count }, (_, i): Place => {
    if (named) return named[offset + i] ?? null;
    const at = offset + i;
    if (at < 0 && own.length > 0) return 'padding';
    const index = own[at];
    return index === undefined
      ? null
      : (items.get(index) ?? { index, id: '', label: '', attributes: {} });
  });
}
