import { connect, type Socket } from 'node:net'
import { httpServerProvider } from '../../../../capabilities/http-server/index.ts'
import type { HttpRequest, HttpResponse } from '../../../../contracts/index.ts'
import type { InvokeOptions, Logger, LogFacts } from '../../../../host/index.ts'
import { linkedActor } from '../../support/linked-provider.ts'

type Provider = ReturnType<typeof httpServerProvider>

/** Plays the actor. */
export type Answer = (
  request: HttpRequest,
  options: InvokeOptions,
) => HttpResponse | Promise<HttpResponse>

/** What a test says of a link; the rest is a link of actor `MA` to any free port. */
export interface LinkFacts {
  readonly values?: Readonly<Record<string, string>>
  readonly answer?: Answer
  readonly actor?: string
  readonly linkName?: string
  readonly provider?: Provider
  readonly signal?: AbortSignal
}

/** One line that the provider logged. */
export interface LogLine extends LogFacts {
  readonly level: string
  readonly message: string
}

/** A live link. */
export interface LinkedServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly info: Readonly<Record<string, string>>
  readonly requests: readonly HttpRequest[]
  readonly log: readonly LogLine[]
  readonly provider: Provider
}

/** Links a scripted actor to an HTTP server provider. */
export async function linkServer(facts: LinkFacts = {}): Promise<LinkedServer> {
  const provider = facts.provider ?? httpServerProvider()
  const parsed = await provider.configSchema['~standard'].validate({ PORT: '0', ...facts.values })
  if (parsed.issues) throw new Error(parsed.issues.map(({ message }) => message).join('; '))
  const requests: HttpRequest[] = []
  const log: LogLine[] = []
  const answer = facts.answer ?? (() => textResponse(facts.actor ?? 'MA'))
  const id = facts.actor ?? 'MA'
  const link = await provider.link({
    config: parsed.value,
    actor: linkedActor(id, `name of ${id}`),
    linkName: facts.linkName ?? 'default',
    log: loggerTo(log),
    signal: facts.signal ?? new AbortController().signal,
    invoke: async (_operation, request, options = {}) => {
      requests.push(request)
      const response = await answer(request, options)
      return response
    },
  })
  const { url = '' } = link.info ?? {}
  return {
    url,
    port: Number(new URL(url).port),
    info: link.info ?? {},
    requests,
    log,
    provider,
    [Symbol.asyncDispose]: async () => {
      await link[Symbol.asyncDispose]?.()
    },
  }
}

export function textResponse(body: string, statusCode = 200): HttpResponse {
  return { statusCode, headers: ['Content-Type', 'text/plain'], body: Buffer.from(body) }
}

/** An error as the host throws them. */
export function codedError(code: string, message = 'secret of the host'): Error {
  return Object.assign(new Error(message), { code })
}

/** Sends bytes, and gives all that the server sends until it closes the connection. */
export async function exchangeRaw(port: number, bytes: string): Promise<string> {
  await using client = openClient(port)
  client.socket.write(bytes, 'latin1')
  return await client.closed
}

/** A connection that a test writes to byte by byte. */
export interface RawClient extends AsyncDisposable {
  readonly socket: Socket
  /** All that came in, once the server has closed the connection. */
  readonly closed: Promise<string>
  /** Resolves as soon as `text` has come in. */
  received(text: string): Promise<void>
}

export function openClient(port: number): RawClient {
  const socket = connect({ port, host: '127.0.0.1' })
  let all = ''
  const waiting = new Set<() => void>()
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    all += chunk
    for (const check of waiting) check()
  })
  // A reset ends a connection as well as an orderly close does.
  socket.on('error', () => {})
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(all)))
  return {
    socket,
    closed,
    received: (text) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!all.includes(text)) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        void closed.then(() => reject(new Error(`closed before ${text}; there came ${all}`)))
        check()
      }),
    [Symbol.asyncDispose]: async () => {
      socket.destroy()
      await closed
    },
  }
}

/**
 * Sends a request until it gets to the actor, who then resolves `invoked`. On a busy machine the
 * time that a client has for its request may be over before.
 */
export async function askUntilInvoked(
  port: number,
  bytes: string,
  invoked: Promise<unknown>,
): Promise<RawClient> {
  for (;;) {
    const client = openClient(port)
    client.socket.write(bytes, 'latin1')
    const isIn = await Promise.race([invoked.then(() => true), client.closed.then(() => false)])
    if (isIn) return client
  }
}

/** The status codes of the responses in a stream of them. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
}

function loggerTo(lines: LogLine[]): Logger {
  const at =
    (level: string) =>
    (message: string, facts: LogFacts = {}): void => {
      lines.push({ level, message, ...facts })
    }
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  }
  return logger
}
