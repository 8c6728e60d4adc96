/** Where Redis is and how to log in, read from a URL. */
export interface RedisTarget {
  /** One server; the master that Sentinels know; or the nodes of a Redis Cluster. */
  readonly kind: 'server' | 'sentinel' | 'cluster'
  /** One for a server; any of the Sentinels or nodes otherwise, which know the others. */
  readonly hosts: readonly RedisHost[]
  /** What the Sentinels call the master. */
  readonly master: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  /** What to tell Sentinels, which have users of their own. */
  readonly sentinelUsername: string | undefined
  readonly sentinelPassword: string | undefined
  /** Number of the database. A cluster has 0 only. */
  readonly database: number
  readonly usesTls: boolean
}

/** A host name or address, and a port. */
export interface RedisHost {
  readonly host: string
  readonly port: number
}

const forms =
  'redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], redis+sentinel://HOST,HOST/MASTER[/DATABASE], redis+cluster://HOST,HOST, or the same with rediss for TLS'

const anyUrl =
  /^(?<scheme>rediss?)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<login>[^@/?#]*)@)?(?<hosts>[^@/?#]+)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?$/i

const kindOf = { '': 'server', sentinel: 'sentinel', cluster: 'cluster' } as const

/**
 * Reads a URL of one of the forms
 *
 * - `redis://user:password@host:6379/0`
 * - `redis+sentinel://user:password@host:26379,host/master/0`, with `?sentinel_user=` and
 *   `?sentinel_password=` if the Sentinels want a login
 * - `redis+cluster://user:password@host:6379,host`
 *
 * `rediss` in the place of `redis` means TLS. User and password are percent-encoded and may be absent.
 *
 * @throws Error that says what is wrong, and never shows a password
 */
export function parseRedisUrl(text: string): RedisTarget {
  const parts = anyUrl.exec(text)?.groups
  // A password that was not encoded may stand anywhere in what is read, so nothing of it is shown.
  if (!parts) throw new Error(`is no Redis URL (not shown: it may hold a password); write ${forms}`)
  const kind = kindOf[(parts['kind'] ?? '').toLowerCase() as keyof typeof kindOf]
  const hosts = (parts['hosts'] as string).split(',').map((host) => parseHost(host, kind))
  if (kind === 'server' && hosts.length > 1) {
    throw new Error(
      `names ${hosts.length} servers; write redis+sentinel:// or redis+cluster:// for several`,
    )
  }
  const [username, password] = parseLogin(parts['login'])
  const query = parseQuery(parts['query'], kind)
  return {
    kind,
    hosts,
    ...parsePath(parts['path'] ?? '', kind),
    username,
    password,
    sentinelUsername: query.get('sentinel_user') ?? undefined,
    sentinelPassword: query.get('sentinel_password') ?? undefined,
    usesTls: (parts['scheme'] as string).toLowerCase() === 'rediss',
  }
}

/** How messages name a target: hosts, without user or password. */
export function nameOf({ kind, hosts, master, database }: RedisTarget): string {
  const named = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
  const list = named.join(',')
  if (kind === 'cluster') return `Redis cluster ${list}`
  const where = kind === 'sentinel' ? `${master} of Sentinel ${list}` : list
  return `Redis ${where}${database === 0 ? '' : `/${database}`}`
}

function parseHost(text: string, kind: RedisTarget['kind']): RedisHost {
  const found = /^(?:\[(?<address>[0-9a-f:.]+)\]|(?<name>[^\s:[\]]+))(?::(?<port>\d{1,5}))?$/i.exec(
    text,
  )?.groups
  const port = Number(found?.['port'] ?? (kind === 'sentinel' ? 26_379 : 6379))
  const host = found?.['address'] ?? found?.['name']
  if (host === undefined || port < 1 || port > 65_535) {
    throw new Error(`has something else where HOST or HOST:PORT belongs; write ${forms}`)
  }
  return { host, port }
}

function parseLogin(text: string | undefined): [string | undefined, string | undefined] {
  if (text === undefined || text === '') return [undefined, undefined]
  const colon = text.indexOf(':')
  try {
    const username = decodeURIComponent(colon < 0 ? text : text.slice(0, colon))
    const password = colon < 0 ? undefined : decodeURIComponent(text.slice(colon + 1))
    if (password === undefined) throw new Error('no password')
    return [username === '' ? undefined : username, password]
  } catch {
    throw new Error(
      'has a login that is not USER:PASSWORD or :PASSWORD, each percent-encoded (@ is %40, / is %2F)',
    )
  }
}

function parsePath(
  path: string,
  kind: RedisTarget['kind'],
): Pick<RedisTarget, 'master' | 'database'> {
  const steps = path.split('/').slice(1)
  let master: string | undefined
  if (kind === 'sentinel') {
    master = steps.shift()
    if (!master) throw new Error('names no master; write redis+sentinel://HOST,HOST/MASTER')
    if (!/^[\w.-]{1,128}$/.test(master)) {
      throw new Error('has something else where the name of a master belongs')
    }
  }
  const [database = '', ...more] = steps
  if (more.length > 0 || !/^\d{0,5}$/.test(database)) {
    throw new Error('has something else where the number of a database belongs, such as /0')
  }
  if (kind === 'cluster' && Number(database) !== 0) {
    throw new Error(`asks for database ${database}; a cluster has database 0 only`)
  }
  return { master, database: Number(database) }
}

function parseQuery(text: string | undefined, kind: RedisTarget['kind']): URLSearchParams {
  const query = new URLSearchParams(text ?? '')
  const known = kind === 'sentinel' ? ['sentinel_user', 'sentinel_password'] : []
  if ([...query.keys()].some((key) => !known.includes(key))) {
    throw new Error(
      `has something unknown after "?"; ${known.length === 0 ? 'nothing may stand there' : `there are ${known.join(', ')}`}`,
    )
  }
  return query
}
