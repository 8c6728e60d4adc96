/** What the host calls: a loaded module. */
import type { EngineLimits } from './limits.ts'
import type { GuestMetrics } from './metrics.ts'
import type { ModuleFacts } from './prepare/index.ts'

/** How to call a guest. */
export interface CallOptions {
  /** Milliseconds from now until the call fails; the guest's `timeoutMs` limit if that is less. */
  readonly deadlineMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Given to the host calls that this call leads to. */
  readonly context?: unknown
}

/** A module that can be called. Disposal drains it, then lets it go; twice is fine. */
export interface Guest extends AsyncDisposable {
  readonly facts: ModuleFacts
  readonly limits: EngineLimits
  /** How many instances were thrown away so far because a call of theirs ended badly. */
  readonly restarts: number
  /**
   * Calls an operation, on an instance of its own for as long as it takes. `payload` is not to be
   * changed before the call ended; the response is the caller's, to read: its memory may hold other
   * messages too.
   *
   * @throws EngineError `ERR_GUEST_ERROR` with the guest's own text, `ERR_GUEST_TRAP`,
   * `ERR_GUEST_STACK_OVERFLOW`, `ERR_GUEST_NO_RESPONSE`, `ERR_GUEST_POINTER`, `ERR_GUEST_NAME`,
   * `ERR_CPU_BUDGET`, `ERR_INVOCATION_TIMEOUT`, `ERR_INVOCATION_ABORTED`, `ERR_PAYLOAD_TOO_LARGE`,
   * `ERR_QUEUE_FULL`, `ERR_OUT_OF_MEMORY`, `ERR_ENGINE_CLOSED`
   */
  call(operation: string, payload: Uint8Array, options?: CallOptions): Promise<Uint8Array>
  metrics(): GuestMetrics
  /**
   * Takes no more calls and waits for those it took. Once `signal` aborts, they end with
   * `ERR_ENGINE_CLOSED`.
   */
  drain(signal?: AbortSignal): Promise<void>
}
