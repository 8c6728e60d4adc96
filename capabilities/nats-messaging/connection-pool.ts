import { type Logger, silentLogger } from '../../host/index.ts'
import type { ConnectionSettings } from '../../nats/index.ts'
import { Connection } from './connection.ts'

/** A link's hold on a connection; the last one to let go closes it. */
export interface HeldConnection {
  readonly connection: Connection
  /** Once. */
  release(): Promise<void>
}

interface Entry {
  readonly opening: Promise<Connection>
  /** Once it is open. */
  connection?: Connection
  readonly holders: Set<Logger>
}

/** The connections of one provider: links with the same servers and login share one. */
export class ConnectionPool {
  readonly #entries = new Map<string, Entry>()

  /** @throws what {@link Connection.open} throws; the signal's reason */
  async hold(
    settings: ConnectionSettings,
    log: Logger,
    signal: AbortSignal,
  ): Promise<HeldConnection> {
    const key = JSON.stringify(settings)
    const entry = this.#entry(key, settings)
    entry.holders.add(log)
    const release = async (): Promise<void> => {
      entry.holders.delete(log)
      if (entry.holders.size > 0) return
      this.#forget(key, entry)
      const connection = await entry.opening.catch(() => undefined)
      await connection?.close()
    }
    try {
      const connection = await entry.opening
      signal.throwIfAborted()
      return { connection, release }
    } catch (error) {
      await release()
      throw error
    }
  }

  #entry(key: string, settings: ConnectionSettings): Entry {
    const present = this.#entries.get(key)
    if (present && present.connection?.isClosed !== true) return present
    const holders = new Set<Logger>()
    const log = (): Logger => holders.values().next().value ?? silentLogger
    const entry: Entry = { opening: Connection.open(settings, log), holders }
    entry.opening.then(
      (connection) => (entry.connection = connection),
      () => this.#forget(key, entry),
    )
    this.#entries.set(key, entry)
    return entry
  }

  #forget(key: string, entry: Entry): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key)
  }
}
