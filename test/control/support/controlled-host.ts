import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ControlClient, ControlServer, type ControlServerOptions } from '../../../control/index.ts'
import type { HostOptions } from '../../../host/index.ts'
import { TestHost } from '../../support/test-host.ts'

/** A host with a control socket in a folder of its own. */
export interface ControlledHost extends AsyncDisposable {
  readonly host: TestHost
  readonly server: ControlServer
  readonly client: ControlClient
  /** What `XDG_RUNTIME_DIR` is. */
  readonly folder: string
}

/** A folder for sockets; disposal removes it. */
export async function runtimeFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'wash-ts-control-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Starts a host and opens its control socket. */
export async function controlledHost(
  hostOptions: HostOptions = {},
  options: ControlServerOptions = {},
): Promise<ControlledHost> {
  const folder = await runtimeFolder()
  const host = new TestHost(hostOptions)
  const env = { XDG_RUNTIME_DIR: folder.path }
  const server = await ControlServer.open(host, { env, ...options })
  return {
    host,
    server,
    client: new ControlClient(server.path),
    folder: folder.path,
    [Symbol.asyncDispose]: async () => {
      await host.stop()
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** What a socket answered to a request. */
export interface RawAnswer {
  readonly status: number
  readonly body: string
}

/** Sends any request to a socket, as curl would. */
export function ask(
  socketPath: string,
  {
    method = 'POST',
    path = '/v1/inventory',
    body = '',
    headers = {},
  }: {
    readonly method?: string
    readonly path?: string
    readonly body?: string | Uint8Array
    readonly headers?: Readonly<Record<string, string>>
  },
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers, agent: false }, (response) => {
      let text = ''
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
        .on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
