import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A program that serves something while a test runs, such as a database. */
export interface ServiceOptions {
  /** Found on the path. */
  readonly command: string
  readonly args: readonly string[]
  /** The Debian package that brings the command, for who does not have it. */
  readonly debianPackage: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Whom it runs as; only root may say so. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  /** The service is ready once it has written a line, to either output, that matches. */
  readonly readyLine: RegExp
  /** Asked after the ready line, where that is not enough. */
  readonly ready?: () => Promise<void>
}

/** A service that runs. Disposal kills it and waits until it is gone. */
export interface Service extends AsyncDisposable {
  readonly pid: number
  /** All that it has written so far, to both outputs. */
  readonly output: string
  /** Ends it with a signal, of which SIGKILL leaves it no time for anything, and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Resolves with the first line that matches, be it written already; fails once the service is gone. */
  line(matches: RegExp): Promise<string>
}

/** A service that never came up. */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError'
}

const running = new Set<ChildProcess>()

// A test process that is ended early takes its services along.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/**
 * Starts a service and waits until it is ready.
 *
 * @throws ServiceError with the service's own words, or with how to install the command
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { command, args, debianPackage, cwd, env, user, readyLine } = options
  const child = spawn(command, args, { cwd, env, ...user, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let isOver = false
  const waiting = new Set<() => void>()
  const over = Promise.withResolvers<void>()
  const wake = (): void => {
    for (const check of waiting) check()
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      wake()
    })
  }
  const end = (): void => {
    running.delete(child)
    isOver = true
    over.resolve()
    wake()
  }
  running.add(child)
  let missing: ServiceError | undefined
  child.on('error', (cause: NodeJS.ErrnoException) => {
    missing = new ServiceError(
      cause.code === 'ENOENT'
        ? `${command} is not installed; run: sudo apt-get install -y ${debianPackage}`
        : `${command} does not start: ${cause.message}`,
      { cause },
    )
    end()
  })
  child.on('close', end)
  const line = (matches: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = output.split('\n').find((text) => matches.test(text))
        if (found === undefined && !isOver) return
        waiting.delete(check)
        if (found !== undefined) resolve(found)
        else reject(missing ?? new ServiceError(`${command} ended without ${matches}: ${output}`))
      }
      waiting.add(check)
      check()
    })
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    child.kill(signal)
    await over.promise
  }
  try {
    await line(readyLine)
    await options.ready?.()
  } catch (error) {
    await kill()
    throw error
  }
  return {
    pid: child.pid as number,
    get output() {
      return output
    },
    kill,
    line,
    [Symbol.asyncDispose]: () => kill(),
  }
}

/** A new folder of its own; disposal removes it. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'wash-ts-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
