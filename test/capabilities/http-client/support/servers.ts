import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from 'node:net'
import { text } from 'node:stream/consumers'
import {
  type HttpClientOptions,
  httpClientProvider,
} from '../../../../capabilities/http-client/index.ts'
import type {
  HttpClientRequest,
  HttpClientToProvider,
  HttpResponse,
} from '../../../../contracts/index.ts'
import type { ProviderCall } from '../../../../host/index.ts'
import { type LinkedProvider, linkProvider } from '../../support/linked-provider.ts'

/** A request as a server got it. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Which of its connections it came by, from 0. */
  readonly connection: number
}

/** A server on the loopback. */
export interface TestServer extends AsyncDisposable {
  readonly origin: string
  readonly port: number
  readonly seen: readonly Seen[]
  /** Connections that are open. */
  readonly connections: ReadonlySet<Socket>
}

/** Answers a request, its body read. */
export type Answerer = (seen: Seen, response: ServerResponse) => void

/** Starts a server that answers 200 with `ok`, unless it is told otherwise. */
export async function startServer(
  answer: Answerer = (_, response) => response.end('ok'),
  make: (listener: RequestListener) => Server = createServer,
  scheme = 'http',
): Promise<TestServer> {
  const seen: Seen[] = []
  const numbers = new Map<Socket, number>()
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // A client that goes away before the end has asked for nothing.
    const body = await text(request).catch(() => undefined)
    if (body === undefined) return
    const { method = '', url = '', headers } = request
    const connection = numbers.get(request.socket) ?? -1
    const one = { method, url, headers, body, connection }
    seen.push(one)
    answer(one, response)
  }
  const server = make((request, response) => void receive(request, response))
  server.on(scheme === 'https' ? 'secureConnection' : 'connection', (socket: Socket) => {
    numbers.set(socket, numbers.size)
  })
  const { port, connections, dispose } = await listening(server)
  return {
    origin: `${scheme}://127.0.0.1:${port}`,
    port,
    seen,
    connections,
    [Symbol.asyncDispose]: dispose,
  }
}

/** Starts a server that does with each connection what it likes. */
export async function startRawServer(serve: (socket: Socket) => void): Promise<TestServer> {
  const { port, connections, dispose } = await listening(createNetServer(serve))
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    seen: [],
    connections,
    [Symbol.asyncDispose]: dispose,
  }
}

/** Starts a server that sends these bytes as soon as anything was asked, and then closes. */
export function startScripted(bytes: string): Promise<TestServer> {
  return startRawServer((socket) => {
    socket.once('data', () => socket.end(bytes, 'latin1'))
  })
}

async function listening(
  server: NetServer,
): Promise<{ port: number; connections: Set<Socket>; dispose: () => Promise<void> }> {
  const connections = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => connections.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    dispose: async () => {
      for (const socket of connections) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A link to the HTTP client. */
export interface LinkedClient extends LinkedProvider<HttpClientToProvider> {
  /** Performs a request: GET, and nothing in it, unless it says otherwise. */
  perform(request: Partial<HttpClientRequest>, call?: Partial<ProviderCall>): Promise<HttpResponse>
}

/** Links to the HTTP client with these values, and with the loopback open unless they say otherwise. */
export async function linkClient(
  values: Readonly<Record<string, string>>,
  options: HttpClientOptions = {},
): Promise<LinkedClient> {
  const link = await linkProvider(httpClientProvider(options), {
    values: { ALLOW_PRIVATE: 'loopback', ...values },
  })
  return {
    ...link,
    perform: async (request, call) => {
      const whole = { method: 'GET', url: '', headers: [], body: new Uint8Array(0), ...request }
      const answer = await link.ask('PerformRequest', whole, call)
      return answer
    },
  }
}

/** The body of an answer as text. */
export function bodyOf({ body }: HttpResponse): string {
  return Buffer.from(body).toString()
}

/** The last value of a header. */
export function headerOf({ headers }: HttpResponse, name: string): string | undefined {
  const at = headers.findLastIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name)
  return at === -1 ? undefined : headers[at + 1]
}

/** Code and detail of the error that it fails with; what it gives, if it does not. */
export async function failure(pending: Promise<unknown>): Promise<unknown> {
  try {
    return await pending
  } catch (error) {
    const { code, detail } = error as { code?: string; detail?: object }
    return code === undefined ? error : { code, ...detail }
  }
}

/**
 * As {@link failure} of what `ask` starts, again until it was sent: on a busy machine a short time may
 * be over before.
 */
export async function failureOnceSent(ask: () => Promise<unknown>): Promise<unknown> {
  for (;;) {
    const error = (await failure(ask())) as { reason?: string }
    if (!error.reason?.startsWith('no connection within')) return error
  }
}
