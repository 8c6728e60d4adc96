import { abortError, timeoutError } from './call-errors.ts'
import type { Timed } from './deadlines.ts'
import type { EngineError } from './errors.ts'
import type { CallTerms } from './instance.ts'
import type { Operation } from './operation.ts'

/** A call that waits for an instance. */
export class Ticket implements Timed {
  dueTick = 0
  readonly operation: Operation
  readonly payload: Uint8Array
  readonly terms: CallTerms
  readonly answer: Promise<Uint8Array>
  readonly resolve: (answer: Promise<Uint8Array>) => void
  readonly #reject: (reason: EngineError) => void
  readonly #leave: (ticket: Ticket, reason: EngineError) => void

  constructor(
    operation: Operation,
    payload: Uint8Array,
    terms: CallTerms,
    leave: (ticket: Ticket, reason: EngineError) => void,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    this.answer = promise
    this.resolve = resolve
    this.#reject = reject
    this.operation = operation
    this.payload = payload
    this.terms = terms
    this.#leave = leave
    terms.signal?.addEventListener('abort', this.#aborted)
  }

  expire(): void {
    this.fail(timeoutError(this.terms.timeoutMs))
  }

  /** Ends the wait with an error. */
  fail(reason: EngineError): void {
    this.#leave(this, reason)
    this.#reject(reason)
  }

  stopListening(): void {
    this.terms.signal?.removeEventListener('abort', this.#aborted)
  }

  readonly #aborted = (): void => {
    this.fail(abortError(this.terms.signal as AbortSignal))
  }
}
