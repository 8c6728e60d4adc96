import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Batch } from './batch.ts'
import { type BindAddress, formatAddress } from './bind-address.ts'
import { type ListenerSettings, listenerDefaults } from './config.ts'
import { Connection } from './connection.ts'
import { handleRequest } from './exchange.ts'
import type { Route } from './route.ts'
import { RouteTable } from './route-table.ts'

/** How often slow clients are looked for, in milliseconds, at most. */
const checkEveryMs = 1000

/** One more header than a link may allow: node leaves those beyond out without a word. */
const countedHeaders = 1001

/** A listening port, and the routes of the links that share it. */
export class Listener {
  /** Where it listens, with the real port. */
  readonly address: BindAddress
  readonly routes: RouteTable = new RouteTable()
  readonly batch: Batch = new Batch()
  readonly #server: Server
  readonly #connections = new Set<Connection>()
  readonly #sharing = new Set<Route>()
  #settings = listenerDefaults
  #closing = false

  private constructor(server: Server, address: BindAddress) {
    this.#server = server
    this.address = address
    const answer = (request: IncomingMessage, response: ServerResponse): void =>
      handleRequest(this, request, response)
    server.on('request', answer)
    server.on('checkContinue', answer)
    server.on('connection', (socket) => {
      const connection = new Connection(socket)
      this.#connections.add(connection)
      socket.once('close', () => this.#connections.delete(connection))
    })
    // There is no tunnel to be had here, and node would close without a word.
    server.on('connect', (_request, socket) => {
      socket.on('error', () => {})
      socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    })
    // A connection that could not be accepted, for want of file descriptors: the others go on.
    server.on('error', (error) => {
      for (const { context } of this.#sharing) {
        context.log.warn('a connection could not be accepted', { reason: error.message })
      }
    })
  }

  /**
   * Starts to listen.
   *
   * @param settings Of the first link: they tell how finely slow clients are timed.
   * @throws the system's error, such as `EADDRINUSE`
   */
  static async open(address: BindAddress, settings: Partial<ListenerSettings>): Promise<Listener> {
    const { headersTimeoutMs, requestTimeoutMs } = { ...listenerDefaults, ...settings }
    const server = createServer({
      // Requests without a body end before they are handed over: no stream to wind up.
      optimizeEmptyRequests: true,
      insecureHTTPParser: false,
      connectionsCheckingInterval: Math.ceil(
        Math.min(checkEveryMs, headersTimeoutMs / 2, requestTimeoutMs / 2),
      ),
    })
    server.maxHeadersCount = countedHeaders
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', reject)
    server.listen({ host: address.ip, port: address.port }, resolve)
    await promise
    server.off('error', reject)
    const { port } = server.address() as AddressInfo
    return new Listener(server, { ip: address.ip, port })
  }

  /** True once no new connections are taken. */
  get closing(): boolean {
    return this.#closing
  }

  /** Milliseconds for a client to send a request, and to go on reading an answer. */
  get requestTimeoutMs(): number {
    return this.#settings.requestTimeoutMs
  }

  /** Serves a route, with the settings that its link asks for. */
  join(route: Route): void {
    this.routes.add(route)
    this.#sharing.add(route)
    this.#applySettings()
  }

  /** Serves a route no longer. */
  leave(route: Route): void {
    this.routes.remove(route)
    this.#sharing.delete(route)
    this.#applySettings()
  }

  /** A setting that another link asked for otherwise, if there is one. */
  contradiction(
    route: Route,
  ): { setting: keyof ListenerSettings; value: number; holder: Route } | undefined {
    for (const holder of this.#sharing) {
      if (holder.isSameLink(route) || holder.retired) continue
      for (const setting of Object.keys(holder.config.listener) as (keyof ListenerSettings)[]) {
        const value = holder.config.listener[setting]
        const wanted = route.config.listener[setting]
        if (value !== undefined && wanted !== undefined && value !== wanted) {
          return { setting, value, holder }
        }
      }
    }
    return undefined
  }

  /**
   * Takes no new connections, ends those that are idle at once and the others after their answers,
   * and those that are left after `withinMs` without.
   */
  async close(withinMs: number): Promise<void> {
    this.#closing = true
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    for (const connection of this.#connections) connection.endIfIdle()
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.cut()
    }, withinMs)
    await promise
    clearTimeout(timer)
  }

  #applySettings(): void {
    if (this.#closing) return
    const asked = [...this.#sharing].map(({ config }) => config.listener)
    this.#settings = Object.assign({}, listenerDefaults, ...asked) as ListenerSettings
    const { headersTimeoutMs, requestTimeoutMs, keepAliveMs, maxConnections, maxHeaderBytes } =
      this.#settings
    const server: Server & { maxHeaderSize?: number } = this.#server
    server.headersTimeout = Math.min(headersTimeoutMs, requestTimeoutMs)
    server.requestTimeout = requestTimeoutMs
    server.keepAliveTimeout = keepAliveMs
    server.maxConnections = maxConnections
    // Read by node for each new connection, and missing in its types.
    server.maxHeaderSize = maxHeaderBytes
  }

  /** For logs and errors. */
  toString(): string {
    return formatAddress(this.address)
  }
}
