import type { Route } from './route.ts'

/** Which link answers, by host name and path: those of one address. */
export class RouteTable {
  /** By host name, empty for any; longest path prefix first. */
  readonly #byHost = new Map<string, Route[]>()
  /** Routes that wait for another of their link to hand over its place. */
  readonly #waiting: Route[] = []
  #catchAll: Route | undefined

  /**
   * The route for a path of a host; one that names the host comes before one that names none.
   *
   * @param authority As clients give it: `Example.com.:8080`.
   */
  find(authority: string | undefined, path: string): Route | undefined {
    // One actor on a port of its own: there is nothing to look up.
    if (this.#catchAll !== undefined) return this.#catchAll
    const named = authority === undefined ? undefined : this.#byHost.get(hostName(authority))
    return findIn(named, path) ?? findIn(this.#byHost.get(''), path)
  }

  /** The route of another link that is in the way of this one. */
  clash(route: Route): Route | undefined {
    const holder = this.#holder(route)
    return holder === undefined || holder.retired || holder.isSameLink(route) ? undefined : holder
  }

  /**
   * Adds a route, in the place of a retired one with the same host and path. Where one of the same
   * link is there that is not retired, it waits until that hands over.
   */
  add(route: Route): void {
    const holder = this.#holder(route)
    if (holder !== undefined && !holder.retired && holder.isSameLink(route)) {
      this.#waiting.push(route)
    } else this.#place(route)
  }

  /** Has the route that waits for this one, the latest of them, take its place. */
  handOver(route: Route): void {
    if (this.#holder(route) !== route) return
    const at = this.#waiting.findLastIndex(
      (next) => !next.retired && next.isSameLink(route) && isSamePlace(next, route),
    )
    const [next] = at === -1 ? [] : this.#waiting.splice(at, 1)
    if (next !== undefined) this.#place(next)
  }

  /** Removes a route, unless another has taken its place. */
  remove(route: Route): void {
    const waiting = this.#waiting.indexOf(route)
    if (waiting !== -1) this.#waiting.splice(waiting, 1)
    const { host = '' } = route.config
    const routes = (this.#byHost.get(host) ?? []).filter((other) => other !== route)
    if (routes.length > 0) this.#byHost.set(host, routes)
    else this.#byHost.delete(host)
    this.#changed()
  }

  #holder(route: Route): Route | undefined {
    return this.#byHost.get(route.config.host ?? '')?.find((other) => isSamePlace(other, route))
  }

  #place(route: Route): void {
    const { host = '' } = route.config
    const others = (this.#byHost.get(host) ?? []).filter((other) => !isSamePlace(other, route))
    const routes = [...others, route].sort(
      (a, b) => b.config.pathPrefix.length - a.config.pathPrefix.length,
    )
    this.#byHost.set(host, routes)
    this.#changed()
  }

  #changed(): void {
    const [only, second] = [...this.#byHost.values()].flat()
    const takesAll = only?.config.host === undefined && only?.config.pathPrefix === ''
    this.#catchAll = second === undefined && takesAll ? only : undefined
  }
}

/** The host name of `Example.com.:8080` as routes have it: `example.com`. */
export function hostName(authority: string): string {
  return authority.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase()
}

function isSamePlace({ config: a }: Route, { config: b }: Route): boolean {
  return a.host === b.host && a.pathPrefix === b.pathPrefix
}

function findIn(routes: readonly Route[] | undefined, path: string): Route | undefined {
  return routes?.find(({ config }) => isWithin(path, config.pathPrefix))
}

/** True of `/api` and `/api/x` for the prefix `/api`, not of `/apis`. */
function isWithin(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false
  return prefix === '' || path.length === prefix.length || path[prefix.length] === '/'
}
