import type { ServerResponse } from 'node:http'

/** Bytes that may wait for a client before its lines are dropped. */
const maxHeldBytes = 1024 * 1024

/**
 * Lines to one client. A client that does not keep up loses some instead of filling the host's memory,
 * and is told how many.
 */
export class LineStream {
  readonly #response: ServerResponse
  #dropped = 0

  constructor(response: ServerResponse) {
    this.#response = response
  }

  /** @param tellDropped What to say of so many lines that were dropped. */
  send(value: object, tellDropped: (count: number) => object): void {
    const response = this.#response
    if (response.destroyed || response.writableEnded) return
    if (response.writableLength > maxHeldBytes) {
      this.#dropped += 1
      return
    }
    if (this.#dropped > 0) {
      response.write(`${JSON.stringify(tellDropped(this.#dropped))}\n`)
      this.#dropped = 0
    }
    response.write(`${JSON.stringify(value)}\n`)
  }

  end(): void {
    this.#response.end()
  }
}
