/** Errors that say what happened and who can do what about it, so that no view has to guess. */

/** Why a request failed. `offline` and `busy` pass by themselves; the others do not. */
export type FailureKind =
  'offline' | 'busy' | 'not_found' | 'too_large' | 'newer_format' | 'malformed' | 'refused';

/** Who can put it right. */
export type Who = 'nobody_wait' | 'reader_of_this_page' | 'who_runs_tensorboard' | 'developers';

const WHO: Record<FailureKind, Who> = {
  offline: 'nobody_wait',
  busy: 'nobody_wait',
  not_found: 'reader_of_this_page',
  too_large: 'developers',
  newer_format: 'who_runs_tensorboard',
  malformed: 'developers',
  refused: 'who_runs_tensorboard',
};

/** A request that did not give what was asked for. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** `code` is the server's (`run_not_found`), or the kind when no server spoke. */
  constructor(
    readonly kind: FailureKind,
    readonly code: string,
    message: string,
    readonly hint = '',
  ) {
    super(message);
  }

  /** Who can do something about it. */
  get who(): Who {
    return WHO[this.kind];
  }

  /** Whether asking again later may help. */
  get passing(): boolean {
    return this.kind === 'offline' || this.kind === 'busy';
  }
}

/** The stored bytes of one frame are not what its header says. */
export class CorruptFrameError extends Error {
  override readonly name = 'CorruptFrameError';
}

/** The kind of failure an HTTP status and an error code stand for. */
export function kindOf(status: number, code: string): FailureKind {
  if (status === 503) return code === 'unavailable' ? 'offline' : 'busy';
  if (status === 404) return 'not_found';
  if (status === 413 || status === 414) return 'too_large';
  if (status === 422) return 'newer_format';
  return status >= 500 ? 'offline' : 'refused';
}

/** `error` as an `ApiError`, whatever was thrown. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError('malformed', 'malformed', message);
}

/** Whether `error` only says that a request was called off. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
