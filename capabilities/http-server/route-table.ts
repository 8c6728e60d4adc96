import type { Route } from './route.ts'

/** Which link answers, by host name and path: those of one address. */
export class RouteTable {
  /** By host name, empty for any; longest path prefix first. */
  readonly #byHost = new Map<string, Route[]>()
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
    const { host = '', pathPrefix } = route.config
    const holder = this.#byHost.get(host)?.find(({ config }) => config.pathPrefix === pathPrefix)
    return holder === undefined || holder.retired || holder.isSameLink(route) ? undefined : holder
  }

  /** Adds a route, in the place of one with the same host and path. */
  add(route: Route): void {
    const { host = '', pathPrefix } = route.config
    const others = (this.#byHost.get(host) ?? []).filter(
      ({ config }) => config.pathPrefix !== pathPrefix,
    )
    const routes = [...others, route].sort(
      (a, b) => b.config.pathPrefix.length - a.config.pathPrefix.length,
    )
    this.#byHost.set(host, routes)
    this.#changed()
  }

  /** Removes a route, unless another has taken its place. */
  remove(route: Route): void {
    const { host = '' } = route.config
    const routes = (this.#byHost.get(host) ?? []).filter((other) => other !== route)
    if (routes.length > 0) this.#byHost.set(host, routes)
    else this.#byHost.delete(host)
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

function findIn(routes: readonly Route[] | undefined, path: string): Route | undefined {
  return routes?.find(({ config }) => isWithin(path, config.pathPrefix))
}

/** True of `/api` and `/api/x` for the prefix `/api`, not of `/apis`. */
function isWithin(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false
  return prefix === '' || path.length === prefix.length || path[prefix.length] === '/'
}
