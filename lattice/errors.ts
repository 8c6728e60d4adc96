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
  /** How the NATS server is to be reached is not said in a way that can be understood. */
  ERR_LATTICE_SETTINGS: { reason: string }
  /** There is no connection to the lattice. Nothing was sent. */
  ERR_LATTICE_UNAVAILABLE: { server: string; reason: string }
  /** NATS does not let this host in, or not where it has to be. */
  ERR_LATTICE_REFUSED: { server: string; reason: string }
  /** NATS is there, but a lattice needs more of it. */
  ERR_LATTICE_SERVER: { server: string; version: string; lacks: string }
  /** No host of the lattice runs what was called. Nothing was executed. */
  ERR_NO_HOST: { target: string; operation: string }
  /** A host did not answer in time. It may have been executed. */
  ERR_REMOTE_TIMEOUT: { target: string; operation: string; timeoutMs: number }
  /** The connection broke after the call was sent. It may have been executed. */
  ERR_REMOTE_UNKNOWN: { server: string; target: string; operation: string }
  /** As many calls of a target, or bytes of them, are under way on a host as it takes. Nothing was executed. */
  ERR_REMOTE_BUSY: { target: string; limit: 'calls' | 'bytes'; allowed: number }
  /** A message is larger than may travel. */
  ERR_REMOTE_PAYLOAD: { sizeBytes: number; maxBytes: number }
  /** A host of another make failed to answer a call; the message is its own. */
  ERR_REMOTE_FAILED: { target: string; operation: string }
  /** What a host sent is not what it has to be. */
  ERR_REMOTE_MESSAGE: { target: string; reason: string }
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
  ERR_LATTICE_SETTINGS: {
    summary:
      'the NATS server of a lattice is not named as it has to be, or a file of its login cannot be used',
    hint: 'write nats://host:4222 or tls://host:4222, one login, and files that can be read',
    exit: 2,
  },
  ERR_LATTICE_UNAVAILABLE: {
    summary: 'the NATS server of the lattice cannot be reached; nothing was sent',
    hint: 'start the server that the message names, or see what is wrong with the way to it',
    exit: 5,
    retryable: true,
  },
  ERR_LATTICE_REFUSED: {
    summary: 'the NATS server of the lattice does not let this host in, or refuses it a subject',
    hint: 'correct user, password, token, seed or credentials file, or the rights that they give',
    exit: 4,
  },
  ERR_LATTICE_SERVER: {
    summary: 'the NATS server lacks what a lattice needs',
    hint: 'use nats-server 2.2 or later, started with JetStream (-js), which the account may use',
    exit: 5,
  },
  ERR_NO_HOST: {
    summary: 'no host of the lattice runs the actor or provider that was called',
    hint: 'start it on some host; nothing was executed',
    exit: 3,
    retryable: true,
  },
  ERR_REMOTE_TIMEOUT: {
    summary: 'a host of the lattice did not answer in time; the call may have been executed',
    hint: 'give the call more time, or see what the host is busy with; look before you repeat it',
    exit: 6,
  },
  ERR_REMOTE_UNKNOWN: {
    summary:
      'the connection broke while a host of the lattice was called; it may have been executed',
    hint: 'look before you repeat the call: nobody knows whether it was executed',
    exit: 5,
  },
  ERR_REMOTE_BUSY: {
    summary: 'a host of the lattice has as many calls under way as it takes; nothing was executed',
    hint: 'call again later, or run the target on more hosts',
    exit: 5,
    retryable: true,
  },
  ERR_REMOTE_PAYLOAD: {
    summary: 'a message to or from another host is larger than may travel',
    hint: 'send it in parts',
    exit: 1,
  },
  ERR_REMOTE_FAILED: {
    summary: 'a host or provider of the lattice answered with a failure that has no code',
    hint: 'the message is its own',
    exit: 1,
  },
  ERR_REMOTE_MESSAGE: {
    summary: 'what another host of the lattice sent cannot be understood',
    hint: 'see that all hosts of the lattice speak wasmbus of the OTP era, in versions that fit',
    exit: 1,
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
