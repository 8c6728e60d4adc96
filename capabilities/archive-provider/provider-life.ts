import { setTimeout as sleep } from 'node:timers/promises'
import { CapabilityError } from '../errors.ts'
import type { RunSettings } from './options.ts'
import type { ProviderRun } from './provider-run.ts'

/** What a {@link ProviderLife} stands on. */
export interface ProviderLifeOptions {
  /** What the provider is called in errors. */
  readonly name: string
  readonly settings: RunSettings
  start(signal: AbortSignal): Promise<ProviderRun>
  /** Brings a new run to where the last one was. */
  restore(run: ProviderRun): Promise<void>
  /** @param restartInMs `undefined` if it is not started again. */
  onEnded(reason: string, ends: number, restartInMs: number | undefined): void
}

/**
 * Keeps a provider's process running: starts it again when it ends, after a while that grows from one
 * end to the next, and not for ever.
 */
export class ProviderLife {
  readonly #options: ProviderLifeOptions
  readonly #abort = new AbortController()
  readonly #done: Promise<void>
  #run: ProviderRun | undefined
  #next = expected()
  /** When the next run is started, on the clock of `performance.now()`. */
  #startsAt = 0
  #reason = 'it is being started'
  #over = false

  constructor(options: ProviderLifeOptions) {
    this.#options = options
    this.#done = this.#live()
  }

  /** The run that serves; `undefined` while there is none. */
  get run(): ProviderRun | undefined {
    return this.#run
  }

  /** True once it is not started again. */
  get over(): boolean {
    return this.#over
  }

  /**
   * The run that serves, or the next one if that comes in time.
   *
   * @throws CapabilityError `ERR_SERVER_UNAVAILABLE`, at once if it cannot come in time
   */
  async running(deadlineAt: number, signal: AbortSignal | undefined): Promise<ProviderRun> {
    if (this.#run) return this.#run
    if (this.#over || this.#startsAt >= deadlineAt || signal?.aborted === true)
      throw this.unavailable(this.#reason)
    const late = Promise.withResolvers<never>()
    const giveUp = (): void => late.reject(this.unavailable(this.#reason))
    const waitMs = deadlineAt - performance.now()
    const timer = waitMs < 2 ** 31 ? setTimeout(giveUp, waitMs) : undefined
    signal?.addEventListener('abort', giveUp, { once: true })
    try {
      return await Promise.race([this.#next.promise, late.promise])
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
    }
  }

  /** Ends the process, and waits until it is gone. Twice is fine. */
  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#run?.stop()
    await this.#done
  }

  /** An `ERR_SERVER_UNAVAILABLE`: nothing was executed. */
  unavailable(reason: string): CapabilityError<'ERR_SERVER_UNAVAILABLE'> {
    const { name } = this.#options
    return new CapabilityError(
      'ERR_SERVER_UNAVAILABLE',
      { server: name, reason },
      `the process of provider ${name} is not running: ${reason}`,
    )
  }

  async #live(): Promise<void> {
    const { restartDelaysMs, maxRestarts, stableAfterMs } = this.#options.settings
    let everServed = false
    let ends = 0
    while (!this.#abort.signal.aborted) {
      const startedAt = performance.now()
      const { reason, served } = await this.#serve()
      everServed ||= served
      ends = performance.now() - startedAt > stableAfterMs ? 1 : ends + 1
      if (this.#abort.signal.aborted) break
      this.#reason = reason
      const mayRestart = everServed && ends <= maxRestarts
      const longestMs = restartDelaysMs[Math.min(ends, restartDelaysMs.length) - 1] ?? 0
      const delayMs = Math.round(longestMs * (1 - Math.random() / 2))
      this.#startsAt = performance.now() + delayMs
      this.#over = !mayRestart
      if (!served) this.#next.reject(this.unavailable(reason))
      this.#next = expected()
      this.#options.onEnded(reason, ends, mayRestart ? delayMs : undefined)
      if (!mayRestart) break
      // Only stopping ends the wait early, and the loop asks for that.
      await sleep(delayMs, undefined, { signal: this.#abort.signal }).catch(() => {})
    }
    this.#over = true
    this.#next.reject(this.unavailable(this.#reason))
  }

  /** One run, from its start to its end. */
  async #serve(): Promise<{ reason: string; served: boolean }> {
    const { start, restore, settings } = this.#options
    let run: ProviderRun | undefined
    let checks: NodeJS.Timeout | undefined
    try {
      run = await start(this.#abort.signal)
      await restore(run)
      this.#run = run
      this.#next.resolve(run)
      checks = setInterval(() => void this.#run?.checkHealth(), settings.healthIntervalMs)
      checks.unref()
      if (this.#abort.signal.aborted) await run.stop()
      return { reason: await run.ended, served: true }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      run?.kill(reason)
      await run?.ended
      return { reason, served: false }
    } finally {
      clearInterval(checks)
      this.#run = undefined
    }
  }
}

/** A run to come. That it does not come need not interest anybody. */
function expected(): PromiseWithResolvers<ProviderRun> {
  const next = Promise.withResolvers<ProviderRun>()
  next.promise.catch(() => {})
  return next
}
