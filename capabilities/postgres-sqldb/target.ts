/** How the server proves who it is, in the words of PostgreSQL's `sslmode`. */
export type TlsMode = 'disable' | 'require' | 'verify-ca' | 'verify-full'

/** The modes that there are. `allow` and `prefer` are not: they end in plain text without a word. */
export const tlsModes: readonly TlsMode[] = ['disable', 'require', 'verify-ca', 'verify-full']

/** Where a database is and how to log in. */
export interface PostgresTarget {
  /** A name or address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | undefined
  readonly database: string
  readonly tls: TlsMode
}

/** What a URL says of a target. */
export type PostgresUrl = Pick<PostgresTarget, 'host' | 'port' | 'password'> & {
  readonly user: string | undefined
  readonly database: string | undefined
  readonly tls: TlsMode | undefined
}

const form = 'postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=MODE'

/**
 * Reads `postgres://user:password@host:5432/database?sslmode=verify-full`. User, password and database
 * are percent-encoded; all but the host may be absent.
 *
 * @throws Error that says what is wrong, and never shows a password
 */
export function parsePostgresUrl(text: string): PostgresUrl {
  if (!URL.canParse(text) || !/^postgres(?:ql)?:\/\//i.test(text)) {
    // A password may stand anywhere in what is no URL, so it is not shown.
    throw new Error(`is no PostgreSQL URL (not shown: it may hold a password); write ${form}`)
  }
  const url = new URL(text)
  if (url.hostname === '') throw new Error(`has no host; write ${form}`)
  if (url.hash !== '') throw new Error('has a "#"; write %23 where it is part of a password')
  const decoded = (part: string): string | undefined => {
    if (part === '') return undefined
    try {
      return decodeURIComponent(part)
    } catch {
      throw new Error('has a "%" that is not the start of an escape; write %25 for the character')
    }
  }
  for (const name of url.searchParams.keys()) {
    if (name !== 'sslmode') throw new Error(`has the parameter "${name}"; there is only sslmode`)
  }
  const tls = url.searchParams.get('sslmode')
  const host = decoded(url.hostname.replace(/^\[(.*)\]$/, '$1')) ?? ''
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    user: decoded(url.username),
    password: decoded(url.password),
    database: decoded(url.pathname.slice(1)),
    tls: tls === null ? undefined : parseTlsMode(tls),
  }
}

/** @throws Error that says what there is */
export function parseTlsMode(text: string): TlsMode {
  const mode = tlsModes.find((name) => name === text.toLowerCase())
  if (mode) return mode
  throw new Error(
    `${JSON.stringify(text)} is not one of ${tlsModes.join(', ')}${/^(allow|prefer)$/i.test(text) ? `: ${text} may end in plain text without a word` : ''}`,
  )
}

/** TLS where the link does not say: none on this machine, and the strictest everywhere else. */
export function defaultTls(host: string): TlsMode {
  const isHere = /^(?:\/|localhost$|127\.|::1$)/i.test(host)
  return isHere ? 'disable' : 'verify-full'
}

/** How messages name a target, without user or password. */
export function nameOf({ host, port, database }: PostgresTarget): string {
  return `PostgreSQL ${host.includes(':') ? `[${host}]` : host}:${port}/${database}`
}
