import type { Logger } from '../../host/index.ts'
import { CapabilityError } from '../errors.ts'
import { RedisConnection } from './connection.ts'
import { readTlsFiles, type RedisConnectionConfig, type RedisTls } from './link-values.ts'
import type { RedisTarget } from './target.ts'

/** A link's hold on a connection. The connection closes when nobody holds it any more. */
export interface HeldConnection extends AsyncDisposable {
  readonly connection: RedisConnection
}

/** Who wants a connection. */
export interface ConnectionTerms {
  readonly log: Logger
  /** Ends the attempt to connect; what is open already stays open. */
  readonly signal: AbortSignal
}

interface Shared {
  readonly opening: Promise<RedisConnection>
  readonly abort: AbortController
  holders: number
}

/**
 * Connections to Redis that links share: one for each distinct server, login, database and set of
 * certificates. Providers that are given the same `RedisConnections` share them too.
 */
export class RedisConnections {
  readonly #shared = new Map<string, Shared>()

  /** Connections that are open or being opened. */
  get size(): number {
    return this.#shared.size
  }

  /**
   * The connection to a server, opened if there is none yet. It is not for commands that block: those
   * need {@link RedisConnections.openOwn}.
   *
   * @throws CapabilityError `ERR_SERVER_UNAVAILABLE`, `ERR_SERVER_REFUSED`; an Error that names a
   * certificate file that cannot be read; the signal's reason
   */
  async hold(config: RedisConnectionConfig, terms: ConnectionTerms): Promise<HeldConnection> {
    const tls = await tlsOf(config)
    const key = JSON.stringify([config.target, tls])
    const shared = this.#shared.get(key) ?? this.#open(key, config.target, tls, terms.log)
    shared.holders++
    let isHeld = true
    const release = async (): Promise<void> => {
      if (!isHeld) return
      isHeld = false
      if (--shared.holders > 0) return
      if (this.#shared.get(key) === shared) this.#shared.delete(key)
      shared.abort.abort()
      const connection = await shared.opening.catch(() => undefined)
      await connection?.[Symbol.asyncDispose]()
    }
    try {
      const connection = await unlessAborted(shared.opening, terms.signal)
      // One that was open already may have broken since.
      await connection.ready(terms.signal)
      return { connection, [Symbol.asyncDispose]: release }
    } catch (error) {
      await release()
      throw withFix(error)
    }
  }

  /**
   * A new connection that is nobody else's, for commands that block. A command may block for less
   * than 5 seconds: a server that says nothing for longer counts as dead.
   *
   * @throws the same as {@link RedisConnections.hold}
   */
  async openOwn(config: RedisConnectionConfig, terms: ConnectionTerms): Promise<RedisConnection> {
    const tls = await tlsOf(config)
    try {
      return await RedisConnection.open(config.target, tls, terms.log, terms.signal)
    } catch (error) {
      throw withFix(error)
    }
  }

  #open(key: string, target: RedisTarget, tls: RedisTls | undefined, log: Logger): Shared {
    const abort = new AbortController()
    const opening = RedisConnection.open(target, tls, log, abort.signal)
    const shared = { opening, abort, holders: 0 }
    this.#shared.set(key, shared)
    opening.catch(() => {
      if (this.#shared.get(key) === shared) this.#shared.delete(key)
    })
    return shared
  }
}

/** What to do about a server that a link cannot be made to, by what it or the network says. */
const fixes: readonly (readonly [RegExp, string])[] = [
  [/certificate|self.signed|altname|issuer/i, 'set TLS_CA_FILE, or TLS_SERVER_NAME, in the link'],
  [/WRONGPASS|NOAUTH|AUTH/, 'correct USER:PASSWORD in URL'],
  [/DB index/, 'correct the number of the database at the end of URL'],
  [/NOPERM/, 'give the user the rights that the message names'],
  [/LOADING|loading/, 'try again when it has loaded its data'],
  [/No such master/, 'correct the name of the master in URL'],
  [/packet length|wrong version/i, 'write redis:// in URL if the server does not speak TLS'],
  [/./, 'start it, or correct URL in the link'],
]

function withFix(error: unknown): unknown {
  if (!(error instanceof CapabilityError)) return error
  const { code, detail, message } = error as CapabilityError
  const fix = fixes.find(([pattern]) => pattern.test(message))?.[1] ?? ''
  return new CapabilityError(code, detail, `${message}; ${fix}`)
}

async function tlsOf({ target, tls }: RedisConnectionConfig): Promise<RedisTls | undefined> {
  if (!target.usesTls) return undefined
  return readTlsFiles(tls)
}

async function unlessAborted<T>(pending: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([pending, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
