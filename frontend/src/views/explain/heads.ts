/** What a layer and a head of a replayed model are called. */
import type { WhatIf } from '../../data/explain_schema';
import { explainWords } from '../../i18n/explain';
import type { Session } from '../../state/session.svelte';
import { headName } from '../names';
import { words } from '../../i18n/language.svelte';

/** A layer's name as logged. */
export function layerTitle({ layers }: Pick<WhatIf, 'layers'>, layer: number): string {
  return layers[layer] ?? `${layer}`;
}

/** A whole layer, in words. */
export function layerLabel(answer: Pick<WhatIf, 'layers'>, layer: number): string {
  return explainWords().whatif.layer(layerTitle(answer, layer));
}

/** A head's own name, as the log has it. */
export function headTitle(
  session: Session,
  answer: Pick<WhatIf, 'layers'>,
  layer: number,
  head: number,
): string {
  const logged = session.layers.find(({ name }) => name === answer.layers[layer]);
  return logged ? headName(logged, head) : words().heads.name(head);
}

/** A head and its layer, in words. */
export function headLabel(
  session: Session,
  answer: Pick<WhatIf, 'layers'>,
  layer: number,
  head: number,
): string {
  const name = headTitle(session, answer, layer, head);
  return explainWords().whatif.head(name, layerTitle(answer, layer));
}
