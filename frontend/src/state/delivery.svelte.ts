/** Something on its way to the server: sent with the same key until it is answered, once for all. */
import { asApiError, type ApiError } from '../data/errors';

/** Where it is: being sent, waiting to be sent again, refused or given up, or stored. */
export type DeliveryState = 'sending' | 'again' | 'failed' | 'stored';

/** Times it is sent before the reader is asked. */
export const MOST_TRIES = 5;

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 8000;

/** Waits; replaced in tests. */
export type Wait = (ms: number) => Promise<void>;

/** One delivery. `post` sends it; `renew` asks for a new token, when the server was started anew. */
export class Delivery<T> {
  state = $state<DeliveryState>('sending');
  error = $state.raw<ApiError | null>(null);
  /** Times it was sent. */
  tries = $state(0);

  constructor(
    private readonly post: () => Promise<T>,
    private readonly renew: () => Promise<void>,
    private readonly wait: Wait,
  ) {}

  /** Send it, again where waiting may help; `null` if the reader has to decide. */
  async run(): Promise<T | null> {
    let isRenewed = false;
    for (let round = 1; ; round += 1) {
      this.state = 'sending';
      this.tries += 1;
      try {
        const answer = await this.post();
        [this.state, this.error] = ['stored', null];
        return answer;
      } catch (error) {
        this.error = asApiError(error);
      }
      if (this.error.code === 'bad_token' && !isRenewed) {
        isRenewed = true;
        await this.renew();
      } else if (!this.error.passing || round >= MOST_TRIES) {
        this.state = 'failed';
        return null;
      } else {
        this.state = 'again';
        await this.wait(Math.min(FIRST_WAIT_MS * 2 ** (round - 1), LONGEST_WAIT_MS));
      }
    }
  }
}
