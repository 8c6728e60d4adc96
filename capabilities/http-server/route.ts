import type { ServerResponse } from 'node:http'
import type { HttpServerToActor } from '../../contracts/index.ts'
import type { LinkContext } from '../../host/index.ts'
import type { HttpServerConfig } from './config.ts'
import { Connection } from './connection.ts'

/** The requests of one link, on all its addresses. */
export class Route {
  readonly context: LinkContext<HttpServerConfig, HttpServerToActor>
  readonly config: HttpServerConfig
  readonly #inFlight = new Set<ServerResponse>()
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
  enter(response: ServerResponse): void {
    this.#inFlight.add(response)
  }

  /** The request is answered, or nobody waits for its answer any more. */
  leave(response: ServerResponse): void {
    this.#inFlight.delete(response)
    if (this.#retired && this.#inFlight.size === 0) this.#idle?.()
  }

  /** Takes no more requests from now on. */
  retire(): void {
    this.#retired = true
  }

  /** Waits for the requests in flight, and cuts off those that are left after `withinMs`. */
  async drain(withinMs: number): Promise<void> {
    if (this.#inFlight.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#idle = resolve
    const timer = setTimeout(() => {
      for (const { req } of this.#inFlight) Connection.of(req.socket).cut()
      resolve()
    }, withinMs)
    await promise
    clearTimeout(timer)
  }
}
