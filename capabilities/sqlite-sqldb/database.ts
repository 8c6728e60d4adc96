import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger, ProviderCall } from '../../host/index.ts'
import { CapabilityError } from '../errors.ts'
import {
  outOfMemorySignal,
  type ProcessMessage,
  type ProcessOptions,
  type RunOutcome,
  type RunRequest,
} from './messages.ts'

/** One statement, and how long it may run. */
export type Run = Omit<RunRequest, 'id' | 'timeoutMs'> & { readonly statementTimeoutMs: number }

/** How long a process may take to open its database. */
const startTimeoutMs = 30_000

/** How much of what a process says when it fails is logged. */
const lastWords = 2000

const script = fileURLToPath(
  new URL(`./database-process${extname(import.meta.filename)}`, import.meta.url),
)

/**
 * One database, in a process that is started when a statement needs it, killed when one takes too long,
 * and ended when there was none for a while. Statements run one after the other.
 */
export class Database implements AsyncDisposable {
  /** As the operator named it. */
  readonly name: string
  readonly #options: ProcessOptions
  readonly #log: Logger
  readonly #idleMs: number
  #server: Server | undefined
  #idleTimer: NodeJS.Timeout | undefined
  /** Those who wait for their turn, the first of whom has it. */
  readonly #turns: (() => void)[] = []
  #ids = 0

  constructor(name: string, options: ProcessOptions, log: Logger, idleMs: number) {
    this.name = name
    this.#options = options
    this.#log = log
    this.#idleMs = idleMs
  }

  /** Makes sure that the database can be opened. @throws CapabilityError ERR_SQL_FILE */
  async open(signal: AbortSignal): Promise<void> {
    await this.#inTurn(signal, startTimeoutMs, async () => void (await this.#start()))
  }

  /**
   * @throws CapabilityError ERR_SQL_TIMEOUT, ERR_SQL_FILE, ERR_SERVER_UNAVAILABLE: nothing was changed;
   * ERR_OUTCOME_UNKNOWN
   */
  run(run: Run, { operation, signal, deadlineAt }: ProviderCall): Promise<RunOutcome> {
    const { statementTimeoutMs, ...request } = run
    return this.#inTurn(signal, deadlineAt - performance.now(), async () => {
      const server = await this.#start()
      const leftMs = deadlineAt - performance.now()
      if (leftMs <= 0 || signal.aborted) throw this.#timedOut(statementTimeoutMs)
      const timeoutMs = Math.ceil(Math.min(leftMs, statementTimeoutMs))
      const id = ++this.#ids
      const end = await server.run({ ...request, id, timeoutMs }, signal)
      if (end.kind === 'outcome') return end.outcome
      if (end.isCommitting) {
        throw new CapabilityError(
          'ERR_OUTCOME_UNKNOWN',
          { server: this.name, operation, reason: end.reason },
          `${this.name}: ${end.reason} while the statement was committed; it may have been executed`,
        )
      }
      if (end.isKilled) throw this.#timedOut(statementTimeoutMs)
      if (end.signal === outOfMemorySignal) {
        const message = 'the statement needs too much memory'
        return { kind: 'refused', message, sqlState: '53200' }
      }
      this.#log.error('the process of a database ended', {
        database: this.name,
        reason: end.reason,
      })
      throw new CapabilityError(
        'ERR_SERVER_UNAVAILABLE',
        { server: this.name, reason: end.reason },
        `${this.name}: ${end.reason}; the statement was rolled back`,
      )
    })
  }

  /** Lets the statement that runs come to its end, and closes the database. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inTurn(undefined, Infinity, () => this.#stop())
  }

  #timedOut(timeoutMs: number): CapabilityError<'ERR_SQL_TIMEOUT'> {
    return new CapabilityError(
      'ERR_SQL_TIMEOUT',
      { database: this.name, timeoutMs },
      `${this.name}: the statement took too long, and was stopped and rolled back`,
    )
  }

  /** Waits until nobody else has the database, as long as the caller does. */
  async #inTurn<Result>(
    signal: AbortSignal | undefined,
    timeoutMs: number,
    act: () => Promise<Result>,
  ): Promise<Result> {
    const turn = Promise.withResolvers<boolean>()
    const take = (): void => turn.resolve(true)
    const giveUp = (): void => turn.resolve(false)
    this.#turns.push(take)
    if (this.#turns[0] === take) take()
    const timer = timeoutMs === Infinity ? undefined : setTimeout(giveUp, Math.max(0, timeoutMs))
    signal?.addEventListener('abort', giveUp, { once: true })
    clearTimeout(this.#idleTimer)
    try {
      if (!(await turn.promise)) throw this.#timedOut(timeoutMs)
      return await act()
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
      const isFirst = this.#turns[0] === take
      this.#turns.splice(this.#turns.indexOf(take), 1)
      if (isFirst) this.#turns[0]?.()
      if (this.#turns.length === 0) this.#idleLater()
    }
  }

  #idleLater(): void {
    this.#idleTimer = setTimeout(() => {
      this.#inTurn(undefined, Infinity, () => this.#stop()).catch((error: unknown) =>
        this.#log.warn('the process of a database does not end', { error: String(error) }),
      )
    }, this.#idleMs)
    this.#idleTimer.unref()
  }

  async #stop(): Promise<void> {
    await this.#server?.stop()
    this.#server = undefined
    clearTimeout(this.#idleTimer)
  }

  async #start(): Promise<Server> {
    if (this.#server?.isAlive) return this.#server
    const server = new Server(this.#options)
    const reason = await server.opened()
    if (reason !== undefined) {
      await server.stop()
      throw new CapabilityError(
        'ERR_SQL_FILE',
        { file: this.name, reason },
        `${this.name} cannot be opened as a database: ${reason}`,
      )
    }
    this.#server = server
    return server
  }
}

