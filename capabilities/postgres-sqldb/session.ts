import type { Client } from 'pg'
import { CapabilityError } from '../errors.ts'
import { type CancelKey, requestCancel } from './cancel.ts'
import { connectFailure, outcomeUnknown, timedOut, unavailable } from './failure.ts'
import { type Ending, RunningStatement, type Statement } from './running-statement.ts'
import { nameOf, type PostgresTarget } from './target.ts'
import type { TlsOptions } from './tls.ts'

/** What sessions of one pool have in common. */
export interface SessionOptions {
  readonly target: PostgresTarget
  readonly tls: TlsOptions
  readonly isReadOnly: boolean
  readonly statementTimeoutMs: number
}

/** How one statement is run. */
export interface RunTerms {
  /** `Execute` or `Query`. */
  readonly operation: string
  /** The statement's first word. */
  readonly keyword: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** What the database answered. */
export type Answer = Extract<Ending, { kind: 'done' | 'refused' }>

/** How long a connection may take. */
export const connectTimeoutMs = 10_000

/** How long a statement that is to end may take to do so, and a session to be as new. */
const graceMs = 2000

/** Statements that are rolled back whole. Others may commit on their way: CALL, VACUUM, CREATE DATABASE. */
const wholeWords: ReadonlySet<string> = new Set(
  'SELECT VALUES TABLE WITH INSERT UPDATE DELETE MERGE TRUNCATE SHOW EXPLAIN'.split(' '),
)

/** One connection to the server. */
export class Session {
  readonly #client: Client
  readonly #options: SessionOptions
  /** False once it is broken, or in a state that nobody knows. */
  isReusable = true

  private constructor(client: Client, options: SessionOptions, ended: (session: Session) => void) {
    this.#client = client
    this.#options = options
    client.on('error', () => {
      this.isReusable = false
    })
    client.on('end', () => {
      this.isReusable = false
      ended(this)
    })
  }

  /**
   * @param ended is called when the connection is over, by whomever
   * @throws CapabilityError `ERR_SERVER_UNAVAILABLE`, `ERR_SERVER_REFUSED`
   */
  static async open(options: SessionOptions, ended: (session: Session) => void): Promise<Session> {
    const { target, tls } = options
    const { host, port, user, password, database } = target
    // Hosts without a database need not wait for its client to load.
    const { Client } = await import('pg')
    const client = new Client({
      ...{ host, port, user, database },
      // A function, as `pg` looks for passwords in the environment and in files otherwise.
      password: () => password ?? '',
      ssl: tls,
      application_name: 'wash-ts',
      options: settings(options),
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: connectTimeoutMs,
    })
    const session = new Session(client, options, ended)
    try {
      await client.connect()
      return session
    } catch (error) {
      session.destroy()
      throw connectFailure(nameOf(target), error)
    }
  }

  /**
   * Runs one statement, and ends it when its time is up or its caller gives up.
   *
   * @throws CapabilityError `ERR_SQL_TIMEOUT`, `ERR_SQL_RESULT_LIMIT`, `ERR_SERVER_UNAVAILABLE`: nothing
   * was changed; `ERR_OUTCOME_UNKNOWN`
   */
  async run(statement: Statement, terms: RunTerms): Promise<Answer> {
    if (terms.signal.aborted) throw timedOut(nameOf(this.#options.target), terms.timeoutMs)
    const running = new RunningStatement(statement)
    const given = new AbortController()
    const stop = (): void => this.#stop(running, given.signal)
    const timer = setTimeout(stop, terms.timeoutMs)
    terms.signal.addEventListener('abort', stop, { once: true })
    try {
      this.#client.query(running)
      return this.#answer(await running.ended, statement, terms)
    } finally {
      given.abort()
      clearTimeout(timer)
      terms.signal.removeEventListener('abort', stop)
    }
  }

  /**
   * Makes the session as new: settings, temporary tables, locks, listening, whatever a statement left.
   *
   * @returns false if it must not be used again
   */
  async reset(): Promise<boolean> {
    if (!this.isReusable) return false
    const timer = setTimeout(() => this.destroy(), graceMs)
    try {
      await this.#client.query('DISCARD ALL')
      return this.isReusable && this.#client.getTransactionStatus() === 'I'
    } catch {
      return false // Whatever the server has against it, there are other sessions.
    } finally {
      clearTimeout(timer)
    }
  }

  /** Says goodbye, and ends the connection at the latest after a grace period. */
  async close(): Promise<void> {
    this.isReusable = false
    const timer = setTimeout(() => this.destroy(), graceMs)
    await this.#client.end().catch(() => undefined)
    clearTimeout(timer)
  }

  /** Ends the connection without a word. The server rolls back what it had not been told to commit. */
  destroy(): void {
    this.isReusable = false
    streamOf(this.#client).destroy()
  }

  /** Has a statement end: the server is asked to, and if that does not help the connection goes. */
  #stop(running: RunningStatement, over: AbortSignal): void {
    this.isReusable = false
    const timer = setTimeout(() => this.destroy(), graceMs)
    over.addEventListener('abort', () => clearTimeout(timer), { once: true })
    if (!running.cancel()) return
    const { target, tls } = this.#options
    const key = this.#client as unknown as CancelKey
    void requestCancel(target, tls, key, AbortSignal.any([over, AbortSignal.timeout(graceMs)]))
  }

  #answer(ending: Ending, limits: Statement, terms: RunTerms): Answer {
    const { target, isReadOnly } = this.#options
    const server = nameOf(target)
    const { operation, keyword, timeoutMs } = terms
    switch (ending.kind) {
      case 'done':
      case 'refused':
        return ending
      case 'limit': {
        const { limit } = ending
        const allowed = limit === 'MAX_ROWS' ? limits.maxRows : limits.maxResultBytes
        const message = `the result is larger than ${limit}, which is ${allowed}`
        throw new CapabilityError('ERR_SQL_RESULT_LIMIT', { limit, allowed }, message)
      }
      case 'cancelled':
        throw timedOut(server, timeoutMs)
      case 'broken': {
        const { reason, isCommitting, isCancelled } = ending
        const isKnown = isReadOnly || (!isCommitting && wholeWords.has(keyword))
        if (!isKnown) throw outcomeUnknown(server, operation, reason)
        if (isCancelled) throw timedOut(server, timeoutMs)
        throw unavailable(server, `${reason}; the statement was rolled back`)
      }
    }
  }
}

/**
 * What every session starts with, and is reset to: how values are written, and what ends a session whose
 * host is gone. `statement_timeout` comes after the host's own, which can tell what it did.
 */
function settings({ isReadOnly, statementTimeoutMs }: SessionOptions): string {
  const values = {
    bytea_output: 'hex',
    datestyle: 'ISO',
    intervalstyle: 'postgres',
    timezone: 'UTC',
    extra_float_digits: '1',
    standard_conforming_strings: 'on',
    idle_in_transaction_session_timeout: '60000',
    statement_timeout: String(statementTimeoutMs + 2 * graceMs),
    default_transaction_read_only: isReadOnly ? 'on' : 'off',
  }
  return Object.entries(values)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
}

function streamOf(client: Client): { destroy(): void } {
  return (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } })
    .connection.stream
}
