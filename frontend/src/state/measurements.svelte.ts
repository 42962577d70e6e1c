/** Numbers per head and step of several layers and users, asked for one after the other. */
import type { Client } from '../data/client';
import type { ClipId } from '../data/clip';
import type { Measures } from '../data/schema';

const KEPT = 96;

/** Measures by clip; reading one depends on `version`. */
export class Measurements {
  version = $state(0);
  private readonly known = new Map<string, { measures: Measures; generation: number }>();
  private wanted: readonly ClipId[] = [];
  private generation = 0;
  private atWork = false;

  /** `ask` is what the writer measured, unless something else is asked for. */
  constructor(
    client: Client,
    private readonly ask = ({ run, layer, user }: ClipId): Promise<Measures> =>
      client.measures(run, layer, user),
  ) {}

  /** The measures of a clip, if they are here. */
  of(id: ClipId): Measures | undefined {
    void this.version;
    return this.known.get(keyOf(id))?.measures;
  }

  /** Look at these clips; `generation` says when to ask again. */
  look(ids: readonly ClipId[], generation: number): void {
    this.wanted = ids;
    this.generation = generation;
    if (!this.atWork) void this.work();
  }

  private async work(): Promise<void> {
    this.atWork = true;
    for (let id = this.next(); id; id = this.next()) {
      const { generation } = this;
      const measures = await this.ask(id).catch(() => null);
      if (!measures) break;
      this.known.delete(keyOf(id));
      this.known.set(keyOf(id), { measures, generation });
      for (const old of [...this.known.keys()].slice(0, -KEPT)) this.known.delete(old);
      this.version += 1;
    }
    this.atWork = false;
  }

  private next(): ClipId | undefined {
    return this.wanted.find((id) => {
      const known = this.known.get(keyOf(id));
      return !known || known.generation < this.generation;
    });
  }
}

function keyOf({ run, layer, user }: ClipId): string {
  return JSON.stringify([run, layer, user]);
}
