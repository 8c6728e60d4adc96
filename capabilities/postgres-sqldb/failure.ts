import { CapabilityError } from '../errors.ts'
import { visibleText } from '../visible-text.ts'

/** Bytes of a server's words that a message shows. */
const shownBytes = 300

/** SQLSTATEs of a server that will not now, but may later: too many connections, starting, stopping. */
const notNow = /^(?:53[0-9A-Z]{3}|57P0[1-5]|08[0-9A-Z]{3})$/

/** What the server says of an error. */
export interface ServerError {
  readonly sqlState: string
  readonly message: string
  /** The session is over. */
  readonly isFatal: boolean
}

/** What the server said; `undefined` where it is the connection that failed. */
export function serverErrorOf(error: unknown): ServerError | undefined {
  const { code, severity, message } = (error ?? {}) as Record<string, unknown>
  if (typeof code !== 'string' || typeof severity !== 'string') return undefined
  return {
    sqlState: code,
    message: visibleText(String(message), shownBytes),
    isFatal: severity === 'FATAL' || severity === 'PANIC',
  }
}

/** Why a connection failed, in words that hold no secret. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const { code, message } = (cause ?? {}) as Record<string, unknown>
  const text = typeof message === 'string' && message !== '' ? message : code
  return visibleText(typeof text === 'string' ? text : 'it failed', shownBytes)
}

/** Why there is no connection. Nothing was executed. */
export function connectFailure(server: string, error: unknown): CapabilityError {
  const said = serverErrorOf(error)
  const reason = said?.message ?? reasonOf(error)
  const isRefusal = said ? !notNow.test(said.sqlState) : /^SASL|password|certificate/i.test(reason)
  return isRefusal
    ? new CapabilityError(
        'ERR_SERVER_REFUSED',
        { server, reason },
        `${server} refused: ${reason}${fixOf(reason)}`,
      )
    : unavailable(server, `${reason}${fixOf(reason)}`)
}

/** What to do about it, by what the server or the network says. */
const fixes: readonly (readonly [RegExp, string])[] = [
  [/certificate|self.signed|altname|issuer/i, 'set TLS_CA_FILE, or correct the host, in the link'],
  [/does not support SSL/i, 'set TLS disable in the link, if the network may see everything'],
  [/pg_hba|encryption/i, 'set TLS in the link, or let the host in at the server'],
  [/password|SASL/i, 'correct the password in the link'],
  [/role|user/i, 'correct the user in the link'],
  [/database/i, 'correct the database in the link'],
]

function fixOf(reason: string): string {
  const fix = fixes.find(([pattern]) => pattern.test(reason))?.[1]
  return fix === undefined ? '' : `; ${fix}`
}

/** Nothing was executed. */
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

/** The connection broke when the statement may have been committed. */
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

/** The statement was stopped. */
export function timedOut(database: string, timeoutMs: number): CapabilityError<'ERR_SQL_TIMEOUT'> {
  return new CapabilityError(
    'ERR_SQL_TIMEOUT',
    { database, timeoutMs },
    `${database}: the statement took too long, and was stopped and rolled back`,
  )
}
