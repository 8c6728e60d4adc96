import type { Socket } from 'node:net'
import type { InvokeOptions } from '../../host/index.ts'

/** Requests of one connection that may be under way before it is read on. */
const maxPipelined = 64

const connectionKey: unique symbol = Symbol('connection')

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparentForm = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/

interface TrackedSocket extends Socket {
  [connectionKey]?: Connection
}

/** What the server remembers of a client's connection. */
export class Connection {
  readonly #socket: Socket
  #pending = 0
  #paused = false
  #abort: AbortController | undefined

  constructor(socket: TrackedSocket) {
    this.#socket = socket
    socket[connectionKey] = this
    socket.once('close', () => this.#abort?.abort())
  }

  /** The connection of a socket that a {@link Connection} was made for. */
  static of(socket: TrackedSocket): Connection {
    return socket[connectionKey] ?? new Connection(socket)
  }

  /** Aborted when the client goes away. One for all requests of the connection, made when first asked for. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#socket.destroyed) this.#abort.abort()
    }
    return this.#abort.signal
  }

  /** Ends it, once what was written is sent. Requests that are under way do so with their answer. */
  endIfIdle(): void {
    if (this.#pending === 0) this.#socket.destroySoon()
  }

  /** Ends it at once, and aborts what is under way for it. */
  cut(): void {
    this.#abort?.abort()
    this.#socket.destroy()
  }

  /** A client that sends request after request without waiting fills no queue but its own. */
  enter(): void {
    if (++this.#pending >= maxPipelined && !this.#paused) {
      this.#paused = true
      this.#socket.pause()
    }
  }

  leave(): void {
    if (--this.#pending < maxPipelined && this.#paused) {
      this.#paused = false
      this.#socket.resume()
    }
  }

  /** A client that does not read its answer holds its memory no longer than this. */
  boundReading(timeoutMs: number): void {
    if (this.#socket.writableLength > 0) this.#socket.setTimeout(timeoutMs)
  }
}

/** One invocation's options. The signal costs nothing until somebody looks at it. */
export class InvocationOptions implements InvokeOptions {
  readonly timeoutMs?: number
  readonly traceparent?: string
  readonly #connection: Connection

  constructor(
    connection: Connection,
    timeoutMs: number | undefined,
    traceparent: string | undefined,
  ) {
    this.#connection = connection
    if (timeoutMs !== undefined) this.timeoutMs = timeoutMs
    if (traceparent !== undefined && traceparentForm.test(traceparent)) {
      this.traceparent = traceparent
    }
  }

  get signal(): AbortSignal {
    return this.#connection.signal
  }
}
