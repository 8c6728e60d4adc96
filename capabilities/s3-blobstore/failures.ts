import { CapabilityError } from '../errors.ts'

/** Before any of these was over, nothing had reached the server. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** What an operation was about when it failed. */
export interface Attempt {
  /** The server as messages name it: without keys. */
  readonly server: string
  /** `put an object` … */
  readonly operation: string
  readonly isReading: boolean
  readonly timeoutMs: number
}

/** The status that the server answered with, if that is what failed. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { status?: unknown } | null)?.status
  return typeof status === 'number' ? status : undefined
}

/**
 * A failure of the client as one of ours. Its own texts hold whole answers of the server, so none of
 * them is passed on.
 */
export function serverFailure(error: unknown, attempt: Attempt): unknown {
  if (error instanceof CapabilityError) return error
  const { server, operation, isReading, timeoutMs } = attempt
  const status = statusOf(error)
  if (status !== undefined) {
    const reason = [status, serviceCodeOf(error)].filter((part) => part !== undefined).join(' ')
    if (status === 429 || status === 503) return unavailable(attempt, reason, error)
    if (status < 500) return refused(attempt, reason, error)
    return isReading ? unavailable(attempt, reason, error) : unknownOutcome(attempt, reason, error)
  }
  if ((error as { name?: unknown } | null)?.name === 'TimeoutError') {
    return new CapabilityError(
      'ERR_SERVER_TIMEOUT',
      { server, operation, timeoutMs },
      `${server} took more than ${timeoutMs} ms to ${operation}`,
      { cause: error },
    )
  }
  const code = systemCodeOf(error)
  if (code === undefined) return refused(attempt, 'its answer is not one of S3', error)
  return isReading || neverSent.has(code) || isCertificateProblem(code)
    ? unavailable(attempt, code, error)
    : unknownOutcome(attempt, code, error)
}

/** The server answered something that makes no sense. */
export function badAnswer(attempt: Pick<Attempt, 'server' | 'operation'>, reason: string): Error {
  return refused(attempt, reason)
}

type About = Pick<Attempt, 'server' | 'operation'>

function refused({ server, operation }: About, reason: string, cause?: unknown): Error {
  const message = `${server} would not ${operation}: ${reason}`
  return new CapabilityError('ERR_SERVER_REFUSED', { server, reason }, message, { cause })
}

function unavailable({ server, operation }: About, reason: string, cause?: unknown): Error {
  const message = `${server} cannot be reached to ${operation}: ${reason}`
  return new CapabilityError('ERR_SERVER_UNAVAILABLE', { server, reason }, message, { cause })
}

function unknownOutcome({ server, operation }: About, reason: string, cause?: unknown): Error {
  const message = `${server} may or may not have been able to ${operation}: ${reason}`
  const detail = { server, operation, reason }
  return new CapabilityError('ERR_OUTCOME_UNKNOWN', detail, message, { cause })
}

/** `NoSuchBucket` and the like; only if it looks like one, for it comes from outside. */
function serviceCodeOf(error: unknown): string | undefined {
  const code = (error as { serviceCode?: unknown }).serviceCode
  return typeof code === 'string' && /^[A-Za-z]{3,64}$/.test(code) && code !== 'Unknown'
    ? code
    : undefined
}

/** The code of the first error in the chain that the system or the HTTP client gave one. */
function systemCodeOf(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = (each as { code?: unknown }).code
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code
  }
  return undefined
}

function isCertificateProblem(code: string): boolean {
  return /CERT|SELF_SIGNED|TLS|SSL/.test(code)
}
