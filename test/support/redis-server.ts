import { freePort } from './free-port.ts'
import { type CertificateFiles, makeCertificate } from './certificates.ts'
import { type Service, ServiceError, startService, temporaryFolder } from './service.ts'

/** How a Redis server is to be. */
export interface RedisOptions {
  /** What every client has to say. */
  readonly password?: string
  /** Users besides `default`, as `ACL SETUSER` takes them: `ann on >secret ~* +@all`. */
  readonly users?: readonly string[]
  /** Only over TLS, with a certificate for these names: `['localhost']`. */
  readonly tlsNames?: readonly string[]
  /** More directives of `redis.conf`. */
  readonly config?: Readonly<Record<string, string>>
  /** More arguments, for what `config` cannot say: `['--rename-command', 'HELLO', '']`. */
  readonly args?: readonly string[]
}

/**
 * A Redis server on the loopback, with a folder of its own. Whatever it has answered is on disk, so
 * that it outlives {@link RedisServer.kill}. Disposal kills it and removes the folder.
 */
export interface RedisServer extends AsyncDisposable {
  readonly port: number
  /** `redis://127.0.0.1:PORT`, with the password; `rediss://localhost:PORT` with TLS. */
  readonly url: string
  readonly pid: number
  /** With `tlsNames`. */
  readonly certificate: CertificateFiles | undefined
  /** Ends it at once (SIGKILL). Connections are reset, and new ones refused. */
  kill(): Promise<void>
  /**
   * Kills it if it still runs, and starts it again on the same port with the same data.
   *
   * @param isReady False: return as soon as it listens, be it still loading.
   */
  restart(isReady?: boolean): Promise<void>
}

const debianPackage = 'redis-server'

/** Starts a Redis server on a free port. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await temporaryFolder())
  const certificate = options.tlsNames && (await makeCertificate(folder.path, options.tlsNames))
  let port = await freePort()
  const start = (isReady: boolean): Promise<Service> =>
    startService({
      command: 'redis-server',
      args: directives(port, folder.path, certificate, options),
      debianPackage,
      readyLine: isReady ? /Ready to accept connections/ : /Server initialized/,
    })
  let service: Service | undefined
  for (let attempt = 1; !service; attempt++) {
    try {
      service = await start(true)
    } catch (error) {
      const isTaken = error instanceof ServiceError && /Address already in use/.test(error.message)
      if (!isTaken || attempt === 5) throw error
      port = await freePort()
    }
  }
  let current = service
  opened.defer(() => current.kill())
  const owned = opened.move()
  const login = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`
  return {
    port,
    url: certificate ? `rediss://${login}localhost:${port}` : `redis://${login}127.0.0.1:${port}`,
    get pid() {
      return current.pid
    },
    certificate,
    kill: () => current.kill(),
    restart: async (isReady = true) => {
      await current.kill()
      current = await start(isReady)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function directives(
  port: number,
  folder: string,
  certificate: CertificateFiles | undefined,
  { password, users = [], config = {}, args = [] }: RedisOptions,
): string[] {
  const ports = certificate
    ? {
        port: '0',
        'tls-port': String(port),
        'tls-cert-file': certificate.certFile,
        'tls-key-file': certificate.keyFile,
        'tls-ca-cert-file': certificate.caFile,
        'tls-auth-clients': 'no',
      }
    : { port: String(port) }
  const all: Record<string, string> = {
    bind: '127.0.0.1',
    ...ports,
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    ...(password !== undefined && { requirepass: password }),
    ...config,
  }
  const flags = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])
  return [...flags, ...users.flatMap((user) => ['--user', ...user.split(' ')]), ...args]
}
