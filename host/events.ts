import { randomUUID } from 'node:crypto'

/**
 * What happens on a host, by the names that wasmCloud's OTP host gave its events; those that it had
 * no name for follow the same pattern.
 */
export type HostEvent =
  | { readonly type: 'host_started'; readonly labels: Readonly<Record<string, string>> }
  | { readonly type: 'host_stopped' }
  | ({ readonly type: 'actor_started' } & ActorFacts)
  | { readonly type: 'actor_start_failed'; readonly module: string; readonly reason: EventReason }
  | ({ readonly type: 'actor_stopped' } & ActorFacts)
  | ({ readonly type: 'actor_updated'; readonly oldRevision: number } & ActorFacts)
  | {
      readonly type: 'actor_update_failed'
      readonly actor: string
      readonly reason: EventReason
    }
  | {
      readonly type: 'health_check_passed' | 'health_check_failed'
      readonly actor: string
      readonly message: string
    }
  | { readonly type: 'actor_expired'; readonly actor: string; readonly expiredAt: Date }
  | {
      readonly type: 'provider_started' | 'provider_stopped'
      readonly provider: string
      readonly contractId: string
    }
  | ({
      readonly type: 'linkdef_set' | 'linkdef_deleted' | 'link_started' | 'link_stopped'
    } & LinkFacts)
  | ({ readonly type: 'link_swapped'; readonly oldProvider: string } & LinkFacts)
  | ({ readonly type: 'link_failed'; readonly reason: EventReason } & LinkFacts)
  | {
      readonly type: 'capability_denied'
      readonly actor: string
      readonly contractId: string
      readonly operation: string
      readonly reason: EventReason
    }

/** The actor that an event is about. */
export interface ActorFacts {
  readonly actor: string
  readonly name: string
  readonly revision: number
}

/** The link that an event is about. */
export interface LinkFacts {
  readonly actor: string
  readonly contractId: string
  readonly linkName: string
  readonly provider: string
}

/** Why something failed. */
export interface EventReason {
  readonly code: string
  readonly message: string
}

/** Hears every event of a host, in order, when it happens. What it throws is logged and dropped. */
export type HostEventListener = (event: HostEvent) => void

/** @returns the `code` and message of anything that was thrown. */
export function eventReason(error: unknown): EventReason {
  const code = (error as { code?: unknown } | null)?.code
  return {
    code: typeof code === 'string' ? code : 'ERR_INTERNAL',
    message: error instanceof Error ? error.message : String(error),
  }
}

/** A CloudEvents 1.0 envelope in its JSON form. */
export interface CloudEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: Readonly<Record<string, unknown>>
}

/**
 * Puts an event into the envelope that wasmCloud's OTP hosts publish on `wasmbus.evt.<lattice>`.
 *
 * @param source The host's public key, `N…`.
 * @param time When it happened.
 */
export function toCloudEvent(event: HostEvent, source: string, time: Date): CloudEvent {
  const { type, ...data } = event
  return cloudEvent(type, data, source, time)
}

/** The same for an event by name, such as `host_heartbeat`. */
export function cloudEvent(
  name: string,
  data: CloudEvent['data'],
  source: string,
  time: Date,
): CloudEvent {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source,
    type: `com.wasmcloud.lattice.${name}`,
    time: time.toISOString(),
    datacontenttype: 'application/json',
    data,
  }
}
