import type { ActorClaims } from '../signing/index.ts'
import type { CapabilityProvider } from './provider.ts'

/**
 * Where a host finds what it does not run itself: a lattice of hosts. A host alone has none. What runs
 * here is always asked here.
 *
 * None of it throws or rejects, but for the answer of a call.
 */
export interface Remote {
  /**
   * Calls an actor that does not run here.
   *
   * @returns `undefined` where nobody has such a key or call alias.
   */
  callActor(call: OutgoingActorCall): Promise<Uint8Array> | undefined
  /**
   * A provider that runs on another host, by the key that names it there.
   *
   * @returns the same each time, `undefined` for what is no such key.
   */
  provider(key: string, contractId: string): CapabilityProvider | undefined
  /** Has an actor of this host be called by others, or tells of its new module. */
  actorStarted(actor: RunningActor): Promise<void>
  /** Has an actor not be called by others any more; resolves once those calls are answered. */
  actorStopping(actorId: string): Promise<void>
}

/** An actor of this host. */
export interface RunningActor {
  readonly id: string
  readonly claims: ActorClaims
  /** The claims as their issuer signed them. */
  readonly token: string
}

/** A call of an actor that may run on another host. */
export interface OutgoingActorCall {
  readonly caller: RunningActor
  /** Public key or call alias of who is called. */
  readonly reference: string
  readonly operation: string
  readonly payload: Uint8Array
  /** When the first caller stops waiting, on the clock of `performance.now()`. */
  readonly deadlineAt: number
  readonly signal: AbortSignal
  /** How many actors called each other to get here; 0 if the first one made this call. */
  readonly depth: number
  readonly traceparent: string | undefined
}

/** A call from another host of an actor that runs here. */
export interface ReceivedCall {
  /** Public key. */
  readonly actor: string
  readonly operation: string
  readonly payload: Uint8Array
  /** The claims of the actor that calls; `undefined` if it is no actor that calls, but a host. */
  readonly caller: ActorClaims | undefined
  readonly deadlineAt: number
  readonly signal: AbortSignal
  readonly depth: number
  readonly traceparent: string | undefined
}
