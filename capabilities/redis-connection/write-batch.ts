import type { Socket } from 'node:net'
import type { Redis } from 'ioredis'

/** From this many characters on, a batch goes out at once. */
const largeText = 256 * 1024

/**
 * What is written to a connection before the event loop turns, as one text: that costs a fraction of
 * what writing each command does.
 */
export class WriteBatch {
  readonly isPipeline = true
  readonly destination: { readonly redis: Redis }
  #text = ''
  #socket: Socket | undefined

  constructor(redis: Redis) {
    this.destination = { redis }
  }

  /** Called by ioredis with one command, which it takes for sent from then on. */
  write(data: string | Buffer): void {
    const socket = this.destination.redis.stream
    if (this.#socket !== socket || typeof data !== 'string') {
      this.#flush()
      this.#socket = socket
      process.nextTick(this.#flush)
    }
    if (typeof data !== 'string') {
      socket.write(data)
      return
    }
    this.#text += data
    if (this.#text.length > largeText) this.#flush()
  }

  readonly #flush = (): void => {
    const socket = this.#socket
    const text = this.#text
    this.#socket = undefined
    this.#text = ''
    if (text !== '') socket?.write(text)
  }
}
