import { CapabilityError } from '../errors.ts'
import { visibleText } from '../visible-text.ts'

/** Bytes of a server's words that a message shows. */
const shownBytes = 300

/** Answers that mean: not now. Nothing was executed. */
const notNow = /^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|MOVED|ASK|Too many Cluster)\b/

/** Whether an error is the server's own answer to a command, which it then did not execute. */
export function isServerReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

/** What can be said of an error of the client or the server without telling anybody's secrets. */
export function reasonOf(error: unknown, secrets: readonly string[]): string {
  const cause = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown }
  let text = typeof message === 'string' && message !== '' ? message : String(code ?? cause)
  // The server repeats what it did not understand, which may be a login.
  text = text.replace(/,? with args beginning with:.*$/s, '')
  for (const secret of secrets) text = text.replaceAll(secret, '***')
  return visibleText(text, shownBytes)
}

/** Nothing was executed: there is no connection, or the server will not for the moment. */
export function unavailable(
  server: string,
  reason: string,
): CapabilityError<'ERR_SERVER_UNAVAILABLE'> {
  return new CapabilityError(
    'ERR_SERVER_UNAVAILABLE',
    { server, reason },
    `${server} is unavailable: ${reason}`,
  )
}

/** Nothing was executed: the server does not let this client, or cannot. */
export function refused(server: string, reason: string): CapabilityError<'ERR_SERVER_REFUSED'> {
  return new CapabilityError(
    'ERR_SERVER_REFUSED',
    { server, reason },
    `${server} refused: ${reason}`,
  )
}

/** What an answer that is an error means. */
export function serverSaid(
  server: string,
  reason: string,
): CapabilityError<'ERR_SERVER_UNAVAILABLE' | 'ERR_SERVER_REFUSED'> {
  return notNow.test(reason) ? unavailable(server, reason) : refused(server, reason)
}

/** The connection broke between a command and its answer. */
export function outcomeUnknown(
  server: string,
  operation: string,
  reason: string,
): CapabilityError<'ERR_OUTCOME_UNKNOWN'> {
  return new CapabilityError(
    'ERR_OUTCOME_UNKNOWN',
    { server, operation, reason },
    `the connection to ${server} broke during ${operation}, which may have been executed: ${reason}`,
  )
}

/** The caller's time is up. */
export function timedOut(
  server: string,
  operation: string,
  timeoutMs: number,
): CapabilityError<'ERR_SERVER_TIMEOUT'> {
  const waitedMs = Math.max(0, Math.round(timeoutMs))
  return new CapabilityError(
    'ERR_SERVER_TIMEOUT',
    { server, operation, timeoutMs: waitedMs },
    `${server} did not answer ${operation} within ${waitedMs} ms`,
  )
}
