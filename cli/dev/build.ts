import { spawn } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'

/** What became of a build. */
export interface BuildResult {
  /** 0 if it succeeded; `null` if a signal ended it. */
  readonly exitCode: number | null
  /**
   * What it wrote to standard output and standard error, in that order in time, without colours: some
   * compilers colour what goes to no terminal, where the environment says CI.
   */
  readonly output: string
  readonly durationMs: number
}

/** Characters of a build's output that are kept: the first and the last. */
const keptCharacters = 32_000
/** How long what a build started may hold its output once it has ended, in milliseconds. */
const lingerMs = 500
/** How long a build that is to end may take before it is killed, in milliseconds. */
const killAfterMs = 2_000

/**
 * Runs a build in a shell and waits until it has ended. What it leaves running is ended.
 *
 * @param signal Ends it early, with all that it started.
 */
export async function runBuild(
  command: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<BuildResult> {
  const startedAt = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  // In a process group of its own, so that the end of the build is that of its children, too.
  const hasGroups = process.platform !== 'win32'
  const child = spawn(command, {
    shell: true,
    detached: hasGroups,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder('utf8')
    stream.on('data', (chunk: Buffer) => {
      const text = decoder.write(chunk)
      const room = keptCharacters - output.length
      output += text.slice(0, room)
      tail = (tail + text.slice(room)).slice(-keptCharacters)
    })
  }
  const kill = (name: NodeJS.Signals): void => {
    try {
      if (hasGroups && child.pid !== undefined) process.kill(-child.pid, name)
      else child.kill(name)
    } catch {
      // It has ended already.
    }
  }
  let killing: NodeJS.Timeout | undefined
  const end = (): void => {
    kill('SIGTERM')
    killing = setTimeout(() => kill('SIGKILL'), killAfterMs)
  }
  child.on('error', reject)
  let lingering: NodeJS.Timeout | undefined
  child.on('exit', (code) => {
    lingering = setTimeout(() => resolve(code), lingerMs)
  })
  child.on('close', resolve)
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  try {
    const exitCode = await promise
    return {
      exitCode,
      output: stripVTControlCharacters(tail === '' ? output : `${output}\n…\n${tail}`),
      durationMs: performance.now() - startedAt,
    }
  } finally {
    clearTimeout(killing)
    clearTimeout(lingering)
    signal.removeEventListener('abort', end)
    // What it left running in the background is not meant to outlive it.
    if (hasGroups) kill('SIGKILL')
  }
}
