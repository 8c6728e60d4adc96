import type { EngineLimits, Scheduler } from './engine/index.ts'
import type { KeyPair } from '../signing/index.ts'
import type { Logger } from './logger.ts'
import type { Authorizer, Policy } from './policy.ts'
import type { CapabilityProvider } from './provider.ts'
import type { UpdateRules } from './update-rules.ts'

/** How a host is set up. Everything has a default. */
export interface HostOptions {
  /** Registered in this order: the first that serves a contract is its default. Default: none. */
  readonly providers?: readonly CapabilityProvider[]
  /** Default: any issuer, any contract, actor calls within one issuer. */
  readonly policy?: Policy
  /** Takes the place of the stock one, and so of `policy`. */
  readonly authorizer?: Authorizer
  /** For every actor that is started without limits of its own. */
  readonly limits?: ActorLimits
  /** Facts about this host that others may select it by. Default: none. */
  readonly labels?: Readonly<Record<string, string>>
  /** How many actors deep a call may go. Default 16. */
  readonly maxCallDepth?: number
  /** Shares out the time of guests; for those that this host did not load to take turns with its own. */
  readonly scheduler?: Scheduler
  /** Default: silent. */
  readonly log?: Logger
  /** The wall clock that claims are judged by, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** The host's identity, a `server` key. Default: a fresh one. */
  readonly keyPair?: KeyPair
}

/** Limits to put in the place of the defaults. */
export type ActorLimits = { readonly [Name in keyof EngineLimits]?: number | undefined }

/** How one actor is started. */
export interface StartActorOptions {
  /** Default: the host's. */
  readonly limits?: ActorLimits
  /** Ends the start early. */
  readonly signal?: AbortSignal
}

/** How an actor is replaced. */
export interface UpdateActorOptions extends StartActorOptions, UpdateRules {}

/** How long stopping may take. */
export interface StopOptions {
  /** Once aborted, calls in flight are given up. Default: 30 seconds. */
  readonly signal?: AbortSignal
}
