/** What the client library is told of a server and of who asks. */
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { Authenticator, NatsLibrary, NatsOptions } from './client-library.ts'
import type { ConnectionSettings, Login, SettingNames } from './connection-settings.ts'
import { hostAndPort, type ServerUrl } from './server-url.ts'

/** How long one attempt to connect may take, in milliseconds. */
export const connectTimeoutMs = 5000

/** Between two attempts to reach the same server again: half as long again at most, so that hosts do not come all at once. */
const reconnectMs = 250

/** How often a silent server is asked whether it is there; it is given up when two go unanswered. */
const pingEveryMs = 10_000

const plainNames: SettingNames = {
  seed: 'the seed of the user',
  credentials: 'the credentials file',
  caFile: 'the file of the certificate authority',
  certFile: 'the certificate file',
  keyFile: 'the key file of the certificate',
}

/**
 * Reads what the settings name.
 *
 * @param names What messages call the settings. Default: what they are.
 * @throws Error saying which file cannot be read, or that the login is none
 */
export async function clientOptions(
  nats: NatsLibrary,
  { servers, login, caFile, certificate }: ConnectionSettings,
  names: SettingNames = plainNames,
): Promise<NatsOptions> {
  const secure =
    servers.some((server) => server.secure) || caFile !== undefined || certificate !== undefined
  const files = secure && {
    ...(caFile !== undefined && { ca: await textOf(names.caFile, caFile) }),
    ...(certificate && {
      cert: await textOf(names.certFile, certificate.certFile),
      key: await textOf(names.keyFile, certificate.keyFile),
    }),
  }
  const tls = files && { ...files, checkServerIdentity: identityCheck(servers) }
  return {
    name: 'wash-ts',
    servers: servers.map(hostAndPort),
    timeout: connectTimeoutMs,
    authenticator: await authenticator(nats, login, names),
    // Whatever happened, the server may be put right: an operator must not have to link again.
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => reconnectMs * (1 + Math.random() / 2),
    pingInterval: pingEveryMs,
    maxPingOut: 2,
    noAsyncTraces: true,
    ...(tls && { tls }),
  }
}

/** @returns what never throws: the library would give up for good. */
async function authenticator(
  nats: NatsLibrary,
  login: Login,
  names: SettingNames,
): Promise<Authenticator> {
  switch (login.kind) {
    case 'none':
      return () => undefined
    case 'password':
      return nats.usernamePasswordAuthenticator(login.user, login.password)
    case 'token':
      return nats.tokenAuthenticator(login.token)
    case 'nkey': {
      const seed = Buffer.from(login.seed)
      return proven(
        `${names.seed} is not the seed of a user`,
        login.jwt === undefined
          ? nats.nkeyAuthenticator(seed)
          : nats.jwtAuthenticator(login.jwt, seed),
      )
    }
    case 'credentials': {
      const { path } = login
      let known = Buffer.from(await textOf(names.credentials, path))
      const stored = nats.credsAuthenticator(() => known)
      // For the next time: credentials are replaced in their file before they expire.
      const refresh = async (): Promise<void> => {
        const fresh = await readFile(path).catch(() => known)
        if (isUsable(nats, fresh)) known = fresh
      }
      return proven(`${names.credentials} holds no JWT and seed`, (nonce) => {
        void refresh()
        return stored(nonce)
      })
    }
  }
}

function isUsable(nats: NatsLibrary, credentials: Buffer): boolean {
  try {
    nats.credsAuthenticator(credentials)('nonce')
    return true
  } catch {
    return false
  }
}

/** Tries a login out. What the library throws may hold the seed: it is left out. */
function proven(problem: string, authenticate: Authenticator): Authenticator {
  try {
    authenticate('nonce')
  } catch {
    throw new Error(problem)
  }
  return authenticate
}

async function textOf(name: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new Error(`${name} ${path} cannot be read: ${code}`, { cause })
  }
}

/**
 * Node checks a certificate against `localhost` where it is told no name, and the library tells it none
 * for a server that is given by its address.
 */
function identityCheck(
  servers: readonly ServerUrl[],
): (name: string, certificate: PeerCertificate) => Error | undefined {
  const addresses = servers.map(({ host }) => host).filter((host) => isIP(host) !== 0)
  const names = new Set(servers.map(({ host }) => host))
  return (name, certificate) => {
    if (names.has(name) || addresses.length === 0) return checkServerIdentity(name, certificate)
    const problems = addresses.map((address) => checkServerIdentity(address, certificate))
    return problems.some((problem) => problem === undefined) ? undefined : problems[0]
  }
}
