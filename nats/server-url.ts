/** Where a NATS server listens. */
export interface ServerUrl {
  /** Without brackets, where it is an IPv6 address. */
  readonly host: string
  readonly port: number
  /** `tls://`: only over TLS. */
  readonly secure: boolean
}

/** Servers of one cluster, and the login that their addresses hold. */
export interface ServerUrls {
  readonly servers: readonly ServerUrl[]
  readonly login: { readonly user: string; readonly password: string | undefined } | undefined
}

const defaultPort = 4222
const form = 'nats://host:4222 or tls://host:4222'

/**
 * Reads a list of server addresses, separated by commas. Messages name no password.
 *
 * @throws Error saying which address is wrong, and why
 */
export function parseServerUrls(text: string): ServerUrls {
  const servers: ServerUrl[] = []
  let login: ServerUrls['login']
  for (const [index, part] of text.split(',').entries()) {
    const where = `address ${index + 1}`
    const address = part.trim()
    const url = URL.parse(address.includes('://') ? address : `nats://${address}`)
    if (!url || url.hostname === '') throw new Error(`${where} is not a URL; write ${form}`)
    if (url.protocol !== 'nats:' && url.protocol !== 'tls:') {
      throw new Error(`${where} begins with ${url.protocol}//; write ${form}`)
    }
    if ((url.pathname !== '' && url.pathname !== '/') || url.search !== '' || url.hash !== '') {
      throw new Error(`${where} has something after its port; write ${form}`)
    }
    if (url.username !== '' || url.password !== '') {
      // Whoever hides the logins of addresses knows them by what stands before.
      if (!address.includes('://')) {
        throw new Error(`${where} has a login and no scheme; write nats://user:password@host`)
      }
      const given = { user: decoded(url.username), password: decoded(url.password) || undefined }
      if (login && (login.user !== given.user || login.password !== given.password)) {
        throw new Error(`${where} has another login than those before it; give one, in USER`)
      }
      login = given
    }
    servers.push({
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? defaultPort : Number(url.port),
      secure: url.protocol === 'tls:',
    })
  }
  if (servers.some(({ secure }) => secure !== servers[0]?.secure)) {
    throw new Error('some addresses are tls:// and some are not; write all of them alike')
  }
  return { servers, login }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('the login in an address has a % that stands for nothing; write %25')
  }
}

/** `host:port`, as clients take it and people read it. */
export function hostAndPort({ host, port }: ServerUrl): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Servers as people read them, without a login: `nats://host:port`, several separated by commas. */
export function serversText(servers: readonly ServerUrl[]): string {
  return servers
    .map((server) => `${server.secure ? 'tls' : 'nats'}://${hostAndPort(server)}`)
    .join(',')
}
