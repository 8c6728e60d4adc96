import type { ErrorInfo } from '../host/index.ts'

/** What each failure of the way into a running host tells its catcher, by stable code. */
export interface ControlErrorDetails {
  /** A verb that there is not, or a request that it does not take. */
  ERR_CONTROL_REQUEST: { verb: string; problems: readonly ControlProblem[] }
  /** `known` are the hosts that run, by id. */
  ERR_HOST_NOT_FOUND: { reference: string; known: readonly string[] }
  ERR_HOST_AMBIGUOUS: { reference: string; candidates: readonly string[] }
  /** The connection could not be made, or broke: if `sent`, the request may have been carried out. */
  ERR_HOST_UNREACHABLE: { socket: string; sent: boolean; reason: string }
  ERR_CONTROL_TIMEOUT: { verb: string; timeoutMs: number }
  /** Others than its owner could use a socket, or put another in its place. */
  ERR_CONTROL_UNSAFE: { path: string; reason: string }
  /** No socket can be opened there. */
  ERR_CONTROL_SOCKET: { path: string; reason: string }
}

/** One mistake in a request. */
export interface ControlProblem {
  /** Where in the request, such as `values.PORT`; empty for the request as a whole. */
  readonly path: string
  readonly problem: string
}

/** Every code of the way into a running host. */
export type ControlErrorCode = keyof ControlErrorDetails

/** Every code of the way into a running host, with what it means and what to do. */
export const controlErrors: Readonly<Record<ControlErrorCode, ErrorInfo>> = {
  ERR_CONTROL_REQUEST: {
    summary: 'a request to a running host is not one that it understands',
    hint: 'correct what the message names; a host of another version may know other requests',
    exit: 2,
  },
  ERR_HOST_NOT_FOUND: {
    summary: 'no running host answers to this id, name or socket',
    hint: 'start one with `wash-ts up`, or pick one that `wash-ts get hosts` lists',
    exit: 3,
  },
  ERR_HOST_AMBIGUOUS: {
    summary: 'several hosts run, and it is not said which one is meant',
    hint: 'name one with --host: the beginning of its id, its name, or the path of its socket',
    exit: 7,
  },
  ERR_HOST_UNREACHABLE: {
    summary: 'a host does not answer, or ended before it did',
    hint: 'see with `wash-ts get hosts` whether it still runs, and what it holds, before repeating a change',
    exit: 5,
  },
  ERR_CONTROL_TIMEOUT: {
    summary: 'a host did not answer a request in time; it may still carry it out',
    hint: 'look at the host’s log, or give it more time',
    exit: 6,
  },
  ERR_CONTROL_UNSAFE: {
    summary: 'others than its owner could get at the control socket of a host',
    hint: 'make the folder that the message names yours alone (chmod 700), or remove it',
    exit: 4,
  },
  ERR_CONTROL_SOCKET: {
    summary: 'the control socket of a host cannot be opened',
    hint: 'set XDG_RUNTIME_DIR to a folder of yours with a short path, or run without one (--no-control)',
    exit: 1,
  },
}

/** The one error class of this folder. Narrow an {@link AnyControlError} on its `code`. */
export class ControlError<C extends ControlErrorCode = ControlErrorCode> extends Error {
  override readonly name: string = 'ControlError'
  readonly code: C
  readonly detail: ControlErrorDetails[C]

  constructor(code: C, detail: ControlErrorDetails[C], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }
}

/** Every control error, for a `switch` on `code` that narrows `detail`. */
export type AnyControlError = { [C in ControlErrorCode]: ControlError<C> }[ControlErrorCode]
