import type { Cluster, Command, Redis, RedisOptions } from 'ioredis'
import type { Socket } from 'node:net'
import type { RedisTls } from './link-values.ts'
import type { RedisTarget } from './target.ts'

/** ioredis as it was loaded, and what is made of it once. */
export interface RedisLibrary {
  readonly Redis: typeof Redis
  readonly Cluster: typeof Cluster
  /** A command that knows its caller, and whether it was written. */
  readonly TrackedCommand: new (
    name: string,
    args: (string | number)[],
    operation: string,
    deadlineAt: number,
  ) => TrackedCommand
}

/** A command on its way. */
export interface TrackedCommand extends Command {
  readonly operation: string
  /** When the caller stops waiting, on the clock of `performance.now()`. */
  readonly deadlineAt: number
  readonly sentAt: number
  /** Where it was written last, if it was. */
  socket: Socket | undefined
}

/** An attempt to connect, TLS included; a link's first one may take longer. */
const connectTimeoutMs = 1500
const firstConnectTimeoutMs = 4000

/** How long to hold back after the n-th failed attempt in a row: doubled each time, and jittered. */
export function backOffMs(attempt: number): number {
  const ceiling = Math.min(600, 20 * 2 ** Math.min(attempt - 1, 10))
  return ceiling / 2 + (Math.random() * ceiling) / 2
}

let library: Promise<RedisLibrary> | undefined

/** Loads ioredis, once, when the first link needs it: a host that has none starts without. */
export function loadRedisLibrary(): Promise<RedisLibrary> {
  library ??= import('ioredis').then(({ Redis, Cluster, Command }) => ({
    Redis,
    Cluster,
    TrackedCommand: class extends Command implements TrackedCommand {
      readonly operation: string
      readonly deadlineAt: number
      readonly sentAt = performance.now()
      socket: Socket | undefined = undefined

      constructor(name: string, args: (string | number)[], operation: string, deadlineAt: number) {
        super(name, args, utf8)
        this.operation = operation
        this.deadlineAt = deadlineAt
      }

      /** Called when the command is written, and for nothing else. */
      override toWritable(socket: Socket): string | Buffer {
        this.socket = socket
        return super.toWritable(socket)
      }
    },
  }))
  return library
}

const utf8 = { replyEncoding: 'utf8' } as const

/**
 * A client that has not connected yet. None of its commands is ever sent a second time after it may
 * have been executed: what was written and not answered fails when the connection breaks, and what
 * cannot be written fails at once.
 */
export function createClient(
  { Redis, Cluster }: RedisLibrary,
  target: RedisTarget,
  tls: RedisTls | undefined,
): Redis | Cluster {
  const tlsOptions = tls && {
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
  }
  const common = {
    ...(target.username !== undefined && { username: target.username }),
    ...(target.password !== undefined && { password: target.password }),
    ...(tlsOptions && { tls: tlsOptions }),
    db: target.database,
    connectionName: 'wash-ts',
    disableClientInfo: true,
    lazyConnect: true,
    connectTimeout: firstConnectTimeoutMs,
    disconnectTimeout: 500,
    keepAlive: 10_000,
    autoResendUnfulfilledCommands: false,
    // With 0, unanswered commands fail as soon as their connection is gone.
    maxRetriesPerRequest: 0,
    maxLoadingRetryTime: 200,
  } satisfies RedisOptions
  if (target.kind === 'cluster') {
    return new Cluster([...target.hosts], {
      redisOptions: common,
      lazyConnect: true,
      clusterRetryStrategy: backOffMs,
      slotsRefreshTimeout: firstConnectTimeoutMs,
      // Repeats commands of connections that broke, unless it is 0.
      retryDelayOnFailover: 0,
      // Host names stay names, for certificates are made for those.
      dnsLookup: (address, callback) => callback(null, address),
    })
  }
  const reconnecting = { ...common, enableOfflineQueue: false, retryStrategy: backOffMs }
  if (target.kind === 'sentinel') {
    return quickerLater(
      new Redis({
        ...reconnecting,
        sentinels: target.hosts.map(({ host, port }) => ({ host, port })),
        name: target.master,
        sentinelRetryStrategy: backOffMs,
        sentinelCommandTimeout: connectTimeoutMs,
        ...(target.sentinelUsername !== undefined && { sentinelUsername: target.sentinelUsername }),
        ...(target.sentinelPassword !== undefined && { sentinelPassword: target.sentinelPassword }),
        ...(tlsOptions && { sentinelTLS: tlsOptions, enableTLSForSentinelMode: true }),
        // A master that became a replica: ask the Sentinels again, and repeat nothing.
        reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
      }),
    )
  }
  const [server] = target.hosts
  return quickerLater(new Redis({ ...reconnecting, ...server }))
}

/** A server that has been reached is given up sooner, so that the next attempt comes sooner. */
function quickerLater(client: Redis): Redis {
  client.once('ready', () => {
    client.options.connectTimeout = connectTimeoutMs
  })
  return client
}
