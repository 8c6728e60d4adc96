/**
 * The program that runs a provider's file in a process of its own: `node process.js FILE-URL`. It is
 * told of its host by a line on standard input; file descriptor 3 is the channel. It ends when its
 * host does, whatever the provider's code is doing.
 */
import { readSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { Socket } from 'node:net'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import { decodeHostData, maxHostDataLength } from '../contracts/index.ts'
import type { CapabilityProvider } from '../host/index.ts'
import { ProviderError } from './channel/index.ts'
import { keepToOwnProcess } from './own-process.ts'
import { ProviderServer } from './provider-server.ts'

const channelDescriptor = 3
const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
/** What a provider's file may import besides Node itself: this very copy of wash-ts. */
const faces: Readonly<Record<string, string>> = {
  'wash-ts/provider': new URL(`./index${ending}`, import.meta.url).href,
  'wash-ts/contracts': new URL(`../contracts/index${ending}`, import.meta.url).href,
}

/**
 * Standard input ends with the host, even one that is killed. Only a thread of its own notices while
 * the provider's code computes.
 */
const watchdog = `
const { Socket } = require('node:net')
const { parentPort } = require('node:worker_threads')
const input = new Socket({ fd: 0, readable: true, writable: false })
input.on('error', () => {})
input.on('close', () => process.kill(process.pid, 'SIGKILL'))
input.resume()
parentPort.postMessage('watching')
`

/** The first line of standard input, and not one byte more. */
function readLine(): string {
  const byte = Buffer.alloc(1)
  const bytes: number[] = []
  while (bytes.length <= maxHostDataLength) {
    let count: number
    try {
      count = readSync(0, byte)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
      continue
    }
    if (count === 0 || byte[0] === 0x0a) break
    bytes.push(byte[0] as number)
  }
  return Buffer.from(bytes).toString('latin1')
}

async function watchHost(): Promise<void> {
  const worker = new Worker(watchdog, { eval: true, stdin: false })
  await new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  worker.unref()
  // From here on the provider can start no threads, which could do more than it may.
  process.permission?.drop?.('worker')
}

async function load(file: string): Promise<CapabilityProvider> {
  registerHooks({
    resolve: (specifier, context, next) => {
      const url = faces[specifier]
      if (url !== undefined) return { url, shortCircuit: true }
      if (context.parentURL === file && !specifier.startsWith('node:'))
        throw new ProviderError(
          'ERR_PROVIDER_CODE',
          { specifier },
          `the provider imports ${JSON.stringify(specifier)}: an archive holds one file, which may import node: modules, ${Object.keys(faces).join(' and ')}; bundle the rest into it`,
        )
      return next(specifier, context)
    },
  })
  const module = (await import(file)) as { default?: unknown }
  const provider = module.default as Partial<CapabilityProvider> | undefined
  if (typeof provider === 'object' && typeof provider.link === 'function' && provider.contract)
    return provider as CapabilityProvider
  throw new ProviderError(
    'ERR_PROVIDER_CODE',
    {},
    'the file has no default export that defineProvider of wash-ts/provider made',
  )
}

const [, , file = ''] = process.argv
// A terminal tells every process of a program to end: the host does that, once calls have ended.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
const hostData = decodeHostData(readLine())
await watchHost()
keepToOwnProcess()
const provider = load(file)
// The host is told why in answer to its first question; the whole of it goes to the log.
provider.catch((error: unknown) => process.stderr.write(`${inspect(error)}\n`))
const server = new ProviderServer({
  stream: new Socket({ fd: channelDescriptor }),
  hostData,
  provider,
  onShutdown: () => setImmediate(() => process.exit(0)),
  onClose: () => process.exit(0),
})
process.on('SIGTERM', () => {
  void server.shutdown().then(() => process.exit(0))
})
