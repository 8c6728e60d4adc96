import type { Contract, ContractDialect } from '../contracts/index.ts'
import type { Actor } from './actor.ts'
import type { LinkFacts } from './events.ts'
import type { CapabilityProvider, InvokeOptions, ProviderLink } from './provider.ts'

/**
 * A link definition made live. It outlives what serves it: replacing a provider turns `serving` over
 * in one step, while calls in flight end where they began.
 */
export class Link {
  readonly actor: Actor
  readonly contract: Contract
  readonly linkName: string
  readonly values: Readonly<Record<string, string>>
  #serving: Serving

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
    this.values = values
    this.#serving = serving
  }

  get serving(): Serving {
    return this.#serving
  }

  /** @returns what served until now, for the caller to close. */
  turnOver(next: Serving): Serving {
    const previous = this.#serving
    this.#serving = next
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

/** What serves a link at the moment: one provider's answer to one link definition. */
export class Serving implements AsyncDisposable {
  readonly provider: CapabilityProvider
  readonly #link: ProviderLink
  readonly #abort: AbortController
  #inFlight = 0
  #latestDeadline = 0
  #idle: PromiseWithResolvers<void> | undefined
  #closed: Promise<void> | undefined

  constructor(provider: CapabilityProvider, link: ProviderLink, abort: AbortController) {
    this.provider = provider
    this.#link = link
    this.#abort = abort
  }

  get operations(): ProviderLink['operations'] {
    return this.#link.operations
  }

  get info(): Readonly<Record<string, string>> {
    return this.#link.info ?? {}
  }

  /**
   * Keeps the link open until `pending` has settled, or nobody waits for it any more.
   *
   * @param deadlineAt When the caller stops waiting, on the clock of `performance.now()`.
   */
  async during<T>(pending: Promise<T>, deadlineAt: number): Promise<T> {
    this.#inFlight++
    if (deadlineAt > this.#latestDeadline) this.#latestDeadline = deadlineAt
    try {
      return await pending
    } finally {
      if (--this.#inFlight === 0) this.#idle?.resolve()
    }
  }

  /** Waits for the operations under way, then has the provider drain and close. Twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    if (this.#inFlight > 0) {
      this.#idle = Promise.withResolvers<void>()
      const abandoned = setTimeout(
        this.#idle.resolve,
        Math.max(0, this.#latestDeadline - performance.now()),
      )
      await this.#idle.promise
      clearTimeout(abandoned)
    }
    await this.#link[Symbol.asyncDispose]?.()
    this.#abort.abort()
  }
}

/** How a provider calls the actor of its link: remembers the codecs of the actor's present dialect. */
export class LinkInvoker {
  readonly #actor: Actor
  readonly #contract: Contract
  #codecs: ContractDialect | undefined
  #codecsFor: unknown

  constructor(actor: Actor, contract: Contract) {
    this.#actor = actor
    this.#contract = contract
  }

  invoke(operation: string, request: unknown, options?: InvokeOptions): Promise<unknown> {
    const module = this.#actor.module
    if (this.#codecsFor !== module) {
      this.#codecs = this.#contract.dialect(module.dialect)
      this.#codecsFor = module
    }
    return this.#actor.invoke(this.#contract, this.#codecs, operation, request, options)
  }
}
