/**
 * Every way the engine fails, by stable code: refused modules, spent budgets, guests that trap.
 * Callers match `code`; `detail` carries the facts, the message is for people.
 */

/** What each engine failure tells its catcher, by code. Sizes in bytes, durations in milliseconds. */
export interface EngineErrorDetails {
  /** The bytes are not a well-formed module. `offset` counts from the module's first byte. */
  ERR_WASM_INVALID: { offset?: number; reason: string }
  /** Well-formed, but of a proposal that this host does not run. `feature` is its name. */
  ERR_WASM_FEATURE: { feature: string; offset?: number }
  /** The module asks for more than its limits allow. */
  ERR_WASM_LIMIT: { limit: string; wanted: number; allowed: number }
  /** An import that no actor may have. */
  ERR_WASM_IMPORT: { module: string; name: string }
  /** An export that is missing, of the wrong kind, or reserved for the host. */
  ERR_WASM_EXPORT: { name: string }
  /** The actor computed for longer than one call may. */
  ERR_CPU_BUDGET: { cpuMs: number }
  /** The call's deadline passed. */
  ERR_INVOCATION_TIMEOUT: { timeoutMs: number }
  /**
   * The guest trapped: `trap` is V8's word for why, such as `unreachable`. `stack` names the wasm
   * functions, innermost first. `guestError` is what the guest said itself before it gave up.
   */
  ERR_GUEST_TRAP: {
    trap: string
    stack: readonly string[]
    guestError?: string
    memoryBytes: number
    /** The guest's memory was as large as its limit lets it grow: most likely why. */
    memoryAtLimit: boolean
  }
  ERR_GUEST_STACK_OVERFLOW: Record<string, never>
  /** The guest said that all went well but never gave a response. */
  ERR_GUEST_NO_RESPONSE: { operation: string }
  /** The guest passed `function` a pointer or a length that leaves its memory. */
  ERR_GUEST_POINTER: { function: string; pointer: number; length: number; memoryBytes: number }
  /** A name that the guest passed, such as `operation`, is too long or not UTF-8. */
  ERR_GUEST_NAME: { what: string; bytes: number; allowed: number }
  /** The guest answered with an error of its own; the text is the guest's and not to be trusted. */
  ERR_GUEST_ERROR: { text: string }
  ERR_PAYLOAD_TOO_LARGE: { bytes: number; allowed: number }
  /** Every instance is busy and the queue is full. */
  ERR_QUEUE_FULL: { queueLength: number }
  /** The process has no memory or address space left for another instance. */
  ERR_OUT_OF_MEMORY: { instances: number }
  ERR_ENGINE_CLOSED: Record<string, never>
  /** The caller's signal aborted the call. */
  ERR_INVOCATION_ABORTED: Record<string, never>
}

/** Every code of the engine. */
export type EngineErrorCode = keyof EngineErrorDetails

/** The one error class the engine throws. Narrow an {@link AnyEngineError} on its `code`. */
export class EngineError<C extends EngineErrorCode = EngineErrorCode> extends Error {
  override readonly name: string = 'EngineError'
  readonly code: C
  readonly detail: EngineErrorDetails[C]

  constructor(code: C, detail: EngineErrorDetails[C], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }
}

/** Any engine error, so that a `switch` on `code` narrows `detail`. */
export type AnyEngineError = { [C in EngineErrorCode]: EngineError<C> }[EngineErrorCode]

/** What people are told about a code: `exit` is the CLI's exit code, `retryable` that trying again may help. */
export interface ErrorInfo {
  readonly summary: string
  readonly hint: string
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7
  readonly retryable?: true
}

/** Every engine code explained. The errors page of the documentation is made from this. */
export const engineErrors: Record<EngineErrorCode, ErrorInfo> = {
  ERR_WASM_INVALID: {
    summary: 'the file is not a well-formed WebAssembly module',
    hint: 'rebuild the module, or check that it was copied whole',
    exit: 1,
  },
  ERR_WASM_FEATURE: {
    summary: 'the module uses a WebAssembly feature that this host does not run',
    hint: 'build without that feature; for Rust, target wasm32-unknown-unknown without extra target features',
    exit: 1,
  },
  ERR_WASM_LIMIT: {
    summary: 'the module asks for more than its limits allow',
    hint: 'raise the limit named in the detail in the manifest, or make the module smaller',
    exit: 4,
  },
  ERR_WASM_IMPORT: {
    summary: 'the module imports something that actors may not have',
    hint: 'actors import waPC functions only: no WASI, no memory, no globals; portable providers may import fd_write and random_get of WASI besides',
    exit: 4,
  },
  ERR_WASM_EXPORT: {
    summary: 'an export is missing, of the wrong kind, or reserved for the host',
    hint: 'an actor exports `memory` and `__guest_call`, and nothing that starts with `__wash_`',
    exit: 1,
  },
  ERR_CPU_BUDGET: {
    summary: 'the actor computed for longer than one call may',
    hint: 'look for an endless loop, or raise the CPU budget in the manifest',
    exit: 1,
  },
  ERR_INVOCATION_TIMEOUT: {
    summary: 'the call did not finish before its deadline',
    hint: 'see what the actor waits for, or give the call more time',
    exit: 6,
    retryable: true,
  },
  ERR_GUEST_TRAP: {
    summary: 'the actor trapped',
    hint: 'the stack names the function if the module kept its name section; the instance is replaced',
    exit: 1,
  },
  ERR_GUEST_STACK_OVERFLOW: {
    summary: 'the actor ran out of stack',
    hint: 'look for endless recursion',
    exit: 1,
  },
  ERR_GUEST_NO_RESPONSE: {
    summary: 'the actor reported success but gave no response',
    hint: 'a waPC guest calls `__guest_response` before it returns 1',
    exit: 1,
  },
  ERR_GUEST_POINTER: {
    summary: 'the actor passed a pointer or a length outside its memory',
    hint: 'rebuild the actor with an SDK that matches its host interface',
    exit: 1,
  },
  ERR_GUEST_NAME: {
    summary: 'the actor named a capability, an operation or a link by something that is no name',
    hint: 'names are UTF-8 of at most 256 bytes; rebuild the actor with an SDK that matches its host interface',
    exit: 1,
  },
  ERR_GUEST_ERROR: {
    summary: 'the actor answered with an error',
    hint: 'the text is the actor’s own; its log may say more',
    exit: 1,
  },
  ERR_PAYLOAD_TOO_LARGE: {
    summary: 'a request or response is larger than the actor’s limit',
    hint: 'send less at a time, or raise the payload limit in the manifest',
    exit: 4,
  },
  ERR_QUEUE_FULL: {
    summary: 'every instance of the actor is busy and its queue is full',
    hint: 'try again later, or allow the actor more instances or a longer queue',
    exit: 5,
    retryable: true,
  },
  ERR_OUT_OF_MEMORY: {
    summary: 'there is no memory left for another instance of the actor',
    hint: 'allow actors fewer instances, or run fewer actors in one process; each instance reserves address space',
    exit: 5,
    retryable: true,
  },
  ERR_ENGINE_CLOSED: {
    summary: 'the actor is being stopped',
    hint: 'start the actor again before calling it',
    exit: 5,
    retryable: true,
  },
  ERR_INVOCATION_ABORTED: {
    summary: 'the caller gave the call up',
    hint: 'nothing is wrong with the actor',
    exit: 1,
  },
}
