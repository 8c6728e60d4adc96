import type { EventEmitter } from 'node:events'
import type { Cluster, Redis } from 'ioredis'
import type { Logger, ProviderCall } from '../../host/index.ts'
import type { CapabilityError } from '../errors.ts'
import { createClient, loadRedisLibrary, type RedisLibrary, type TrackedCommand } from './client.ts'
import {
  isServerReply,
  outcomeUnknown,
  reasonOf,
  refused,
  serverSaid,
  timedOut,
  unavailable,
} from './failure.ts'
import type { RedisTls } from './link-values.ts'
import { watchLiveness } from './liveness.ts'
import { nameOf, type RedisTarget } from './target.ts'
import { WriteBatch } from './write-batch.ts'

/** An answer of Redis. Text is UTF-8; what is no UTF-8 has U+FFFD in it. */
export type RedisReply = string | number | null | readonly RedisReply[]

/** What a command is part of, and how long its caller waits. */
export type CommandTerms = Pick<ProviderCall, 'operation' | 'deadlineAt'>

/** How long calls wait for a connection that has only just broken. */
const recoveryMs = 500

/** How many calls wait then. */
const mostWaiting = 1000

/** How long a link waits for its connection, be the server still loading its data. */
const openTimeoutMs = 10_000

/** How often the deadlines of what is under way are looked at. */
const lookEveryMs = 25

/** How long disposal waits for connections to close. */
const closeTimeoutMs = 1000

/** Nothing was executed, and why not. */
type Absence = CapabilityError<'ERR_SERVER_UNAVAILABLE' | 'ERR_SERVER_REFUSED'>

interface Waiting {
  readonly terms: CommandTerms
  readonly sinceMs: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * - `up`: commands are sent
 * - `recovering`: it broke a moment ago, and no attempt to connect again has failed
 * - `down`: the last attempt failed, for a reason
 */
type State = 'up' | 'recovering' | 'down'

/**
 * A connection to Redis, or to the nodes of a Redis Cluster, that comes back by itself. No command is
 * sent twice, unless Redis answered that it did not execute it.
 */
export class RedisConnection implements AsyncDisposable {
  /** What messages call it: no user, no password. */
  readonly server: string
  readonly isCluster: boolean
  readonly #library: RedisLibrary
  readonly #client: Redis | Cluster
  /** Of the one connection; each node of a cluster has its own, and is written to at once. */
  readonly #batch: WriteBatch | undefined
  readonly #secrets: readonly string[]
  readonly #log: Logger
  readonly #watches = new Set<Disposable>()
  #state: State = 'recovering'
  /** Why it is not up. */
  #reason: Absence | undefined
  /** What a Sentinel or a node of a cluster said last, which what follows does not repeat. */
  #detail: Absence | undefined
  #recoveryEnds: NodeJS.Timeout | undefined
  #isClosing = false
  #pending: TrackedCommand[] = []
  #waiting: Waiting[] = []
  #look: NodeJS.Timeout | undefined

  private constructor(
    library: RedisLibrary,
    target: RedisTarget,
    tls: RedisTls | undefined,
    log: Logger,
  ) {
    this.server = nameOf(target)
    this.isCluster = target.kind === 'cluster'
    this.#library = library
    this.#log = log
    this.#secrets = [target.password, target.sentinelPassword].filter(
      (secret): secret is string => secret !== undefined && secret !== '',
    )
    this.#client = createClient(library, target, tls)
    this.#batch = 'nodes' in this.#client ? undefined : new WriteBatch(this.#client)
    this.#listen()
  }

  /**
   * Connects.
   *
   * @throws CapabilityError `ERR_SERVER_UNAVAILABLE`, `ERR_SERVER_REFUSED`; the signal's reason
   */
  static async open(
    target: RedisTarget,
    tls: RedisTls | undefined,
    log: Logger,
    signal: AbortSignal,
  ): Promise<RedisConnection> {
    const library = await loadRedisLibrary()
    signal.throwIfAborted()
    const connection = new RedisConnection(library, target, tls, log)
    try {
      connection.#client.connect().catch(() => undefined)
      await connection.ready(signal)
      return connection
    } catch (error) {
      await connection[Symbol.asyncDispose]()
      throw error
    }
  }

