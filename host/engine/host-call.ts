/** What a guest asks of its host, and how the host is told. */

/** One host call of a guest: the bytes and names are the receiver's to keep. */
export interface HostCall {
  /** Which of several links; empty if the guest named none, or its generation could not. */
  readonly linkName: string
  /** A capability contract id, or an actor's key or alias; empty if its generation could name none. */
  readonly namespace: string
  /** As the guest gave it; guests that can name no namespace put it in here: `wascc:extras!RequestGuid`. */
  readonly operation: string
  readonly payload: Uint8Array
  /** The context of the call that the guest answers; undefined while it starts. */
  readonly context: unknown
  /**
   * Aborts with the EngineError that ended the guest's call, such as `ERR_INVOCATION_TIMEOUT`, while
   * the guest still waits for this answer. Made when first asked for.
   */
  readonly signal: AbortSignal
}

/** A host call as the engine holds it. */
export class PendingHostCall implements HostCall {
  readonly linkName: string
  readonly namespace: string
  readonly operation: string
  readonly payload: Uint8Array
  readonly context: unknown
  #controller: AbortController | undefined
  #givenUp: Error | undefined

  constructor(
    linkName: string,
    namespace: string,
    operation: string,
    payload: Uint8Array,
    context: unknown,
  ) {
    this.linkName = linkName
    this.namespace = namespace
    this.operation = operation
    this.payload = payload
    this.context = context
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#givenUp !== undefined) this.#controller.abort(this.#givenUp)
    return this.#controller.signal
  }

  /** Nobody waits for the answer any more. */
  giveUp(reason: Error): void {
    this.#givenUp = reason
    this.#controller?.abort(reason)
  }
}

/** What a guest's imports lead to. */
export interface GuestHooks {
  /**
   * Answers a host call. Bytes given at once do not stop the guest; for a promise its stack is set
   * aside. What this throws or rejects with reaches the guest as its error text.
   */
  hostCall(call: HostCall): Uint8Array | Promise<Uint8Array>
  /**
   * A line the guest printed with `__console_log`: its own words, at most 8 KiB of them, and not to
   * be trusted. `context` is that of the call; undefined while the guest starts. If this throws, the
   * call fails as if the guest had trapped.
   */
  log?(text: string, context: unknown): void
}
