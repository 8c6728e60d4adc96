import { setTimeout as delay } from 'node:timers/promises'
import type { EventAnswer, StreamEvent } from '../../contracts/index.ts'
import { type EventReason, eventReason, type Logger } from '../../host/index.ts'
import { LineLimit } from '../line-limit.ts'
import { visibleText } from '../visible-text.ts'
import type { DeliveryTerms } from './link-values.ts'

/** An event on its way to an actor. */
export interface Delivery {
  readonly event: StreamEvent
  /** How often it was tried before, by whomever. */
  readonly attempts: number
  /** The actor has taken it, or never will: it does not come again. */
  done(): void | Promise<void>
  /** The link closed before the actor had taken it. */
  giveBack(): void
}

/** Where the events of a link's subscriptions come from. */
export interface EventSource extends AsyncDisposable {
  /**
   * Waits for events and gives at most so many. What it holds already it gives at once, also after the
   * signal; without, it gives none then.
   *
   * @throws anything: it is asked again a little later
   */
  read(most: number, signal: AbortSignal): Promise<readonly Delivery[]>
}

/** What an {@link EventConsumer} stands on. */
export interface EventConsumerOptions {
  readonly source: EventSource
  readonly terms: DeliveryTerms
  readonly log: Logger
  /** Leaves events to another link while true. */
  isPaused(): boolean
  deliver(event: StreamEvent): Promise<EventAnswer>
}

/** How long to wait before an event is tried again: doubled each time. */
const retryMs = 50
const mostRetryMs = 5000

/** How long to wait where a source fails, or leaves events to another. */
const pauseMs = 100

/** Lines about one link that pass: of events, and of a source that fails. */
const eventRate = { linesPerSecond: 1, burstLines: 10 }
const sourceRate = { linesPerSecond: 0.1, burstLines: 1 }

/** Reads events as the actor of one link takes them, never ahead of it, and gives each several tries. */
export class EventConsumer {
  readonly #options: EventConsumerOptions
  readonly #stop = new AbortController()
  readonly #eventLines = new LineLimit(eventRate, () => performance.now())
  readonly #sourceLines = new LineLimit(sourceRate, () => performance.now())
  #underWay = 0
  #ended: PromiseWithResolvers<void> | undefined
  readonly #run: Promise<void>

  constructor(options: EventConsumerOptions) {
    this.#options = options
    this.#run = this.#consume()
  }

  /** Reads no more, and resolves once what is under way has ended. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#run
    await this.#options.source[Symbol.asyncDispose]()
  }

  async #consume(): Promise<void> {
    const { source, terms, isPaused } = this.#options
    const { signal } = this.#stop
    for (;;) {
      if (this.#underWay >= terms.concurrency) {
        await this.#oneEnds()
        continue
      }
      if (isPaused() && !signal.aborted) {
        await wait(pauseMs, signal)
        continue
      }
      let deliveries: readonly Delivery[] = []
      try {
        deliveries = await source.read(terms.concurrency - this.#underWay, signal)
      } catch (error) {
        this.#tell(this.#sourceLines, 'events could not be read', { reason: eventReason(error) })
        await wait(pauseMs, signal)
      }
      if (deliveries.length === 0 && signal.aborted) break
      for (const delivery of deliveries) {
        this.#underWay++
        void this.#handle(delivery)
      }
    }
    while (this.#underWay > 0) await this.#oneEnds()
  }

  async #handle(delivery: Delivery): Promise<void> {
    try {
      if (await this.#attempt(delivery)) await delivery.done()
      else delivery.giveBack()
    } catch (error) {
      // It may come again: that is what "at least once" means.
      this.#tell(this.#eventLines, 'an event could not be acknowledged', {
        ...facts(delivery.event),
        reason: eventReason(error),
      })
    } finally {
      this.#underWay--
      this.#ended?.resolve()
    }
  }

  /** @returns false if the link closed before anything was decided. */
  async #attempt({ event, attempts }: Delivery): Promise<boolean> {
    const { deliver, terms } = this.#options
    const { signal } = this.#stop
    // One that was given to members which then were gone may well be why they are.
    if (attempts >= terms.maxAttempts) {
      this.#letGo(event, attempts, 'whoever was given it did not finish')
      return true
    }
    for (let attempt = attempts + 1; ; attempt++) {
      let reason: EventReason | string
      try {
        const { refusal } = await deliver(event)
        if (refusal === '') return true
        reason = visibleText(refusal, 1024)
      } catch (error) {
        reason = eventReason(error)
      }
      if (attempt >= terms.maxAttempts) {
        this.#letGo(event, attempt, reason)
        return true
      }
      this.#tell(this.#eventLines, 'the actor did not take an event; it is tried again', {
        ...facts(event),
        attempt,
        reason,
      })
      if (signal.aborted) return false
      await wait(Math.min(retryMs * 2 ** Math.min(attempt - 1, 10), mostRetryMs), signal)
      if (signal.aborted) return false
    }
  }

  #letGo(event: StreamEvent, attempts: number, reason: EventReason | string): void {
    const about = { ...facts(event), attempts, reason }
    this.#options.log.error('an event was let go: the actor did not take it', about)
  }

  async #oneEnds(): Promise<void> {
    this.#ended = Promise.withResolvers<void>()
    await this.#ended.promise
  }

  #tell(lines: LineLimit, message: string, about: Readonly<Record<string, unknown>>): void {
    if (!lines.admit()) return
    const suppressed = lines.takeSuppressed()
    this.#options.log.warn(message, { ...about, ...(suppressed > 0 && { suppressed }) })
  }
}

function facts({ stream, eventId }: StreamEvent): { stream: string; eventId: string } {
  return { stream: visibleText(stream, 128), eventId: visibleText(eventId, 64) }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {})
}
