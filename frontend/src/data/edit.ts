/**
 * What a reader changes in a what-if, as a value: every change gives a new one.
 *
 * Deleting and weight 0 are different: what is deleted is taken out of the input, what has weight 0
 * gets no attention, while what stands at its own place still carries it on.
 */

/** An item that is put in before a place of the history; at the history's length: as the newest. */
export interface Added {
  readonly place: number;
  /** The run's number of the item. */
  readonly item: number;
}

/** One changed input; places are those of the unchanged history, oldest first. */
export interface Edit {
  readonly deleted: readonly number[];
  /** Factor of attention on a place, where it is not 1. */
  readonly weights: ReadonlyMap<number, number>;
  readonly added: readonly Added[];
  /** `layer.head` of heads that are off. */
  readonly headsOff: readonly string[];
  readonly layersOff: readonly number[];
}

/** Nothing changed. */
export const NO_EDIT: Edit = {
  deleted: [],
  weights: new Map(),
  added: [],
  headsOff: [],
  layersOff: [],
};

/** The most items that can be put in. */
export const MOST_ADDED = 20;
/** The largest weight of a slider. */
export const MOST_WEIGHT = 4;
/** Positions of a slider: 0, then from 1/13.5 to 4 in steps of a quarter of a doubling. */
export const SLIDER_STEPS = 24;
const SLIDER_ONE = 16;

/** The weight at a position of a slider. */
export function weightAt(position: number): number {
  if (position <= 0) return 0;
  return Number((2 ** ((position - SLIDER_ONE) / 4)).toFixed(3));
}

/** The position of a slider for a weight: the nearest. */
export function positionOfWeight(weight: number): number {
  if (weight <= 0) return 0;
  const position = Math.round(SLIDER_ONE + 4 * Math.log2(weight));
  return Math.max(1, Math.min(SLIDER_STEPS, position));
}

/** `edit` with another weight of a place; 1 is no change. */
export function withWeight(edit: Edit, place: number, weight: number): Edit {
  const weights = new Map(edit.weights);
  weights.delete(place);
  if (weight !== 1) weights.set(place, weight);
  return { ...edit, weights };
}

/** `edit` with a place deleted, or back again; its weight goes with it. */
export function withDeleted(edit: Edit, place: number, isDeleted: boolean): Edit {
  const deleted = edit.deleted.filter((other) => other !== place);
  if (!isDeleted) return { ...edit, deleted };
  return withWeight({ ...edit, deleted: [...deleted, place] }, place, 1);
}

/** `edit` with one more item; the edit itself when there are too many. */
export function withAdded(edit: Edit, place: number, item: number): Edit {
  if (edit.added.length >= MOST_ADDED) return edit;
  return { ...edit, added: [...edit.added, { place, item }] };
}

/** `edit` without the `index`th added item. */
export function withoutAdded(edit: Edit, index: number): Edit {
  return { ...edit, added: edit.added.filter((_, i) => i !== index) };
}

/** `edit` with a head switched. */
export function withHead(edit: Edit, layer: number, head: number, isOff: boolean): Edit {
  const name = `${layer}.${head}`;
  const headsOff = edit.headsOff.filter((other) => other !== name);
  return { ...edit, headsOff: isOff ? [...headsOff, name] : headsOff };
}

/** `edit` with a whole layer switched. */
export function withLayer(edit: Edit, layer: number, isOff: boolean): Edit {
  const layersOff = edit.layersOff.filter((other) => other !== layer);
  return { ...edit, layersOff: isOff ? [...layersOff, layer] : layersOff };
}

/** Whether nothing is changed. */
export function isNothing(edit: Edit): boolean {
  return sizeOf(edit) === 0;
}

/** How many things are changed. */
export function sizeOf({ deleted, weights, added, headsOff, layersOff }: Edit): number {
  return deleted.length + weights.size + added.length + headsOff.length + layersOff.length;
}

/** The edit as parameters of `/whatif`, always in the same order, so that an answer can be kept. */
export function queryOf(edit: Edit): Record<string, string | undefined> {
  const joined = (parts: readonly (string | number)[]): string | undefined =>
    parts.length > 0 ? parts.join(',') : undefined;
  const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
  return {
    deleted: joined(ascending(edit.deleted)),
    weights: joined(
      [...edit.weights].sort(([a], [b]) => a - b).map(([place, weight]) => `${place}:${weight}`),
    ),
    added: joined(edit.added.map(({ place, item }) => `${place}:${item}`)),
    heads_off: joined([...edit.headsOff].sort()),
    layers_off: joined(ascending(edit.layersOff)),
  };
}

const KEYS = { d: 'deleted', w: 'weights', a: 'added', h: 'heads_off', l: 'layers_off' } as const;

/** The edit as short text for an address: `d4,7_w3:0.5_a50:812_h0.1_l1`; empty for none. */
export function formatEdit(edit: Edit): string {
  const query = queryOf(edit);
  return Object.entries(KEYS)
    .flatMap(([letter, name]) => (query[name] === undefined ? [] : [`${letter}${query[name]}`]))
    .join('_');
}

/** Read such text; what makes no sense is left out. */
export function parseEdit(text: string): Edit {
  const parts = (letter: keyof typeof KEYS): string[] =>
    text
      .split('_')
      .filter((part) => part.startsWith(letter))
      .flatMap((part) => part.slice(1).split(','));
  const places = (letter: 'd' | 'l'): number[] => [
    ...new Set(parts(letter).flatMap((part) => integer(part) ?? [])),
  ];
  const deleted = places('d');
  const weights = parts('w').flatMap((part): [number, number][] => {
    const [, place, weight] = part.match(/^(\d{1,9}):(\d{1,3}(?:\.\d{1,9})?)$/) ?? [];
    const value = Number(weight);
    if (place === undefined || value === 1 || value > MOST_WEIGHT) return [];
    return deleted.includes(Number(place)) ? [] : [[Number(place), value]];
  });
  const added = parts('a').flatMap((part): Added[] => {
    const [, place, item] = part.match(/^(\d{1,9}):(\d{1,9})$/) ?? [];
    return place === undefined ? [] : [{ place: Number(place), item: Number(item) }];
  });
  return {
    deleted,
    weights: new Map(weights),
    added: added.slice(0, MOST_ADDED),
    headsOff: [...new Set(parts('h').filter((part) => /^\d{1,4}\.\d{1,4}$/.test(part)))],
    layersOff: places('l'),
  };
}

/** `edit` without what a history of `places` places (features included) and a model do not have. */
export function fitting(edit: Edit, history: number, places: number, layers: number): Edit {
  return {
    deleted: edit.deleted.filter((place) => place < history),
    weights: new Map([...edit.weights].filter(([place]) => place < places)),
    added: edit.added.filter(({ place }) => place <= history),
    headsOff: edit.headsOff.filter((name) => Number(name.split('.')[0]) < layers),
    layersOff: edit.layersOff.filter((layer) => layer < layers),
  };
}

function integer(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