type Ended = {
  readonly kind: 'ended'
  readonly reason: string
  readonly isCommitting: boolean
  readonly isKilled: boolean
  readonly signal: NodeJS.Signals | null
}

/** A process that was started, until it ends. */
class Server {
  readonly #process: ChildProcess
  readonly #over: Promise<string>
  #isKilled = false
  isAlive = true
  #hear: (message: ProcessMessage) => void = () => undefined

  constructor(options: ProcessOptions) {
    // Nothing of the host's environment, which may hold secrets, and none of its options.
    this.#process = fork(script, [JSON.stringify(options)], {
      env: {},
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let said = ''
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-lastWords)
    })
    this.#process.on('message', (message: ProcessMessage) => this.#hear(message))
    const failed = Promise.withResolvers<string>()
    this.#process.on('error', ({ message }) => failed.resolve(message))
    // What it said last is heard before it is disconnected, which may be after its end.
    const ended = Promise.all([once(this.#process, 'exit'), gone(this.#process)]).then(
      () =>
        `its process ended with ${this.#process.signalCode ?? this.#process.exitCode ?? '?'}${said === '' ? '' : `: ${said}`}`,
    )
    this.#over = Promise.race([ended, failed.promise]).finally(() => {
      this.isAlive = false
    })
  }

  /** Why the database is not open; `undefined` if it is. */
  async opened(): Promise<string | undefined> {
    const timer = setTimeout(() => this.#kill(), startTimeoutMs)
    try {
      const heard = Promise.withResolvers<string | undefined>()
      this.#hear = (message) => {
        if (message.kind === 'open') heard.resolve(undefined)
        if (message.kind === 'unusable') heard.resolve(message.reason)
      }
      return await Promise.race([heard.promise, this.#over])
    } finally {
      clearTimeout(timer)
    }
  }

  /** The outcome of a statement, or the end of the process. */
  async run(
    request: RunRequest,
    signal: AbortSignal,
  ): Promise<Extract<ProcessMessage, { kind: 'outcome' }> | Ended> {
    const outcome = Promise.withResolvers<Extract<ProcessMessage, { kind: 'outcome' }>>()
    let isCommitting = false
    this.#hear = (message) => {
      if (message.kind === 'committing') isCommitting = true
      if (message.kind === 'outcome') outcome.resolve(message)
    }
    const kill = (): void => this.#kill()
    const timer = setTimeout(kill, request.timeoutMs)
    signal.addEventListener('abort', kill, { once: true })
    try {
      // What cannot be sent has nobody to send it to: the end of the process is on its way.
      this.#process.send(request, (error) => void (error && this.#process.kill('SIGKILL')))
      const ended = this.#over.then(
        (reason): Ended => ({
          kind: 'ended',
          reason,
          isCommitting,
          isKilled: this.#isKilled,
          signal: this.#process.signalCode,
        }),
      )
      return await Promise.race([outcome.promise, ended])
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', kill)
    }
  }

  /** Asks it to end, and makes it end. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#kill(), startTimeoutMs)
    if (this.#process.connected) this.#process.disconnect()
    await this.#over
    clearTimeout(timer)
  }

  #kill(): void {
    this.#isKilled = true
    this.#process.kill('SIGKILL')
  }
}

/** Resolves once nothing more can be heard. */
async function gone(process: ChildProcess): Promise<void> {
  if (process.connected) await once(process, 'disconnect')
}
