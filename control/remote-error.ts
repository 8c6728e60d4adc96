import { contractErrors } from '../contracts/index.ts'
import { engineErrors, type ErrorInfo, eventReason, hostErrors } from '../host/index.ts'
import { controlErrors } from './errors.ts'

/** A failure as it travels from a host to who asked: as JSON. */
export interface ErrorOnWire {
  readonly code: string
  readonly message: string
  /** What the code's folder says of it. Absent where the error has none. */
  readonly detail?: unknown
  /** What to do about it. */
  readonly hint?: string
  /** What a command exits with. */
  readonly exit?: ErrorInfo['exit']
  readonly retryable?: true
}

/** Explains a code, or does not know it. */
export type ExplainError = (code: string) => ErrorInfo | undefined | Promise<ErrorInfo | undefined>

/**
 * A failure on the host that was asked, with its own code, detail and hint: match `code`, as where the
 * host runs in this process. Its class does not travel.
 */
export class RemoteError extends Error {
  override readonly name: string = 'RemoteError'
  readonly code: string
  readonly detail: unknown
  /** What the host says to do about it, where it says anything: it may be of another version. */
  readonly hint: string | undefined
  /** What a command exits with. */
  readonly exit: ErrorInfo['exit']
  readonly retryable: boolean

  constructor({ code, message, detail, hint, exit, retryable }: ErrorOnWire) {
    super(message)
    this.code = code
    this.detail = detail ?? {}
    this.hint = hint
    this.exit = exit ?? 1
    this.retryable = retryable === true
  }
}

const known: Readonly<Record<string, ErrorInfo>> = {
  ...controlErrors,
  ...hostErrors,
  ...engineErrors,
  ...contractErrors,
}

/**
 * Anything that was thrown, as it travels. What has no code of ours is `ERR_INTERNAL`.
 *
 * @param explain Asked for codes that neither host nor contracts have.
 */
export async function errorOnWire(error: unknown, explain?: ExplainError): Promise<ErrorOnWire> {
  const { code, message } = eventReason(error)
  const isOurs = error instanceof Error && 'detail' in error
  if (!isOurs) return { code: 'ERR_INTERNAL', message, exit: 1 }
  if (error instanceof RemoteError) {
    const { detail, hint, exit, retryable } = error
    return {
      code,
      message,
      detail,
      ...(hint !== undefined && { hint }),
      exit,
      ...(retryable && { retryable }),
    }
  }
  const info = Object.hasOwn(known, code) ? known[code] : await explain?.(code)
  return {
    code,
    message,
    ...withDetail(error.detail),
    ...(info && { hint: info.hint, exit: info.exit, ...(info.retryable && { retryable: true }) }),
  }
}

/** What JSON cannot hold stays behind: the code and the message are what counts. */
function withDetail(detail: unknown): { detail?: unknown } {
  try {
    return { detail: JSON.parse(JSON.stringify(detail)) as unknown }
  } catch {
    return {}
  }
}
