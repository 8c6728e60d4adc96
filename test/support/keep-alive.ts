import { Agent, request } from 'node:http'

/** A client with one connection, which counts how many it took. */
export class KeepAlive implements Disposable {
  readonly #url: string
  readonly #agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    agentKeepAliveTimeoutBuffer: 0,
  })
  /** How many connections were opened so far. */
  connections = 0

  /** @param url What paths are added to. */
  constructor(url: string) {
    this.#url = url
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
      sent.on('socket', () => {
        if (!sent.reusedSocket) this.connections += 1
      })
      sent.on('error', reject).end()
    })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
