import type { Contract, ContractDialect } from '../contracts/index.ts'
import type { Actor } from './actor.ts'
import { HostError } from './errors.ts'
import type { LinkFacts } from './events.ts'
import type { CapabilityProvider, InvokeOptions, LinkContent, ProviderLink } from './provider.ts'

/**
 * A link definition made live. It outlives what serves it: replacing a provider turns `serving` over
 * in one step, while calls in flight end where they began.
 */
export class Link {
  readonly actor: Actor
  readonly contract: Contract
  readonly linkName: string
  /** Hears of every call before the provider does, while a copy is made of what is kept. */
  watch: ((operation: string, request: unknown) => void) | undefined
  #values: Readonly<Record<string, string>>
  #serving: Serving
  #held: PromiseWithResolvers<void> | undefined

  constructor(
    actor: Actor,
    contract: Contract,
    linkName: string,
    values: Readonly<Record<string, string>>,
    serving: Serving,
  ) {
    this.actor = actor
    this.contract = contract
    this.linkName = linkName
    this.#values = values
    this.#serving = serving
  }

  get serving(): Serving {
    return this.#serving
  }

  get values(): Readonly<Record<string, string>> {
    return this.#values
  }

  /** Set while calls have to wait: they may go on once it resolves. */
  get held(): Promise<void> | undefined {
    return this.#held?.promise
  }

  /** Has calls wait from now on. */
  hold(): void {
    this.#held ??= Promise.withResolvers<void>()
  }

  release(): void {
    this.#held?.resolve()
    this.#held = undefined
  }

  /** @returns what served until now, for the caller to close. */
  turnOver(next: Serving, values: Readonly<Record<string, string>> = this.#values): Serving {
    const previous = this.#serving
    this.#serving = next
    this.#values = values
    return previous
  }

  get facts(): LinkFacts {
    return {
      actor: this.actor.id,
      contractId: this.contract.ids[0] ?? this.contract.name,
      linkName: this.linkName,
      provider: this.#serving.provider.name,
    }
  }
}

/** How long a provider may take to close a link, and before that its intake, in milliseconds. */
const closeTimeoutMs = 60_000

/** What serves a link at the moment: one provider's answer to one link definition. */
export class Serving implements AsyncDisposable {
  readonly provider: CapabilityProvider
  readonly #link: ProviderLink
  readonly #abort: AbortController
  #calls = new CallsInFlight()
  /** The calls of before {@link settled} was last asked. */
  #earlier: Promise<unknown> = Promise.resolve()
  #intakeClosed: Promise<void> | undefined
  #closed: Promise<void> | undefined

  constructor(provider: CapabilityProvider, link: ProviderLink, abort: AbortController) {
    this.provider = provider
    this.#link = link
    this.#abort = abort
  }

  get operations(): ProviderLink['operations'] {
    return this.#link.operations
  }

  get content(): LinkContent | undefined {
    return this.#link.content
  }

  get info(): Readonly<Record<string, string>> {
    return this.#link.info ?? {}
  }

  /** Whether something may come in through it while its operations go on. */
  get hasIntake(): boolean {
    return this.#link.closeIntake !== undefined
  }

  /** Has the provider take no more in from outside, and end what it handed to the actor. */
  closeIntake(): Promise<void> {
    this.#intakeClosed ??= this.#inTime(async () => this.#link.closeIntake?.())
    return this.#intakeClosed
  }

  /**
   * Keeps the link open until the call that begins now is told to have ended, or nobody waits for it
   * any more.
   *
   * @param deadlineAt When the caller stops waiting, on the clock of `performance.now()`.
   */
  begin(deadlineAt: number): CallsInFlight {
    this.#calls.begin(deadlineAt)
    return this.#calls
  }

  /** Resolves once the calls that are under way now have ended, or nobody waits for them any more. */
  async settled(): Promise<void> {
    const calls = this.#calls
    this.#calls = new CallsInFlight()
    this.#earlier = Promise.all([this.#earlier, calls.ended()])
    await this.#earlier
  }

  /** Waits for the operations under way, then has the provider drain and close. Twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await this.settled()
    try {
      await this.#inTime(async () => this.#link[Symbol.asyncDispose]?.())
    } finally {
      this.#abort.abort()
    }
  }

  /** Waits for the provider as long as it may take; after that it is told that nobody does any more. */
  async #inTime(end: () => Promise<void>): Promise<void> {
    const deadline = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      this.#abort.abort()
      deadline.reject(new Error(`not closed after ${closeTimeoutMs} ms`))
    }, closeTimeoutMs)
    try {
      await Promise.race([end(), deadline.promise])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Calls that began in one stretch of time. */
export class CallsInFlight {
  #count = 0
  #latestDeadline = 0
  #idle: PromiseWithResolvers<void> | undefined

  begin(deadlineAt: number): void {
    this.#count++
    if (deadlineAt > this.#latestDeadline) this.#latestDeadline = deadlineAt
  }

  /** One of them has ended. */
  end(): void {
    if (--this.#count === 0) this.#idle?.resolve()
  }

  /** Resolves once there are none, or the last deadline has passed. No more may begin. */
  async ended(): Promise<void> {
    if (this.#count === 0) return
    this.#idle = Promise.withResolvers<void>()
    const abandoned = setTimeout(
      this.#idle.resolve,
      Math.max(0, this.#latestDeadline - performance.now()),
    )
    await this.#idle.promise
    clearTimeout(abandoned)
  }
}

/** How a provider calls the actor of its link: remembers the codecs of the actor's present dialect. */
export class LinkInvoker {
  readonly #actor: Actor
  readonly #contract: Contract
  readonly #maxCallDepth: number
  #codecs: ContractDialect | undefined
  #codecsFor: unknown

  constructor(actor: Actor, contract: Contract, maxCallDepth: number) {
    this.#actor = actor
    this.#contract = contract
    this.#maxCallDepth = maxCallDepth
  }

  invoke(operation: string, request: unknown, options?: InvokeOptions): Promise<unknown> {
    const limit = this.#maxCallDepth
    if (options?.within && options.within.depth >= limit) {
      const message = `${this.#actor.name} may not be called back: ${limit} calls deep already`
      return Promise.reject(
        new HostError('ERR_CALL_DEPTH', { actor: this.#actor.id, limit }, message),
      )
    }
    const module = this.#actor.module
    if (this.#codecsFor !== module) {
      this.#codecs = this.#contract.dialect(module.dialect)
      this.#codecsFor = module
    }
    return this.#actor.invoke(this.#contract, this.#codecs, operation, request, options)
  }
}
