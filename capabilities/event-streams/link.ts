import type {
  EventStreamsToActor,
  EventStreamsToProvider,
  StreamEvents,
  StreamQuery,
  WriteEventRequest,
  WriteEventResponse,
} from '../../contracts/index.ts'
import type { LinkContext, ProviderCall, ProviderLink } from '../../host/index.ts'
import type { Handover, Intake } from '../intake/handover.ts'
import { Answer, checkEvent, checkStream } from './checks.ts'
import { EventConsumer, type EventSource } from './consumer.ts'
import type { EventStreamsConfig } from './link-values.ts'

type Now<T> = T | Promise<T>

/** What a provider of event streams stands on. Names and values were checked by the link. */
export interface EventStore {
  write(event: WriteEventRequest, call: ProviderCall): Now<WriteEventResponse>
  /** Finds the events of a query, oldest first, and puts them into the answer. */
  query(query: StreamQuery, answer: Answer, call: ProviderCall): Now<void>
  /** Opens what brings the events of the link's subscriptions; without any it is not called. */
  open(): Now<EventSource>
}

/**
 * A link to event streams.
 *
 * @param handover Of the provider, for links that take the place of earlier ones.
 */
export async function linkToStreams(
  context: LinkContext<unknown, EventStreamsToActor>,
  config: EventStreamsConfig,
  store: EventStore,
  handover: Handover,
): Promise<ProviderLink<EventStreamsToProvider> & Required<Pick<ProviderLink, 'closeIntake'>>> {
  const { actor, linkName, log, invoke, signal } = context
  const { timeoutMs } = config.delivery
  const intake: Intake = { paused: false }
  await using opened = new AsyncDisposableStack()
  if (config.subscriptions.length > 0) {
    const source = await store.open()
    const consumer = new EventConsumer({
      source,
      terms: config.delivery,
      log,
      isPaused: () => intake.paused,
      deliver: (event) =>
        invoke('DeliverEvent', event, { signal, ...(timeoutMs !== undefined && { timeoutMs }) }),
    })
    let leave: (() => void) | undefined
    opened.defer(() => {
      leave?.()
      return consumer.close()
    })
    signal.throwIfAborted()
    // Members of a queue group are given an event once, however many of them there are.
    if (config.queueGroup === undefined) leave = handover.take(actor, linkName, intake)
  }
  const owned = opened.move()
  let closed: Promise<void> | undefined
  return {
    operations: {
      WriteEvent: (event, call) => {
        checkEvent(event)
        return store.write(event, call)
      },
      QueryStream: (query, call) => {
        checkStream(query.stream)
        const answer = new Answer(config.maxAnswerEvents)
        const found = store.query(query, answer, call)
        const events = (): StreamEvents => ({ events: answer.events })
        return found instanceof Promise ? found.then(events) : events()
      },
    },
    closeIntake: () => {
      closed ??= owned.disposeAsync()
      return closed
    },
  }
}
