import type { ServerResponse } from 'node:http'
import type { CloudEvent } from '../host/index.ts'

/** Bytes that may wait for a client before its events are dropped. */
const maxHeldBytes = 1024 * 1024

/**
 * Events to one client, one JSON object a line. A client that does not keep up loses events instead of
 * filling the host's memory, and is told how many.
 */
export class EventStream {
  readonly #response: ServerResponse
  #dropped = 0

  constructor(response: ServerResponse) {
    this.#response = response
  }

  send(event: CloudEvent): void {
    const response = this.#response
    if (response.destroyed || response.writableEnded) return
    if (response.writableLength > maxHeldBytes) {
      this.#dropped += 1
      return
    }
    if (this.#dropped > 0) {
      const type = event.type.replace(/[^.]*$/, 'events_dropped')
      const told = { ...event, id: `${event.id}-dropped`, type, data: { count: this.#dropped } }
      this.#dropped = 0
      response.write(`${JSON.stringify(told)}\n`)
    }
    response.write(`${JSON.stringify(event)}\n`)
  }

  end(): void {
    this.#response.end()
  }
}
