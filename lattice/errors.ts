/** What the lattice throws. Callers match `code`. */

/** What each failure tells its catcher, by code. Durations in milliseconds. */
export interface LatticeErrorDetails {
  /** A name or key that would be part of a subject is not fit for one. */
  ERR_LATTICE_NAME: { what: string; name: string }
  /** An invocation from another host is not what it says, or not from a host of this lattice. */
  ERR_INVOCATION_REFUSED: {
    check: 'token' | 'issuer' | 'id' | 'target' | 'origin' | 'hash' | 'time' | 'replay'
    reason: string
  }
}

/** Every code of the lattice. */
export type LatticeErrorCode = keyof LatticeErrorDetails

/** What the command line and the documentation say of a code. */
export interface ErrorInfo {
  readonly summary: string
  /** What to do about it. */
  readonly hint: string
  /** The exit code of the command line. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7
  /** True if the same call may succeed later. */
  readonly retryable?: true
}

/** Every code of the lattice, with what it means and what to do. */
export const latticeErrors: Readonly<Record<LatticeErrorCode, ErrorInfo>> = {
  ERR_LATTICE_NAME: {
    summary: 'a lattice name, link name, prefix or key cannot be part of a NATS subject',
    hint: 'use 1 to 128 letters, digits, "_" and "-", and public keys as they are',
    exit: 2,
  },
  ERR_INVOCATION_REFUSED: {
    summary: 'an invocation from another host failed the checks against forgery',
    hint: 'see that all hosts of the lattice know each other’s cluster keys and that their clocks agree',
    exit: 4,
  },
}

/** The one error class of the lattice. Narrow an {@link AnyLatticeError} on its `code`. */
export class LatticeError<C extends LatticeErrorCode = LatticeErrorCode> extends Error {
  override readonly name: string = 'LatticeError'
  readonly code: C
  readonly detail: LatticeErrorDetails[C]

  constructor(code: C, detail: LatticeErrorDetails[C], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }
}

/** Every lattice error, for a `switch` on `code` that narrows `detail`. */
export type AnyLatticeError = { [C in LatticeErrorCode]: LatticeError<C> }[LatticeErrorCode]
