import { parseServerUrls, type ServerUrl, type ServerUrls } from './server-url.ts'

/** How a server is reached. */
export interface ConnectionSettings {
  /** Servers of one cluster, of which any will do. */
  readonly servers: readonly ServerUrl[]
  readonly login: Login
  /** PEM file: whom to trust for the server's certificate. Given: only over TLS. Default: whom node trusts. */
  readonly caFile: string | undefined
  /** PEM files of the client's own certificate. Given: only over TLS. */
  readonly certificate: { readonly certFile: string; readonly keyFile: string } | undefined
}

/** Who the client says it is. */
export type Login =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  /** An nkey; with `jwt` the user that an account signed. */
  | { readonly kind: 'nkey'; readonly seed: string; readonly jwt: string | undefined }
  /** JWT and seed in one file, read anew for each connection. */
  | { readonly kind: 'credentials'; readonly path: string }

/** What an operator calls each setting that may be wrong in a way that shows only when it is used. */
export interface SettingNames {
  readonly seed: string
  readonly credentials: string
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

/** How a server is reached, as a program says it. */
export interface NatsAccess extends Partial<Pick<ConnectionSettings, 'caFile' | 'certificate'>> {
  /** Servers of one cluster, separated by commas; `tls://` for TLS only; a login may stand before the host. */
  readonly url: string
  /** Default: that in `url`, or none. */
  readonly login?: Login
}

/** @throws Error saying what is wrong with it; it names no password */
export function connectionSettings(access: NatsAccess): ConnectionSettings {
  const { servers, login } = parseServerUrls(access.url)
  if (login && access.login) throw new Error('two logins: one in the URL, and another')
  return {
    servers,
    login: access.login ?? loginOfUrl(login),
    caFile: access.caFile,
    certificate: access.certificate,
  }
}

/** What stands before the host: a user with a password, or a token alone. */
export function loginOfUrl(login: ServerUrls['login']): Login {
  if (!login) return { kind: 'none' }
  const { user, password } = login
  return password === undefined
    ? { kind: 'token', token: user }
    : { kind: 'password', user, password }
}

/**
 * The seed of a user, as it is written.
 *
 * @throws Error that does not repeat it
 */
export function parseUserSeed(given: string): string {
  // The client library checks the rest; it would name the seed in what it throws, as this does not.
  if (/^SU[A-Z2-7]{56}$/.test(given)) return given
  throw new Error('is not the seed of a user: 58 letters and digits that begin with SU')
}
