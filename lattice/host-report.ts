/** What a host says of itself to the lattice, in the words of wasmCloud's OTP hosts. */
import { randomUUID } from 'node:crypto'
import type { ActorInfo, Host, HostEvent, LinkFacts } from '../host/index.ts'

/** JSON, names in snake case. */
export type WireFacts = Readonly<Record<string, unknown>>

/** What {@link HostReport} stands on. */
export interface HostReportOptions {
  readonly host: Host
  readonly lattice: string
  /** `nats://host:port`, without a login. */
  readonly server: string
  /** Public cluster keys, `C…`, the host's own first. */
  readonly clusterIssuers: readonly string[]
  readonly version: string
}

/** What every provider is started as: those here serve links of any name. */
const linkName = 'default'

/** Says what runs on a host. Values of links stay where they are: there are passwords among them. */
export class HostReport {
  readonly #options: HostReportOptions
  /** What tells one run of an actor or provider from the next. */
  readonly #instances = new Map<string, string>()

  constructor(options: HostReportOptions) {
    this.#options = options
  }

  /** The answer to `ping.hosts`. */
  ping(): WireFacts {
    const { host, lattice, server, clusterIssuers, version } = this.#options
    return {
      id: host.id,
      ...this.#uptime(),
      labels: host.labels,
      friendly_name: friendlyName(host.id),
      version,
      cluster_issuers: clusterIssuers.join(','),
      lattice_prefix: lattice,
      js_domain: null,
      ctl_host: server,
      rpc_host: server,
    }
  }

  /** The answer to `get.<host>.inv`. */
  inventory(): WireFacts {
    const { host, clusterIssuers } = this.#options
    const { actors, providers } = host.inventory()
    return {
      host_id: host.id,
      issuer: clusterIssuers[0],
      labels: host.labels,
      friendly_name: friendlyName(host.id),
      actors: actors.map(({ id, name, revision }) => ({
        id,
        name,
        image_ref: null,
        instances: [{ instance_id: this.#instance(id), revision, annotations: {} }],
      })),
      providers: providers.map(({ id, name, contractId }) => ({
        id,
        name,
        contract_id: contractId,
        link_name: linkName,
        image_ref: null,
        revision: 0,
        annotations: {},
      })),
    }
  }

  /** The data of `host_heartbeat`. */
  heartbeat(): WireFacts {
    const { host, version } = this.#options
    const { actors } = host.inventory()
    return {
      actors: Object.fromEntries(actors.map(({ id }) => [id, 1])),
      providers: this.#providers(),
      labels: host.labels,
      friendly_name: friendlyName(host.id),
      version,
      ...this.#uptime(),
    }
  }

  /** The data of `host_started` and `host_stopped`. */
  host(): WireFacts {
    const { host, version } = this.#options
    const labels = { labels: host.labels, friendly_name: friendlyName(host.id), version }
    return { ...labels, providers: this.#providers() }
  }

  /** The data of an event; `undefined` for one that the lattice has no word for. */
  event(event: HostEvent): WireFacts | undefined {
    switch (event.type) {
      case 'actor_started':
        return { ...this.#run(event.actor), ...this.#claims(event.actor), annotations: {} }
      case 'actor_stopped':
        return this.#ended(event.actor)
      case 'actor_updated':
        return { ...this.#run(event.actor), revision: event.revision }
      case 'actor_update_failed':
        return { ...this.#run(event.actor), reason: event.reason.message }
      case 'actor_start_failed':
        return { actor_ref: event.module, error: event.reason.message }
      case 'health_check_passed':
      case 'health_check_failed':
        return { public_key: event.actor }
      case 'provider_started':
      case 'provider_stopped':
        return this.#provider(event.type, event.provider, event.contractId)
      case 'linkdef_set':
      case 'linkdef_deleted':
        return this.#link(event)
      default:
        return undefined
    }
  }

  #providers(): readonly WireFacts[] {
    const { providers } = this.#options.host.inventory()
    return providers.map(({ id }) => ({ public_key: id, link_name: linkName }))
  }

  #provider(type: string, name: string, contractId: string): WireFacts {
    const key = this.#providerKey(name)
    const facts = type === 'provider_started' ? this.#run(key) : this.#ended(key)
    return { ...facts, name, contract_id: contractId, link_name: linkName, annotations: {} }
  }

  #link({ actor, contractId, linkName: name, provider }: LinkFacts): WireFacts {
    return {
      id: `${actor}-${contractId}-${name}`,
      actor_id: actor,
      provider_id: this.#providerKey(provider),
      contract_id: contractId,
      link_name: name,
      values: {},
    }
  }

  #claims(id: string): WireFacts {
    const actor = this.#options.host.inventory().actors.find((each) => each.id === id)
    return actor ? { claims: claimsOnWire(actor) } : {}
  }

  #providerKey(name: string): string {
    return this.#options.host.providerId(name)
  }

  #run(key: string): WireFacts {
    return { public_key: key, instance_id: this.#instance(key) }
  }

  #ended(key: string): WireFacts {
    const facts = this.#run(key)
    this.#instances.delete(key)
    return facts
  }

  #instance(key: string): string {
    const known = this.#instances.get(key)
    if (known !== undefined) return known
    const id = randomUUID()
    this.#instances.set(key, id)
    return id
  }

  #uptime(): WireFacts {
    const seconds = Math.floor(this.#options.host.inventory().uptimeMs / 1000)
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    return { uptime_seconds: seconds, uptime_human: `${parts[0]}h ${parts[1]}m ${parts[2]}s` }
  }
}

function claimsOnWire(actor: ActorInfo): WireFacts {
  return {
    call_alias: actor.callAlias ?? null,
    caps: actor.contracts,
    issuer: actor.issuer,
    name: actor.name,
    version: actor.version ?? null,
    revision: actor.revision,
    tags: [],
    expires_human: actor.expiresAt?.toISOString() ?? 'never',
    not_before_human: 'immediately',
  }
}

/** Hosts of the OTP era had names; here a part of the key does. */
function friendlyName(id: string): string {
  return id.slice(0, 8).toLowerCase()
}
