/** Errors that several parts of a call can end it with. */
import { EngineError } from './errors.ts'

/** The deadline of a call passed. */
export function timeoutError(timeoutMs: number): EngineError<'ERR_INVOCATION_TIMEOUT'> {
  const ms = Math.round(timeoutMs)
  return new EngineError(
    'ERR_INVOCATION_TIMEOUT',
    { timeoutMs: ms },
    `actor did not answer within ${ms} ms`,
  )
}

/** The caller gave a call up. */
export function abortError(signal: AbortSignal): EngineError<'ERR_INVOCATION_ABORTED'> {
  return new EngineError('ERR_INVOCATION_ABORTED', {}, 'the caller gave the call up', {
    cause: signal.reason,
  })
}

/** A call computed for too long. */
export function budgetError(cpuMs: number): EngineError<'ERR_CPU_BUDGET'> {
  return new EngineError(
    'ERR_CPU_BUDGET',
    { cpuMs },
    `actor computed for more than the ${cpuMs} ms it may`,
  )
}

/** Calls are not taken any more. */
export function closedError(): EngineError<'ERR_ENGINE_CLOSED'> {
  return new EngineError('ERR_ENGINE_CLOSED', {}, 'the actor is being stopped')
}

/** Something is larger than its limit allows. */
export function tooLarge(
  what: string,
  bytes: number,
  allowed: number,
): EngineError<'ERR_PAYLOAD_TOO_LARGE'> {
  return new EngineError(
    'ERR_PAYLOAD_TOO_LARGE',
    { bytes, allowed },
    `${what} of ${bytes} bytes, more than the ${allowed} allowed`,
  )
}
