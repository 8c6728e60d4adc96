import type { BrokerMessage, MessagingToActor, MessagingToProvider } from '../../contracts/index.ts'
import type { LinkContext, ProviderCall, ProviderLink } from '../../host/index.ts'
import { Deliveries } from './deliveries.ts'
import type { Handover, Intake } from '../intake/handover.ts'
import type { MessagingConfig } from './link-values.ts'
import { SendRights } from './send-rights.ts'
import { shownSubject } from './subject.ts'

/** A message, and the trace it belongs to. */
export interface TracedMessage extends BrokerMessage {
  readonly traceparent?: string | undefined
}

/** What a messaging provider stands on. Subjects were checked by the link. */
export interface Broker {
  /** Resolves once a message may be taken for sent. */
  publish(message: BrokerMessage, call: ProviderCall): void | Promise<void>
  /** @param timeoutMs For the answer, within what the caller has left. */
  request(
    message: Omit<BrokerMessage, 'replyTo'>,
    timeoutMs: number,
    call: ProviderCall,
  ): Promise<BrokerMessage>
  /**
   * Resolves once messages come. Bodies are the receiver's.
   *
   * @returns a function that ends it, and resolves when no more come.
   */
  subscribe(
    pattern: string,
    queueGroup: string | undefined,
    receive: (message: TracedMessage) => void,
  ): Promise<() => Promise<void>>
}

/** The longest that a timer waits. */
const maxTimerMs = 2 ** 31 - 1

/**
 * A link to a broker: what the actor sends is checked against the link's rights, and what comes in is
 * handed to it in its turn.
 *
 * @param handover Of the provider, for links that take the place of earlier ones.
 */
export async function linkToBroker(
  context: LinkContext<unknown, MessagingToActor>,
  config: MessagingConfig,
  broker: Broker,
  handover: Handover,
): Promise<ProviderLink<MessagingToProvider> & Required<Pick<ProviderLink, 'closeIntake'>>> {
  const { actor, linkName, log, invoke, signal } = context
  const rights = new SendRights(config.mayPublish)
  const { timeoutMs } = config.deliveries
  const deliveries = new Deliveries<TracedMessage>({
    limits: config.deliveries,
    log,
    sizeOf: ({ subject, replyTo, body }) => subject.length + replyTo.length + body.length,
    describe: ({ subject }) => shownSubject(subject),
    deliver: ({ subject, replyTo, body, traceparent }) => {
      rights.received(replyTo)
      return invoke(
        'DeliverMessage',
        { subject, replyTo, body },
        {
          signal,
          ...(timeoutMs !== undefined && { timeoutMs }),
          ...(traceparent !== undefined && { traceparent }),
        },
      )
    },
  })
  const intake: Intake = { paused: false }
  const receive = (message: TracedMessage): void => {
    if (!intake.paused) deliveries.offer(message)
  }
  await using opened = new AsyncDisposableStack()
  opened.defer(() => deliveries.close())
  const settled = await Promise.allSettled(
    config.subscriptions.map((pattern) => broker.subscribe(pattern, config.queueGroup, receive)),
  )
  const ends = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  let leave: (() => void) | undefined
  opened.defer(async () => {
    leave?.()
    await Promise.all(ends.map((end) => end()))
  })
  const failed = settled.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
  signal.throwIfAborted()
  // Members of a queue group get a message once, however many of them there are.
  if (ends.length > 0 && config.queueGroup === undefined) {
    leave = handover.take(actor, linkName, intake)
  }
  const owned = opened.move()
  let closed: Promise<void> | undefined
  return {
    operations: {
      Publish: ({ subject, replyTo, body }, call) => {
        rights.checkSend(subject)
        rights.checkReplyTo(replyTo)
        return broker.publish({ subject, replyTo, body }, call)
      },
      Request: ({ subject, body, timeoutMs: asked }, call) => {
        rights.checkSend(subject)
        const left = Math.max(0, call.deadlineAt - performance.now())
        const within = Math.min(asked > 0 ? asked : Infinity, left, maxTimerMs)
        return broker.request({ subject, body }, within, call)
      },
    },
    closeIntake: () => {
      closed ??= owned.disposeAsync()
      return closed
    },
  }
}
