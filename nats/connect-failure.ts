/** Why a connection to NATS could not be made, or broke, in words for people. */

/** What the server or the way to it said. */
export interface ConnectFailure {
  /** True if the server was there, and does not let this client in. */
  readonly isRefusal: boolean
  /** Without secrets. */
  readonly reason: string
}

/** Understands what the library's `connect` threw. */
export function connectFailure(error: unknown): ConnectFailure {
  const code = natsErrorCode(error)
  return {
    isRefusal: code === 'AUTHORIZATION_VIOLATION' || code === 'AUTHENTICATION_TIMEOUT',
    reason: reasonOf(code, error),
  }
}

/** The library's code of anything that was thrown. */
export function natsErrorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}

/** Whether it was thrown because the connection went: what was under way may have arrived, or not. */
export function isConnectionLoss(error: unknown): boolean {
  const code = natsErrorCode(error)
  return code === 'DISCONNECT' || code === 'CONNECTION_CLOSED'
}

function reasonOf(code: string | undefined, error: unknown): string {
  switch (code) {
    case 'CONNECTION_REFUSED':
      return 'nobody listens there'
    case 'TIMEOUT':
      return 'no answer'
    case 'AUTHORIZATION_VIOLATION':
      return 'user, password, token or key is not one that it knows'
    case 'SERVER_OPT_NA':
      return 'it does not speak TLS'
    default:
      return error instanceof Error ? error.message : String(error)
  }
}
