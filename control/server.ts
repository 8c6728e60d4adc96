import { once } from 'node:events'
import { chmod, rename, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Host } from '../host/index.ts'
import { ControlError } from './errors.ts'
import { HostControl, type HostControlOptions } from './host-control.ts'
import { LineStream } from './line-stream.ts'
import type { LogSource } from './log-source.ts'
import { type ErrorOnWire, errorOnWire, type ExplainError } from './remote-error.ts'
import {
  checkLength,
  type Environment,
  isFree,
  liveSockets,
  openFolder,
  socketFolder,
  socketPath,
} from './socket-folder.ts'
import { isVerb, type Verb } from './verbs.ts'

/** How a {@link ControlServer} is set up. */
export interface ControlServerOptions extends HostControlOptions {
  /** Where the socket goes: an absolute path, in a folder of yours. Default: one by the host's id in {@link socketFolder}. */
  readonly path?: string
  /** `XDG_RUNTIME_DIR` says where sockets are. Default: none is set. */
  readonly env?: Environment
  /** The log of the program that the host runs in. Default: there is none to follow. */
  readonly logs?: LogSource
  /** What to do about failures of folders that this one does not know. */
  readonly explain?: ExplainError
}

/** Bytes of the largest request; a module of 64 MiB in base64, and what goes with it. */
const maxModuleRequestBytes = 96 * 1024 * 1024
/** Bytes of the largest request without a module; the payload of a call, in base64. */
const maxCallRequestBytes = 32 * 1024 * 1024
const maxRequestBytes = 1024 * 1024

const carriesModule: ReadonlySet<Verb> = new Set([
  'start-actor',
  'update-actor',
  'start-provider',
  'swap',
])
/** Verbs that change nothing, and may be asked for with GET. */
const reading: ReadonlySet<Verb> = new Set(['host', 'inventory', 'health'])

const maxConnections = 128
/** How long open answers may take once the host has stopped, in milliseconds. */
const closingMs = 1_000

/**
 * Serves a host's verbs to its owner over a local socket: `POST /v1/VERB` with the request as JSON
 * (`GET` too for those that only read), and the events of the host at `GET /v1/events`, one JSON
 * object a line; its log at `GET /v1/logs` likewise.
 *
 * Nobody but the user that runs the host can connect. It is done when the host has stopped.
 */
export class ControlServer implements AsyncDisposable {
  /** Where clients connect. */
  readonly path: string
  readonly control: HostControl
  readonly #server: Server
  readonly #explain: ExplainError | undefined
  readonly #logs: LogSource | undefined
  readonly #streams = new Set<LineStream>()
  #closed: Promise<void> | undefined

