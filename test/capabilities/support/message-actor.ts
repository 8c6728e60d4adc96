import type { BrokerMessage, MessagingToProvider } from '../../../contracts/index.ts'
import type { LinkContext } from '../../../host/index.ts'
import type { LinkedProvider, LinkFacts } from './linked-provider.ts'

/** An actor that takes messages, as a provider's test sees it. */
export class MessageActor {
  readonly messages: BrokerMessage[] = []
  /** What it does with a message, once it is let. */
  handle: (message: BrokerMessage) => Promise<void> = async () => {}
  underWay = 0
  mostUnderWay = 0
  #held: PromiseWithResolvers<void> | undefined
  readonly #waiting = new Set<() => void>()

  /** @param options.isHeld Keeps every message until {@link release}. */
  constructor({ isHeld = false }: { readonly isHeld?: boolean } = {}) {
    if (isHeld) this.#held = Promise.withResolvers<void>()
  }

  /** For `LinkContext`. */
  get invoke(): LinkContext<unknown>['invoke'] {
    return async (_operation, request: BrokerMessage) => {
      this.messages.push(request)
      this.underWay++
      this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay)
      for (const check of this.#waiting) check()
      try {
        await this.#held?.promise
        await this.handle(request)
      } finally {
        this.underWay--
      }
      return undefined
    }
  }

  /** Bodies, in the order in which they came. */
  get texts(): string[] {
    return this.messages.map(({ body }) => new TextDecoder().decode(body))
  }

  /** A link of actor `MA` that subscribes. */
  link(
    subject: { link(facts: LinkFacts): Promise<LinkedProvider<MessagingToProvider>> },
    subscription: string,
  ): Promise<LinkedProvider<MessagingToProvider>> {
    return subject.link({ values: { SUBSCRIPTION: subscription }, invoke: this.invoke })
  }

  /** Lets what is held go on, and what comes after it. */
  release(): void {
    this.#held?.resolve()
    this.#held = undefined
  }

  /** Resolves once so many messages have come. */
  async received(count: number): Promise<readonly BrokerMessage[]> {
    await MessageActor.anyOf([this], () => this.messages.length >= count)
    return this.messages
  }

  /** Resolves once a message has come that `matches`. */
  async receives(matches: (message: BrokerMessage) => boolean): Promise<void> {
    await MessageActor.anyOf([this], () => this.messages.some(matches))
  }

  /** Resolves once `isDone`, which is asked whenever one of the actors gets a message. */
  static async anyOf(actors: readonly MessageActor[], isDone: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (!isDone()) return
        for (const actor of actors) actor.#waiting.delete(check)
        resolve()
      }
      for (const actor of actors) actor.#waiting.add(check)
      check()
    })
  }
}
