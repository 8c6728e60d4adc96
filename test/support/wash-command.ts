import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './source-files.ts'

/** What a finished command left. */
export interface Finished {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that still runs. */
export interface RunningCommand extends AsyncDisposable {
  readonly pid: number
  /** Resolves with the first line that `matches`, of standard output where nothing else is said. */
  line(matches: (line: string) => boolean, from?: 'stdout' | 'stderr'): Promise<string>
  kill(signal: NodeJS.Signals): void
  readonly finished: Promise<Finished>
}

/** A folder of its own to run `wash-ts` in, with no keys, hosts or terminal; disposal removes it. */
export interface CommandFolder extends AsyncDisposable {
  readonly path: string
  /** The folder of keys that commands use. */
  readonly keys: string
  /** Runs a command to its end. */
  run(...args: string[]): Promise<Finished>
  /** Runs a command to its end and parses what it printed as one JSON document. */
  runJson(...args: string[]): Promise<{ exitCode: number | null; json: Record<string, unknown> }>
  start(...args: string[]): RunningCommand
}

/**
 * Makes a folder to run `wash-ts` in.
 *
 * @param env Set, or with `undefined` unset, for the commands run there.
 */
export async function commandFolder(
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<CommandFolder> {
  const path = await mkdtemp(join(tmpdir(), 'wash-ts-'))
  const keys = join(path, 'keys')
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(WASH_|NO_COLOR|FORCE_COLOR)/.test(name),
  )
  const environment = {
    ...Object.fromEntries(inherited),
    USER: 'tester',
    HOME: path,
    WASH_KEYS: keys,
    XDG_RUNTIME_DIR: path,
    ...env,
  }
  const start = (...args: string[]): RunningCommand => startCommand(args, path, environment)
  const run = (...args: string[]): Promise<Finished> => start(...args).finished
  return {
    path,
    keys,
    run,
    start,
    runJson: async (...args) => {
      const { exitCode, stdout, stderr } = await run(...args, '--output', 'json')
      try {
        return { exitCode, json: JSON.parse(stdout) as Record<string, unknown> }
      } catch (cause) {
        throw new Error(`no JSON: ${JSON.stringify({ exitCode, stdout, stderr })}`, { cause })
      }
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

function startCommand(
  args: readonly string[],
  cwd: string,
  env: Record<string, string | undefined>,
): RunningCommand {
  const child = spawn(process.execPath, [join(root, 'bin/wash-ts.js'), ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  let isOver = false
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const check of waiting) check()
  }
  for (const from of ['stdout', 'stderr'] as const) {
    child[from].setEncoding('utf8').on('data', (text: string) => {
      said[from] += text
      wake()
    })
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => {
      isOver = true
      resolve({ exitCode, ...said })
      wake()
    })
  })
  return {
    pid: child.pid ?? -1,
    finished,
    kill: (signal) => void child.kill(signal),
    line: (matches, from = 'stdout') =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = said[from].split('\n').slice(0, -1).find(matches)
          if (found !== undefined) {
            waiting.delete(check)
            resolve(found)
          } else if (isOver) {
            waiting.delete(check)
            reject(new Error(`ended without the line: ${JSON.stringify(said)}`))
          }
        }
        waiting.add(check)
        check()
      }),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await finished
    },
  }
}
