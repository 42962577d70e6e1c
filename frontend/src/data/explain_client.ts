/** The routes that run a logged model again, as functions. */
import { decodeFrames, type Frame } from './decode';
import type { Client } from './client';
import { queryOf, type Edit } from './edit';
import * as schema from './explain_schema';

/** A user at a step of a run; the step is one at which the model was logged. */
export interface Moment {
  readonly run: string;
  readonly user: number;
  readonly step: number;
}

/** Asks through `client`; every failure is an `ApiError`. */
export class ExplainClient {
  constructor(private readonly client: Client) {}

  /** Steps at which the model was logged. */
  models(run: string, signal?: AbortSignal): Promise<schema.Models> {
    return this.client.json('models', { run }, schema.modelsSchema, signal);
  }

  /** Items whose title or id has every word of `query`. */
  items(
    run: string,
    step: number,
    query: string,
    signal?: AbortSignal,
  ): Promise<schema.FoundItems> {
    return this.client.json('items', { run, steps: step, query }, schema.itemsSchema, signal);
  }

  /** What the `top` best recommendations rest on. */
  evidence(of: Moment, top: number, signal?: AbortSignal): Promise<schema.Evidence> {
    return this.client.json('evidence', { ...at(of), top }, schema.evidenceSchema, signal);
  }

  /** Whether attention says what recommendations rest on. */
  faithfulness(run: string, step: number, signal?: AbortSignal): Promise<schema.Faithfulness> {
    const query = { run, steps: step };
    return this.client.json('faithfulness', query, schema.faithfulnessSchema, signal);
  }

  /** Why `item` is above `than`. */
  contrast(of: Moment, item: number, than: number, signal?: AbortSignal): Promise<schema.Contrast> {
    return this.client.json('contrast', { ...at(of), item, than }, schema.contrastSchema, signal);
  }

  /** The fewest items without which `item` would not be among the first `within`. */
  counterfactual(
    of: Moment,
    item: number,
    within: number,
    signal?: AbortSignal,
  ): Promise<schema.Counterfactual> {
    const query = { ...at(of), item, within };
    return this.client.json('counterfactual', query, schema.counterfactualSchema, signal);
  }

  /** The list after an edit. */
  whatIf(of: Moment, edit: Edit, top: number, signal?: AbortSignal): Promise<schema.WhatIf> {
    const query = { ...at(of), top, ...queryOf(edit) };
    return this.client.json('whatif', query, schema.whatIfSchema, signal);
  }

  /** A layer's attention after an edit. */
  async attention(of: Moment, layer: string, edit: Edit, signal?: AbortSignal): Promise<Frame> {
    const query = { ...at(of), layer, ...queryOf(edit) };
    const [frame] = await decodeFrames(await this.client.bytes('whatif_attention', query, signal));
    return frame ?? { kind: 'absent', step: of.step, reason: 'not_computable', detail: '' };
  }

  /** One head's computation for a place among the keys; the one that predicts if not given. */
  computation(
    of: Moment,
    layer: string,
    head: number,
    query: number | undefined,
    signal?: AbortSignal,
  ): Promise<schema.Computation> {
    const about = { ...at(of), layer, head, query };
    return this.client.json('computation', about, schema.computationSchema, signal);
  }
}

function at({ run, user, step }: Moment): { run: string; user: number; steps: number } {
  return { run, user, steps: step };
}
