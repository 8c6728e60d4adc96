/** A process that is measured, seen from the process that measures. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Answer = { readonly result: unknown } | { readonly error: string }

/** A Node process that answers one question at a time: see {@link answerQuestions}. */
export class Contender implements AsyncDisposable {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /**
   * Starts `contenders/NAME.ts`.
   *
   * @param nodeOptions such as `--expose-gc`
   */
  static start(name: string, nodeOptions: readonly string[] = []): Contender {
    const path = fileURLToPath(new URL(`contenders/${name}.ts`, import.meta.url))
    return new Contender(fork(path, { execArgv: [...nodeOptions], serialization: 'advanced' }))
  }

  get pid(): number {
    return this.#process.pid as number
  }

  /** Asks, and waits for the answer. @throws Error with what the process threw, or if it ended */
  async ask<Result>(question: string, ...parameters: readonly unknown[]): Promise<Result> {
    const ended = new AbortController()
    const { signal } = ended
    try {
      this.#process.send({ question, parameters })
      const [answer] = (await Promise.race([
        once(this.#process, 'message', { signal }),
        once(this.#process, 'exit', { signal }).then(([code]) => [
          { error: `the process ended with ${String(code)}` },
        ]),
      ])) as [Answer]
      if ('error' in answer) throw new Error(`${question}: ${answer.error}`)
      return answer.result as Result
    } finally {
      ended.abort()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }
}

/** The contender's side: answers questions until its parent is gone. */
export function answerQuestions(
  answers: Readonly<Record<string, (...parameters: never[]) => unknown>>,
): void {
  const answer = async (question: string, parameters: readonly never[]): Promise<Answer> => {
    try {
      return { result: await answers[question]?.(...parameters) }
    } catch (error) {
      return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
  }
  process.on('message', ({ question, parameters }: { question: string; parameters: never[] }) => {
    void answer(question, parameters).then((result) => process.send?.(result))
  })
  process.on('disconnect', () => process.exit(0))
}

/** Milliseconds a second of the kernel's clock that processes are charged by. */
const tickMs = 10

/** CPU time that a process and its threads took, in milliseconds; NaN where the system does not say. */
export function cpuMs(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program may hold spaces: count from behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * tickMs
  } catch {
    return Number.NaN
  }
}
