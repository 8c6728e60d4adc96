import type { Dialect } from '../contracts/index.ts'
import type { Actor } from './actor.ts'
import type { EngineLimits, GuestMetrics } from './engine/index.ts'
import type { Link } from './link.ts'
import type { LinkDefinition } from './link-definition.ts'

/** A running actor, as operators see it. */
export interface ActorInfo {
  /** Public key, `M…`. */
  readonly id: string
  readonly name: string
  readonly issuer: string
  readonly contracts: readonly string[]
  readonly revision: number
  readonly version?: string
  readonly callAlias?: string
  readonly expiresAt?: Date
  readonly dialect: Dialect
  readonly links: readonly LinkInfo[]
  /** What bounds each of its calls. */
  readonly limits: EngineLimits
  readonly metrics: GuestMetrics
}

/** A live link, as operators see it. */
export interface LinkInfo {
  readonly contractId: string
  readonly linkName: string
  readonly provider: string
  /** What the provider says of it, such as `{ url }`. */
  readonly info: Readonly<Record<string, string>>
}

/** Everything on a host. */
export interface HostInventory {
  readonly host: string
  readonly labels: Readonly<Record<string, string>>
  readonly uptimeMs: number
  readonly actors: readonly ActorInfo[]
  readonly providers: readonly {
    /** Public key, `V…`, made of the host's and the name: what other hosts call it by. */
    readonly id: string
    readonly name: string
    readonly summary: string
    readonly contractId: string
  }[]
  readonly linkDefinitions: readonly LinkDefinition[]
}

export function linkInfo(link: Link): LinkInfo {
  const { contractId, linkName, provider } = link.facts
  return { contractId, linkName, provider, info: link.serving.info }
}

export function actorInfo(actor: Actor): ActorInfo {
  const { claims, module } = actor
  return {
    id: actor.id,
    name: actor.name,
    issuer: claims.issuer,
    contracts: claims.contracts,
    revision: claims.revision ?? 0,
    ...(claims.version !== undefined && { version: claims.version }),
    ...(claims.callAlias !== undefined && { callAlias: claims.callAlias }),
    ...(claims.expiresAt !== undefined && { expiresAt: claims.expiresAt }),
    dialect: module.dialect,
    links: [...actor.allLinks()].map(linkInfo),
    limits: module.guest.limits,
    metrics: module.guest.metrics(),
  }
}
