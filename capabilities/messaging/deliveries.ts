import { eventReason, type Logger } from '../../host/index.ts'
import { LineLimit } from '../line-limit.ts'

/** How messages reach the actor of one link. Made from link values, which are named in capitals. */
export interface DeliveryLimits {
  /** `CONCURRENCY`: messages that the actor handles at one time; 1 keeps their order. */
  readonly concurrency: number
  /** `MAX_PENDING`: messages that wait for the actor. Further ones are dropped and counted. */
  readonly maxPending: number
  /** `MAX_PENDING_BYTES`: what those that wait may come to. */
  readonly maxPendingBytes: number
  /** `TIMEOUT_MS` for one message. Default: the actor's own limit, which also bounds it. */
  readonly timeoutMs: number | undefined
}

/** What a {@link Deliveries} stands on. */
export interface DeliveriesOptions<Message> {
  readonly limits: DeliveryLimits
  readonly log: Logger
  sizeOf(message: Message): number
  /** What log lines say of a message. */
  describe(message: Message): string
  /** A rejection is logged. */
  deliver(message: Message): Promise<unknown>
}

/** How long messages that wait may still be delivered once a link takes no more, in milliseconds. */
const drainMs = 10_000

/** Deliveries begun in a row before others get their turn: two actors could answer each other for ever. */
const startsInARow = 32

/** Lines about one link that pass: an actor that fails or lags must not fill the log. */
const failureRate = { linesPerSecond: 1, burstLines: 10 }
const dropRate = { linesPerSecond: 0.2, burstLines: 1 }

/**
 * Messages on their way to one actor: a few at a time, others wait, and what finds no room is dropped
 * and counted, as NATS drops what a slow consumer leaves. An actor that fails has had its message: a
 * broker knows no second delivery.
 */
export class Deliveries<Message> {
  readonly #options: DeliveriesOptions<Message>
  readonly #waiting: Message[] = []
  readonly #failures = new LineLimit(failureRate, () => performance.now())
  readonly #drops = new LineLimit(dropRate, () => performance.now())
  #waitingBytes = 0
  #underWay = 0
  #startsLeft = startsInARow
  #isScheduled = false
  #dropped = 0
  #droppedTold = 0
  #closed: PromiseWithResolvers<void> | undefined

  constructor(options: DeliveriesOptions<Message>) {
    this.#options = options
  }

  /** Takes a message, and delivers it later. Without room, or once closing, it is gone. */
  offer(message: Message): void {
    if (this.#closed) return
    const { limits, sizeOf } = this.#options
    const size = sizeOf(message)
    const isFull =
      this.#waiting.length >= limits.maxPending ||
      this.#waitingBytes + size > limits.maxPendingBytes
    if (isFull) {
      this.#dropped++
      this.#tellDropped()
      return
    }
    this.#waiting.push(message)
    this.#waitingBytes += size
    this.#schedule()
  }

  /**
   * Takes no more messages, and resolves when those that it has were handled. What still waits after
   * ten seconds is dropped; what is under way then ends with its own deadline.
   */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = Promise.withResolvers<void>()
      const timer = setTimeout(() => this.#dropWaiting(), drainMs)
      void this.#closed.promise.then(() => clearTimeout(timer))
      this.#settle()
    }
    await this.#closed.promise
    this.#tellDropped(true)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#startsLeft = startsInARow
      this.#start()
    })
  }

  #start(): void {
    const { concurrency } = this.#options.limits
    while (this.#underWay < concurrency && this.#waiting.length > 0) {
      if (this.#startsLeft-- <= 0) {
        this.#schedule()
        return
      }
      const message = this.#waiting.shift() as Message
      this.#waitingBytes -= this.#options.sizeOf(message)
      this.#underWay++
      void this.#deliver(message)
    }
  }

  async #deliver(message: Message): Promise<void> {
    const { log, describe, deliver } = this.#options
    try {
      await deliver(message)
    } catch (error) {
      if (this.#failures.admit()) {
        const suppressed = this.#failures.takeSuppressed()
        log.warn('the actor did not handle a message', {
          message: describe(message),
          reason: eventReason(error),
          ...(suppressed > 0 && { suppressed }),
        })
      }
    }
    this.#underWay--
    this.#start()
    this.#settle()
  }

  #settle(): void {
    if (this.#underWay === 0 && this.#waiting.length === 0) this.#closed?.resolve()
  }

  #dropWaiting(): void {
    this.#dropped += this.#waiting.length
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.#settle()
  }

  #tellDropped(isLast = false): void {
    if (this.#dropped === this.#droppedTold || !(isLast || this.#drops.admit())) return
    this.#droppedTold = this.#dropped
    const { maxPending, maxPendingBytes } = this.#options.limits
    this.#options.log.warn('messages dropped: the actor is slower than they come', {
      dropped: this.#dropped,
      maxPending,
      maxPendingBytes,
    })
  }
}
