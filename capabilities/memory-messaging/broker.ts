import { randomUUID } from 'node:crypto'
import type { BrokerMessage } from '../../contracts/index.ts'
import type { ProviderCall } from '../../host/index.ts'
import { checkSize, noResponders, replyTimeout } from '../messaging/broker-errors.ts'
import type { Broker, TracedMessage } from '../messaging/link.ts'
import { Subscriptions } from '../messaging/subscriptions.ts'

/** As NATS has it where nobody says otherwise, so that what passes here passes there. */
const maxBodyBytes = 1024 * 1024

interface Subscriber {
  readonly queueGroup: string | undefined
  receive(message: TracedMessage): void
}

/** A broker among the actors of one host. It keeps nothing: a message without a subscriber is gone. */
export class MemoryBroker implements Broker {
  readonly #subscribers = new Subscriptions<Subscriber>()
  /** Whose turn it is, by queue group. */
  readonly #turns = new Map<string, { members: number; next: number }>()
  /** Requests that wait for their answer, by the subject it goes to. */
  readonly #requests = new Map<string, (answer: BrokerMessage) => void>()

  publish(message: BrokerMessage, { traceparent }: ProviderCall): void {
    checkSize(message.body, maxBodyBytes)
    this.#send({ ...message, traceparent })
  }

  async request(
    { subject, body }: Omit<BrokerMessage, 'replyTo'>,
    timeoutMs: number,
    { signal, traceparent }: ProviderCall,
  ): Promise<BrokerMessage> {
    checkSize(body, maxBodyBytes)
    signal.throwIfAborted()
    const replyTo = `_INBOX.${randomUUID()}`
    const answer = Promise.withResolvers<BrokerMessage>()
    const onAbort = (): void => answer.reject(signal.reason as Error)
    const timer = setTimeout(() => answer.reject(replyTimeout(subject, timeoutMs)), timeoutMs)
    signal.addEventListener('abort', onAbort, { once: true })
    this.#requests.set(replyTo, answer.resolve)
    try {
      if (this.#send({ subject, replyTo, body, traceparent }) === 0) throw noResponders(subject)
      return await answer.promise
    } finally {
      this.#requests.delete(replyTo)
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  }

  async subscribe(
    pattern: string,
    queueGroup: string | undefined,
    receive: (message: TracedMessage) => void,
  ): Promise<() => Promise<void>> {
    const remove = this.#subscribers.add(pattern, { queueGroup, receive })
    if (queueGroup !== undefined) {
      const turn = this.#turns.get(queueGroup) ?? { members: 0, next: 0 }
      this.#turns.set(queueGroup, turn)
      turn.members++
    }
    return async () => {
      remove()
      const turn = queueGroup !== undefined && this.#turns.get(queueGroup)
      if (turn && --turn.members === 0) this.#turns.delete(queueGroup)
    }
  }

  /** @returns how many were given the message. */
  #send(message: TracedMessage): number {
    const waiting = this.#requests.get(message.subject)
    const groups = new Map<string, Subscriber[]>()
    const receivers: Subscriber[] = []
    for (const subscriber of this.#subscribers.match(message.subject)) {
      const { queueGroup } = subscriber
      if (queueGroup === undefined) receivers.push(subscriber)
      else {
        const members = groups.get(queueGroup)
        if (members) members.push(subscriber)
        else groups.set(queueGroup, [subscriber])
      }
    }
    for (const [name, members] of groups) {
      const turn = this.#turns.get(name)
      const next = turn ? turn.next++ : 0
      receivers.push(members[next % members.length] as Subscriber)
    }
    if (receivers.length === 0 && !waiting) return 0
    // The sender's memory may hold more than this message, and messages may wait for long.
    const copy = { ...message, body: new Uint8Array(message.body) }
    for (const { receive } of receivers) receive(copy)
    waiting?.(copy)
    return receivers.length + (waiting ? 1 : 0)
  }
}