  private constructor(path: string, control: HostControl, options: ControlServerOptions) {
    this.path = path
    this.control = control
    this.#explain = options.explain
    this.#logs = options.logs
    this.#server = createServer(
      {
        headersTimeout: 10_000,
        requestTimeout: 60_000,
        keepAliveTimeout: 5_000,
        connectionsCheckingInterval: 5_000,
        maxHeaderSize: 8_192,
      },
      (request, response) => void this.#answer(request, response),
    )
    this.#server.maxConnections = maxConnections
    // The host goes on if its socket cannot: an accept that fails is not its end.
    this.#server.on('error', () => {})
    control.onEvent(({ type }) => {
      if (type.endsWith('.host_stopped')) void this[Symbol.asyncDispose]()
    })
  }

  /**
   * Opens the socket of a host.
   *
   * @throws ControlError `ERR_CONTROL_UNSAFE`, `ERR_CONTROL_SOCKET`
   */
  static async open(host: Host, options: ControlServerOptions = {}): Promise<ControlServer> {
    const folder = options.path === undefined ? socketFolder(options.env ?? {}) : undefined
    const path = options.path ?? socketPath(folder ?? '', host.id)
    const aside = `${path.replace(/\.sock$/, '')}.new`
    checkLength(aside)
    if (folder !== undefined) {
      await openFolder(folder)
      await liveSockets(folder)
    }
    for (const each of [path, aside]) {
      if (!(await isFree(each))) throw cannotOpen(each, 'something else is there')
    }
    const server = new ControlServer(path, new HostControl(host, options), options)
    try {
      server.#server.listen(aside)
      await once(server.#server, 'listening')
      await chmod(aside, 0o600)
      // By its own name only once it answers: a socket that refuses counts as left behind.
      await rename(aside, path)
    } catch (cause) {
      await server[Symbol.asyncDispose]()
      await rm(aside, { force: true })
      const { code, message } = cause as NodeJS.ErrnoException
      throw cannotOpen(path, code ?? message, cause)
    }
    // A host that has nothing else to do ends; its socket does not keep it.
    server.#server.unref()
    return server
  }

  /** Ends streams, lets answers end for a second, and removes the socket. Twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.control[Symbol.dispose]()
    await rm(this.path, { force: true })
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const stream of this.#streams) stream.end()
    const late = setTimeout(() => this.#server.closeAllConnections(), closingMs)
    await closed
    clearTimeout(late)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {})
    response.on('error', () => {})
    try {
      const name = verbName(request)
      if (name === 'events' && request.method === 'GET') return this.#streamEvents(response)
      if (name === 'logs' && request.method === 'GET' && this.#logs) {
        return this.#streamLogs(this.#logs, response)
      }
      if (!isVerb(name)) throw notThere(name)
      const mayRead = request.method === 'GET' && reading.has(name)
      if (request.method !== 'POST' && !mayRead) {
        return send(response, 405, {
          error: { code: 'ERR_CONTROL_REQUEST', message: `${name} is asked for with POST` },
        })
      }
      const body = mayRead ? {} : await readJson(request, name)
      await this.#run(name, body, request, response)
    } catch (error) {
      await this.#fail(error, response)
    }
  }

  async #run(
    verb: Verb,
    body: unknown,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const wantsLines = request.headers.accept === 'application/x-ndjson'
    const result = await this.control.run(verb, body, {
      signal: gone.signal,
      ...(wantsLines && {
        // What a slow client has not taken yet is news of the past.
        onProgress: (progress) => {
          if (!response.headersSent) response.writeHead(200, linesHeaders)
          if (!response.writableNeedDrain) response.write(`${JSON.stringify({ progress })}\n`)
        },
      }),
    })
    if (response.headersSent) response.end(`${JSON.stringify({ result })}\n`)
    else send(response, 200, wantsLines ? { result } : result)
  }

  async #fail(error: unknown, response: ServerResponse): Promise<void> {
    const onWire = await errorOnWire(error, this.#explain)
    if (response.destroyed) return
    if (response.headersSent) response.end(`${JSON.stringify({ error: onWire })}\n`)
    else send(response, statusOf(onWire), { error: onWire })
  }

  #streamEvents(response: ServerResponse): void {
    const stream = this.#openStream(response)
    const stop = this.control.onEvent((event) =>
      stream.send(event, (count) => ({
        ...event,
        id: `${event.id}-dropped`,
        type: event.type.replace(/[^.]*$/, 'events_dropped'),
        data: { count },
      })),
    )
    response.on('close', stop)
  }

  #streamLogs(logs: LogSource, response: ServerResponse): void {
    const stream = this.#openStream(response)
    const send = (line: object): void =>
      stream.send(line, (count) => ({ level: 'warn', message: 'log lines dropped', count }))
    for (const line of logs.recent) send(line)
    response.on('close', logs.onLine(send))
  }

  #openStream(response: ServerResponse): LineStream {
    response.writeHead(200, linesHeaders)
    response.flushHeaders()
    const stream = new LineStream(response)
    this.#streams.add(stream)
    response.on('close', () => this.#streams.delete(stream))
    return stream
  }
}

const linesHeaders = { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' }

function verbName({ url = '' }: IncomingMessage): string {
  const found = /^\/v1\/([a-z-]{1,40})$/.exec(url)?.[1]
  if (found === undefined) throw notThere(url.slice(0, 80))
  return found
}

function notThere(name: string): ControlError {
  const problem = 'there is no such verb; ask POST /v1/VERB, such as POST /v1/inventory'
  return new ControlError(
    'ERR_CONTROL_REQUEST',
    { verb: name, problems: [{ path: '', problem }] },
    `${name}: ${problem}`,
  )
}

/** Reads a request within its bounds. An empty one is an empty object. */
async function readJson(request: IncomingMessage, verb: Verb): Promise<unknown> {
  const maxBytes = carriesModule.has(verb)
    ? maxModuleRequestBytes
    : verb === 'call'
      ? maxCallRequestBytes
      : maxRequestBytes
  const mistake = (problem: string): ControlError =>
    new ControlError(
      'ERR_CONTROL_REQUEST',
      { verb, problems: [{ path: '', problem }] },
      `${verb}: ${problem}`,
    )
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    // What follows is not read: the connection ends with the answer.
    if (length > maxBytes) throw mistake(`the request is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  if (length === 0) return {}
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks, length))
    return JSON.parse(text) as unknown
  } catch (error) {
    throw mistake(
      `the request is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`,
    )
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(status >= 400 && { connection: 'close' }),
  })
  response.end(text)
}

const statuses: Readonly<Record<number, number>> = {
  2: 400,
  3: 404,
  4: 403,
  5: 503,
  6: 504,
  7: 409,
}

function statusOf({ exit }: ErrorOnWire): number {
  return statuses[exit ?? 1] ?? 500
}

function cannotOpen(path: string, reason: string, cause?: unknown): ControlError {
  return new ControlError(
    'ERR_CONTROL_SOCKET',
    { path, reason },
    `cannot open the control socket ${path}: ${reason}`,
    { cause },
  )
}
