import type { ServerUrl } from './server-url.ts'

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
