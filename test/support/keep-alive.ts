import { Agent, request } from 'node:http'

/** A client with one connection, which counts how many it took. */
export class KeepAlive implements Disposable {
  readonly #url: string
  readonly #agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    agentKeepAliveTimeoutBuffer: 0,
  })
  readonly #sockets = new Set<unknown>()

  /** @param url What paths are added to. */
  constructor(url: string) {
    this.#url = url
  }

  /** How many connections were opened so far. */
  get connections(): number {
    return this.#sockets.size
  }

  /** The body that a path answers with. */
  get(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request(`${this.#url}${path}`, { agent: this.#agent }, (response) => {
        let text = ''
        response
          .setEncoding('utf8')
          .on('data', (chunk: string) => (text += chunk))
          .on('end', () => resolve(text))
      })
      // Not by `reusedSocket`, which is false for a request that waited for the socket of another.
      sent.on('socket', (socket) => this.#sockets.add(socket))
      sent.on('error', reject).end()
    })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
