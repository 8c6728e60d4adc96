import { HostError } from '../../host/index.ts'
import { type BindAddress, formatAddress } from './bind-address.ts'
import { listenerDefaults, listenerKeys } from './config.ts'
import { Listener } from './listener.ts'
import { findPortHolder } from './port-holder.ts'
import type { Route } from './route.ts'

interface Entry {
  readonly opening: Promise<Listener>
  /** Where it is found: the address as asked for, and the real one where that was any free port. */
  readonly keys: string[]
  readonly holders: Set<Route>
}

/** A route on all its addresses. Disposal drains it; the last route of a listener closes it. */
export interface Attachment extends AsyncDisposable {
  /** In the order of the link's addresses. */
  readonly listeners: readonly Listener[]
}

/** The name of the HTTP server provider, for operators. */
export const providerName = 'http-server'

/**
 * Listeners of HTTP servers, one an address, shared by the links that use it, whichever provider
 * they are of.
 */
export class HttpListeners {
  readonly #entries = new Map<string, Entry>()

  /**
   * Has a route answered on all its addresses, or on none: what was there is unchanged then. Where
   * another route of the same link answers, it goes on to do so, and hands over to this one, in one
   * step and with all connections, when it is detached.
   *
   * @throws HostError `ERR_LINK_CONFLICT` if another link holds the route, or contradicts what this
   * one asks of a listener; `ERR_LINK_FAILED` if a port cannot be had
   */
  async attach(route: Route): Promise<Attachment> {
    const entries: Entry[] = []
    const listeners: Listener[] = []
    try {
      for (const address of route.config.addresses) {
        const entry = this.#entry(address, route)
        entry.holders.add(route)
        entries.push(entry)
        try {
          listeners.push(await entry.opening)
        } catch (cause) {
          throw await this.#failed(address, route, cause)
        }
      }
      route.context.signal.throwIfAborted()
      for (const listener of listeners) refuseConflict(listener, route)
    } catch (error) {
      await Promise.all(entries.map((entry) => this.#release(entry, route)))
      throw error
    }
    for (const listener of listeners) listener.join(route)
    let detached: Promise<void> | undefined
    return {
      listeners,
      [Symbol.asyncDispose]: () => {
        detached ??= this.#detach(route, entries, listeners)
        return detached
      },
    }
  }

  async #detach(
    route: Route,
    entries: readonly Entry[],
    listeners: readonly Listener[],
  ): Promise<void> {
    route.retire()
    for (const listener of listeners) listener.routes.handOver(route)
    const closed = entries.map((entry) => this.#release(entry, route))
    await Promise.all([route.drain(drainMs(route)), ...closed])
    for (const listener of listeners) listener.leave(route)
  }

  #entry(address: BindAddress, route: Route): Entry {
    const key = keyOf(address, route)
    const present = this.#entries.get(key)
    if (present) return present
    const opening = Listener.open(address, route.config.listener)
    const entry: Entry = { opening, keys: [key], holders: new Set() }
    this.#entries.set(key, entry)
    void this.#settle(entry)
    return entry
  }

  /** Has an open listener found by its real address too; one that cannot be opened is forgotten. */
  async #settle(entry: Entry): Promise<void> {
    try {
      const real = formatAddress((await entry.opening).address)
      if (entry.keys.includes(real) || entry.holders.size === 0) return
      entry.keys.push(real)
      this.#entries.set(real, entry)
    } catch {
      this.#forget(entry)
    }
  }

  async #release(entry: Entry, route: Route): Promise<void> {
    entry.holders.delete(route)
    if (entry.holders.size > 0) return
    this.#forget(entry)
    const listener = await entry.opening.catch(() => undefined)
    await listener?.close(drainMs(route))
  }

  #forget(entry: Entry): void {
    for (const key of entry.keys) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    }
  }

  async #failed(address: BindAddress, route: Route, cause: unknown): Promise<HostError> {
    const { actor } = route.context
    const reason = await reasonOf(address, cause)
    return new HostError(
      'ERR_LINK_FAILED',
      { provider: providerName, actor: actor.id, reason },
      `${providerName} cannot listen for ${actor.name}: ${reason}`,
      { cause },
    )
  }
}

/** A link that asks for any free port has one of its own, and keeps it when its values change. */
function keyOf(address: BindAddress, { context: { actor, linkName } }: Route): string {
  const text = formatAddress(address)
  return address.port === 0 ? `${text} of ${actor.id} ${linkName}` : text
}

function drainMs({ config }: Route): number {
  return config.listener.requestTimeoutMs ?? listenerDefaults.requestTimeoutMs
}

function refuseConflict(listener: Listener, route: Route): void {
  const contradiction = listener.contradiction(route)
  if (contradiction) {
    const { setting, value, holder } = contradiction
    throw conflict(
      route,
      `${describeLink(holder)} has ${listenerKeys[setting]} ${value} on ${String(listener)}, which both share`,
    )
  }
  const holder = listener.routes.clash(route)
  if (holder) {
    const { host = 'any host', pathPrefix } = route.config
    throw conflict(
      route,
      `${describeLink(holder)} already answers ${host}, path ${pathPrefix || '/'}, on ${String(listener)}; give one of them another PORT, HOST or PATH`,
    )
  }
}

async function reasonOf(address: BindAddress, cause: unknown): Promise<string> {
  const where = formatAddress(address)
  switch (cause instanceof Error && 'code' in cause ? cause.code : undefined) {
    case 'EADDRINUSE': {
      const owner = await findPortHolder(address.port)
      if (owner?.pid === process.pid) {
        return `${where} is taken by another address of this host, or by a provider with listeners of its own; set another PORT or BIND, or have the providers share their HttpListeners`
      }
      const by = owner ? ` by process ${owner.pid} (${owner.command})` : ''
      return `${where} is taken${by}; stop it, or set another PORT`
    }
    case 'EACCES':
      return `${where} is reserved for privileged processes; set a PORT from 1024`
    case 'EADDRNOTAVAIL':
      return `${where} is not an address of this machine; set another BIND`
    default:
      return `${where}: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}

function conflict(route: Route, reason: string): HostError<'ERR_LINK_CONFLICT'> {
  const { actor, linkName } = route.context
  return new HostError(
    'ERR_LINK_CONFLICT',
    { actor: actor.id, contractId: 'wascc:http_server', linkName, reason },
    `${actor.name} cannot be linked: ${reason}`,
  )
}

function describeLink({ context: { actor, linkName } }: Route): string {
  return `link ${linkName} of ${actor.name} (${actor.id})`
}
