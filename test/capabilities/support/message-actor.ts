import type { BrokerMessage, MessagingToProvider } from '../../../contracts/index.ts'
import type { LinkedProvider, LinkFacts } from './linked-provider.ts'
import { RecordingActor } from './recording-actor.ts'

/** An actor that takes messages, as a provider's test sees it. */
export class MessageActor extends RecordingActor<BrokerMessage, void> {
  /** @param options.isHeld Keeps every message until it is released. */
  constructor({ isHeld = false }: { readonly isHeld?: boolean } = {}) {
    super(async () => {}, isHeld)
  }

  get messages(): readonly BrokerMessage[] {
    return this.requests
  }

  /** Bodies, in the order in which they came. */
  get texts(): string[] {
    return this.requests.map(({ body }) => new TextDecoder().decode(body))
  }

  /** A link of actor `MA` that subscribes. */
  link(
    subject: { link(facts: LinkFacts): Promise<LinkedProvider<MessagingToProvider>> },
    subscription: string,
  ): Promise<LinkedProvider<MessagingToProvider>> {
    return subject.link({ values: { SUBSCRIPTION: subscription }, invoke: this.invoke })
  }
}
