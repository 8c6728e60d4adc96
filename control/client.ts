import { type IncomingMessage, request as httpRequest } from 'node:http'
import { createInterface } from 'node:readline'
import type { CloudEvent } from '../host/index.ts'
import { ControlError } from './errors.ts'
import type { LogLine } from './log-source.ts'
import { type ErrorOnWire, RemoteError } from './remote-error.ts'
import { checkSocket } from './socket-folder.ts'
import type { Progress, Verb, Verbs } from './verbs.ts'

/** How one request is made. */
export interface ControlRequestOptions {
  /** Gives up waiting; changes that the host has begun go on. */
  readonly signal?: AbortSignal
  /** How long to wait for the answer, in milliseconds. Default: as long as the host takes. */
  readonly timeoutMs?: number
  onProgress?(progress: Progress): void
}

/** Bytes of the longest line that is read of a host: the answer to a call, in base64. */
const maxAnswerBytes = 128 * 1024 * 1024

/** Speaks to one running host over its socket. Every request is a connection of its own. */
export class ControlClient {
  /** Where it connects. */
  readonly path: string

  /** @param path Of the host's socket; see {@link findHosts}. */
  constructor(path: string) {
    this.path = path
  }

  /**
   * Asks for a verb.
   *
   * @throws RemoteError for what fails on the host, by its own code; ControlError
   * `ERR_HOST_UNREACHABLE`, `ERR_CONTROL_TIMEOUT`, `ERR_CONTROL_UNSAFE`
   */
  async request<V extends Verb>(
    verb: V,
    request: Verbs[V]['request'],
    options: ControlRequestOptions = {},
  ): Promise<Verbs[V]['response']> {
    const { timeoutMs, onProgress } = options
    const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
    const signals = [options.signal, deadline].filter((signal) => signal !== undefined)
    try {
      const response = await this.#send(
        { method: 'POST', path: `/v1/${verb}`, lines: onProgress !== undefined },
        JSON.stringify(request),
        AbortSignal.any(signals),
      )
      const lines = response.headers['content-type'] === 'application/x-ndjson'
      if (lines && onProgress) return (await readLines(response, onProgress)) as never
      const body = JSON.parse(await readAll(response)) as Answer<Verbs[V]['response']>
      if (response.statusCode !== 200) throw new RemoteError(errorOf(body))
      return (onProgress ? body.result : body) as Verbs[V]['response']
    } catch (error) {
      if (error instanceof RemoteError || error instanceof ControlError) throw error
      options.signal?.throwIfAborted()
      if (deadline?.aborted) {
        const message = `the host did not answer ${verb} within ${timeoutMs} ms`
        throw new ControlError('ERR_CONTROL_TIMEOUT', { verb, timeoutMs: timeoutMs ?? 0 }, message)
      }
      throw this.#unreachable(error, true)
    }
  }

  /**
   * The events of the host from now on, until it ends or `signal` is aborted: waits for the host, then
   * gives them as they come.
   *
   * @throws ControlError `ERR_HOST_UNREACHABLE`, `ERR_CONTROL_UNSAFE`
   */
  async events(signal?: AbortSignal): Promise<AsyncIterable<CloudEvent>> {
    return this.#stream<CloudEvent>('events', signal)
  }

  /**
   * The last lines of the host's log, and those that follow until it ends or `signal` is aborted.
   *
   * @throws RemoteError `ERR_CONTROL_REQUEST` for a host that has no log; ControlError
   * `ERR_HOST_UNREACHABLE`, `ERR_CONTROL_UNSAFE`
   */
  async logs(signal?: AbortSignal): Promise<AsyncIterable<LogLine>> {
    return this.#stream<LogLine>('logs', signal)
  }

  async #stream<Line>(what: string, signal?: AbortSignal): Promise<AsyncIterable<Line>> {
    const response = await this.#send({ method: 'GET', path: `/v1/${what}` }, '', signal)
    if (response.statusCode !== 200) {
      throw new RemoteError(errorOf(JSON.parse(await readAll(response)) as Answer<unknown>))
    }
    return linesOf<Line>(response, signal)
  }

  async #send(
    { method, path, lines }: { method: string; path: string; lines?: boolean },
    body: string,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    if (!(await checkSocket(this.path))) throw this.#unreachable(new Error('no such socket'), false)
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const request = httpRequest(
      {
        socketPath: this.path,
        method,
        path,
        agent: false,
        headers: {
          host: 'localhost',
          ...(body !== '' && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
          ...(lines && { accept: 'application/x-ndjson' }),
        },
        ...(signal && { signal }),
      },
      resolve,
    )
    let sent = false
    request.on('socket', (socket) => socket.on('connect', () => (sent = true)))
    request.on('error', (error) => {
      reject(signal?.aborted ? error : this.#unreachable(error, sent))
    })
    request.end(body)
    return promise
  }

  #unreachable(cause: unknown, sent: boolean): ControlError {
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = code === 'ECONNREFUSED' ? 'nobody listens there any more' : message
    return new ControlError(
      'ERR_HOST_UNREACHABLE',
      { socket: this.path, sent, reason },
      sent
        ? `the host at ${this.path} ended before it answered: ${reason}`
        : `no host answers at ${this.path}: ${reason}`,
      { cause },
    )
  }
}

interface Answer<Result> {
  readonly progress?: Progress
  readonly result?: Result
  readonly error?: ErrorOnWire
}

function errorOf({ error }: Answer<unknown>): ErrorOnWire {
  return error ?? { code: 'ERR_INTERNAL', message: 'the host answered with an error and no reason' }
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxAnswerBytes) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length).toString('utf8')
}

async function readLines(
  response: IncomingMessage,
  onProgress: (progress: Progress) => void,
): Promise<unknown> {
  for await (const line of createInterface(response)) {
    const { progress, result, error } = JSON.parse(line) as Answer<unknown>
    if (error) throw new RemoteError(error)
    if (progress) onProgress(progress)
    else return result
  }
  throw new Error('the answer broke off')
}

async function* linesOf<Line>(
  response: IncomingMessage,
  signal: AbortSignal | undefined,
): AsyncGenerator<Line> {
  try {
    for await (const line of createInterface(response)) yield JSON.parse(line) as Line
  } catch (error) {
    if (!signal?.aborted) throw error
  } finally {
    response.destroy()
  }
}
