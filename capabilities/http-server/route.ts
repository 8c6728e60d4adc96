import type { HttpServerToActor } from '../../contracts/index.ts'
import type { LinkContext } from '../../host/index.ts'
import type { HttpServerConfig } from './config.ts'
import { type Pending, PendingList } from './pending.ts'

/** The requests of one link, on all its addresses. */
export class Route {
  readonly context: LinkContext<HttpServerConfig, HttpServerToActor>
  readonly config: HttpServerConfig
  readonly #inFlight = new PendingList()
  #retired = false
  #idle: (() => void) | undefined

  constructor(context: LinkContext<HttpServerConfig, HttpServerToActor>) {
    this.context = context
    this.config = context.config
  }

  /** True once its link is being ended: new requests are turned away. */
  get retired(): boolean {
    return this.#retired
  }

  /** True if both are of one actor and link name: the later one takes over from the earlier. */
  isSameLink({ context: { actor, linkName } }: Route): boolean {
    return this.context.actor.id === actor.id && this.context.linkName === linkName
  }

  /** A request came in that the link has to answer. */
  enter(pending: Pending): void {
    this.#inFlight.add(pending)
  }

  /** The request is answered, or nobody waits for its answer any more. */
  leave(pending: Pending): void {
    this.#inFlight.remove(pending)
    if (this.#retired && this.#inFlight.isEmpty) this.#idle?.()
  }

  /** Takes no more requests from now on. */
  retire(): void {
    this.#retired = true
  }

  /** Waits for the requests in flight, and cuts off those that are left after `withinMs`. */
  async drain(withinMs: number): Promise<void> {
    if (this.#inFlight.isEmpty) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#idle = resolve
    const timer = setTimeout(() => {
      for (const { connection } of this.#inFlight) connection.cut()
      resolve()
    }, withinMs)
    await promise
    clearTimeout(timer)
  }
}
