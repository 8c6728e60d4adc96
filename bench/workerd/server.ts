/** Cloudflare's `workerd`, serving the echo actor. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { loadPeer } from '../peers.ts'

const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  compatibilityDate = "2026-01-01",
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "msgpack", commonJsModule = embed "msgpack.js"),
    (name = "actor.wasm", wasm = embed "actor.wasm"),
  ],
);
`

/** A running `workerd`. */
export class WorkerdServer implements AsyncDisposable {
  readonly port: number
  readonly #process: ChildProcess
  readonly #folder: string

  private constructor(process: ChildProcess, folder: string, port: number) {
    this.#process = process
    this.#folder = folder
    this.port = port
  }

  /** @param wasm path of the actor's module */
  static async start(wasm: string): Promise<WorkerdServer> {
    const { default: program } = loadPeer('workerd') as { default: string }
    const folder = await mkdtemp(join(tmpdir(), 'wash-ts-bench-'))
    await writeFile(join(folder, 'config.capnp'), config)
    await copyFile(new URL('worker.js', import.meta.url), join(folder, 'worker.js'))
    await copyFile(msgpackPath(), join(folder, 'msgpack.js'))
    await copyFile(wasm, join(folder, 'actor.wasm'))
    const process = spawn(program, ['serve', '--control-fd=3', join(folder, 'config.capnp')], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    })
    const control = process.stdio[3] as Readable
    let said = ''
    for (;;) {
      const [chunk] = (await Promise.race([once(control, 'data'), once(process, 'exit')])) as [
        unknown,
      ]
      if (!Buffer.isBuffer(chunk)) throw new Error(`workerd ended with ${String(chunk)}`)
      said += chunk.toString()
      const port = /"event":"listen".*"port":(\d+)/.exec(said)?.[1]
      if (port !== undefined) return new WorkerdServer(process, folder, Number(port))
    }
  }

  get pid(): number {
    return this.#process.pid as number
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.#process.kill()
    await exit
    await rm(this.#folder, { recursive: true })
  }
}

/** One file that needs nothing else. */
function msgpackPath(): string {
  return createRequire(import.meta.url)
    .resolve('@msgpack/msgpack')
    .replace('dist.cjs/index.cjs', 'dist.umd/msgpack.min.js')
}