  /**
   * Resolves as soon as commands can be sent, and fails as soon as it is known that they cannot.
   *
   * @throws CapabilityError `ERR_SERVER_UNAVAILABLE`, `ERR_SERVER_REFUSED`; the signal's reason
   */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.#isUp()) return
    signal.throwIfAborted()
    const aborted = Promise.withResolvers<never>()
    const abort = (): void => aborted.reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    const deadlineAt = performance.now() + openTimeoutMs
    try {
      await Promise.race([this.#whenUp({ operation: 'connect', deadlineAt }), aborted.promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /**
   * Sends a command.
   *
   * @param reads It changes nothing, so that it does not matter whether it was executed.
   * @throws CapabilityError `ERR_SERVER_UNAVAILABLE` if it was not sent (or only reads),
   * `ERR_OUTCOME_UNKNOWN` if the connection broke before the answer, `ERR_SERVER_TIMEOUT` past the
   * deadline, `ERR_SERVER_REFUSED` with what Redis said in `detail.reason`, such as `WRONGTYPE …`
   */
  run(
    name: string,
    args: (string | number)[],
    terms: CommandTerms,
    reads = false,
  ): Promise<RedisReply> {
    if (this.#isUp()) return this.#send(this.#client, name, args, terms, reads)
    return this.#whenUp(terms).then(() => this.#send(this.#client, name, args, terms, reads))
  }

  /** The servers that hold keys: one, or the masters of a cluster, each with a `run` of its own. */
  masters(): Pick<RedisConnection, 'run'>[] {
    const client = this.#client
    const nodes = 'nodes' in client ? client.nodes('master') : [client]
    return nodes.map((node) => ({
      run: async (name, args, terms, reads = false) => {
        if (!this.#isUp()) await this.#whenUp(terms)
        return this.#send(node, name, args, terms, reads)
      },
    }))
  }

  /** Breaks whatever is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true
    for (const watch of this.#watches) watch[Symbol.dispose]()
    clearTimeout(this.#recoveryEnds)
    clearTimeout(this.#look)
    const client = this.#client
    const events: EventEmitter = client
    const isOpen = ['connecting', 'connect', 'ready'].includes(client.status)
    const ended = Promise.withResolvers<void>()
    events.once('end', ended.resolve)
    client.disconnect()
    this.#goDown(unavailable(this.server, 'the link was closed'))
    if (!isOpen) return
    const givenUp = setTimeout(ended.resolve, closeTimeoutMs)
    await ended.promise
    clearTimeout(givenUp)
  }

  #isUp(): boolean {
    const client = this.#client
    if (this.#state !== 'up' || client.status !== 'ready') return false
    // A socket is no good for a moment before the client is told that it is closed.
    return 'nodes' in client || client.stream.writable
  }

  #send(
    to: Redis | Cluster,
    name: string,
    args: (string | number)[],
    { operation, deadlineAt }: CommandTerms,
    reads: boolean,
  ): Promise<RedisReply> {
    const command = new this.#library.TrackedCommand(name, args, operation, deadlineAt)
    this.#pending.push(command)
    this.#look ??= setTimeout(this.#lookAtDeadlines, lookEveryMs)
    return (to.sendCommand(command, this.#batch) as Promise<RedisReply>).catch((error: unknown) => {
      throw this.#failureOf(error, command, reads)
    })
  }

  #failureOf(error: unknown, command: TrackedCommand, reads: boolean): CapabilityError {
    if (error === deadlinePassed) {
      return timedOut(this.server, command.operation, command.deadlineAt - command.sentAt)
    }
    const reason = reasonOf(error, this.#secrets)
    if (isServerReply(error)) return serverSaid(this.server, reason)
    return this.#mayHaveRun(command, reason) && !reads
      ? outcomeUnknown(this.server, command.operation, this.#broken(reason))
      : unavailable(this.server, this.#broken(reason))
  }

  /** Whether a command that got no answer was written to somebody who may have executed it. */
  #mayHaveRun({ socket }: TrackedCommand, reason: string): boolean {
    if (!socket) return false
    // In a cluster, a node that is still there has answered that another is to be asked, which is not.
    const wasPassedOn = this.isCluster && !socket.destroyed && followUp.test(reason)
    return !wasPassedOn
  }

  /** What ioredis says of a lost connection tells less than why it was lost. */
  #broken(reason: string): string {
    return this.#reason?.detail.reason ?? reason
  }

  #whenUp(terms: CommandTerms): Promise<void> {
    if (this.#state === 'down' || this.#waiting.length >= mostWaiting) {
      return Promise.reject(this.#reason ?? unavailable(this.server, 'too many calls wait for it'))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ terms, sinceMs: performance.now(), resolve, reject })
      this.#look ??= setTimeout(this.#lookAtDeadlines, lookEveryMs)
    })
  }

  readonly #lookAtDeadlines = (): void => {
    const now = performance.now()
    this.#pending = this.#pending.filter((command) => {
      if (command.isSettled) return false
      if (command.deadlineAt > now) return true
      command.reject(deadlinePassed)
      return false
    })
    this.#waiting = this.#waiting.filter(({ terms, sinceMs, reject }) => {
      if (terms.deadlineAt > now) return true
      reject(
        this.#client.status === 'connect'
          ? unavailable(this.server, 'it is still loading its data')
          : unavailable(this.server, `no connection within ${Math.round(now - sinceMs)} ms`),
      )
      return false
    })
    const isIdle = this.#pending.length === 0 && this.#waiting.length === 0
    this.#look = isIdle ? undefined : setTimeout(this.#lookAtDeadlines, lookEveryMs)
  }

  #listen(): void {
    const client = this.#client
    const events: EventEmitter = client
    events.on('ready', () => this.#goUp())
    events.on('close', () => this.#onClose())
    events.on('error', (error: Error) => this.#onError(error))
    events.on('sentinelError', (error: Error) => {
      this.#detail = this.#absence(error)
    })
    if (!('nodes' in client)) {
      this.#watches.add(watchLiveness(client))
      return
    }
    events.on('node error', (error: Error) => {
      const detail = this.#absence(error)
      if (!followUp.test(detail.detail.reason)) this.#detail = detail
    })
    events.on('+node', (node: Redis) => {
      const watch = watchLiveness(node)
      this.#watches.add(watch)
      node.once('end', () => {
        watch[Symbol.dispose]()
        this.#watches.delete(watch)
      })
      node.connect().catch(() => undefined)
    })
  }

  #onError(error: Error): void {
    if (this.#isClosing) return
    const isSelect = (error as { command?: { name?: string } }).command?.name === 'select'
    const reason = this.#absence(error)
    // What follows when a set-up has failed already.
    if (followUp.test(reason.detail.reason)) return
    this.#reason = summary.test(reason.detail.reason) ? (this.#detail ?? reason) : reason
    // ioredis would go on with database 0.
    if (isSelect) this.#client.disconnect(true)
    else if (this.#client.status === 'ready') return
    this.#goDown(this.#reason)
  }

  #absence(error: Error): Absence {
    const reason = reasonOf(error, this.#secrets)
    return isServerReply(error) ? refused(this.server, reason) : unavailable(this.server, reason)
  }

  #onClose(): void {
    if (this.#isClosing || this.#state === 'down') return
    this.#reason ??= this.#detail ?? unavailable(this.server, 'the connection was closed')
    if (this.#state === 'recovering') {
      this.#goDown(this.#reason)
      return
    }
    this.#state = 'recovering'
    this.#log.warn('connection broke; connecting again', { server: this.server })
    const reason = this.#reason
    this.#recoveryEnds = setTimeout(() => this.#goDown(reason), recoveryMs).unref()
  }

  #goUp(): void {
    clearTimeout(this.#recoveryEnds)
    if (this.#reason) this.#log.info('connected again', { server: this.server })
    this.#state = 'up'
    this.#reason = undefined
    this.#detail = undefined
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  #goDown(reason: Absence): void {
    clearTimeout(this.#recoveryEnds)
    this.#state = 'down'
    this.#reason = reason
    for (const { reject } of this.#waiting.splice(0)) reject(reason)
  }
}

/** What ioredis says of commands of its own once their connection is gone, which tells nothing. */
const followUp = /^(Stream isn't writeable|Connection is closed)/

/** What it says when every Sentinel or node has failed, each for a reason of its own. */
const summary = /^(All sentinels are unreachable|Failed to refresh slots cache)/

const deadlinePassed = new Error('the deadline has passed')
