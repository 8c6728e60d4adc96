/** What each kind of token claims, read and written. Dates are whole seconds on the wire. */

import type { AccountId, ActorId, ProviderId } from './nkey.ts'
import type { JsonValue } from './strict-json.ts'

/** The claims every token has. */
export interface CommonClaims {
  /** What the token is about. */
  readonly subject: string
  /** The public key that signed. */
  readonly issuer: string
  readonly issuedAt?: Date
  /** The first instant at which the token no longer holds. Absent: it never expires. */
  readonly expiresAt?: Date
  /** Absent: it holds at once. */
  readonly notBefore?: Date
  /** The token's own id. */
  readonly jti?: string
  /** 0 where none is written, as in every token before wascap 0.9. Nothing is decided by it. */
  readonly wascapRevision: number
}

/** An actor's claims: who it is, what it may ask for, which module it is. */
export interface ActorClaims extends CommonClaims {
  readonly subject: ActorId
  readonly issuer: AccountId
  readonly name?: string
  /** Ids of the contracts the actor may use, such as `wascc:keyvalue`. */
  readonly contracts: readonly string[]
  readonly tags: readonly string[]
  /** Rises with every release. */
  readonly revision?: number
  /** For people. */
  readonly version?: string
  readonly callAlias?: string
  /** Whether the module is itself a capability provider, as waSCC's portable providers were. */
  readonly isProvider: boolean
  /** Upper-case hex SHA-256 of the module without its claims section. */
  readonly hash: string
}

/** A provider archive's claims. */
export interface ProviderClaims extends CommonClaims {
  readonly subject: ProviderId
  readonly issuer: AccountId
  readonly name?: string
  readonly contractId: string
  readonly vendor: string
  readonly revision?: number
  readonly version?: string
  /** Upper-case hex SHA-256 of each library, by target such as `x86_64-linux`. */
  readonly targetHashes: Readonly<Record<string, string>>
  /** A JSON Schema of the link values the provider takes. */
  readonly configSchema?: JsonValue
}

/** Claims of an account, operator, cluster or user: a name, and further keys that may sign for it. */
export interface EntityClaims extends CommonClaims {
  readonly name?: string
  readonly validSigners: readonly string[]
}

/** Claims of one invocation between hosts. The subject is the invocation's id, the issuer a host or cluster. */
export interface InvocationClaims extends CommonClaims {
  readonly targetUrl: string
  readonly originUrl: string
  /** Upper-case hex SHA-256 over origin, target and message. */
  readonly hash: string
}

/** Claims by kind of token. */
export interface ClaimsOf {
  actor: ActorClaims
  provider: ProviderClaims
  account: EntityClaims
  operator: EntityClaims
  cluster: EntityClaims
  user: EntityClaims
  invocation: InvocationClaims
}

/** What a token is about: an actor, a provider archive, an account … */
export type TokenKind = keyof ClaimsOf

/** When a token to be signed holds. */
interface PeriodInput {
  readonly expiresAt?: Date
  readonly notBefore?: Date
}

/** What to claim for an actor; its hash is computed from the module. */
export interface ActorClaimsInput extends PeriodInput {
  readonly name?: string
  /** Default: none. */
  readonly contracts?: readonly string[]
  /** Default: none. */
  readonly tags?: readonly string[]
  /** A 32-bit number. */
  readonly revision?: number
  readonly version?: string
  /** Written as `normaliseCallAlias` makes it. */
  readonly callAlias?: string
  /** Default: false. */
  readonly isProvider?: boolean
}

/** What to claim for a provider archive. */
export interface ProviderClaimsInput extends PeriodInput {
  readonly name?: string
  readonly contractId: string
  readonly vendor: string
  readonly revision?: number
  readonly version?: string
  readonly targetHashes: Readonly<Record<string, string>>
  readonly configSchema?: JsonValue
}

/** What to claim for an account, operator, cluster or user. */
export interface EntityClaimsInput extends PeriodInput {
  readonly name?: string
  /** Public keys. Default: none. */
  readonly validSigners?: readonly string[]
}

/** What to claim for an invocation. */
export interface InvocationClaimsInput extends PeriodInput {
  readonly targetUrl: string
  readonly originUrl: string
  readonly hash: string
}

/** What to claim, by kind of token. */
export interface ClaimsInputOf {
  actor: ActorClaimsInput & { readonly hash: string }
  provider: ProviderClaimsInput
  account: EntityClaimsInput
  operator: EntityClaimsInput
  cluster: EntityClaimsInput
  user: EntityClaimsInput
  invocation: InvocationClaimsInput
}
