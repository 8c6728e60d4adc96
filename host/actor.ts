import type { Contract, ContractDialect } from '../contracts/index.ts'
import type { ActorClaims } from '../signing/index.ts'
import { SigningError } from '../signing/index.ts'
import type { ActorModule } from './actor-module.ts'
import { EngineError } from './engine/index.ts'
import { HostError } from './errors.ts'
import type { ActorFacts } from './events.ts'
import type { Link } from './link.ts'
import type { InvokeOptions, LinkedActor, ProviderCall } from './provider.ts'

/** What travels with a call through every actor that it leads to. */
export interface CallContext {
  /** How many actors called each other to get here; the first has 0. */
  readonly depth: number
  /** When the first caller stops waiting, on the clock of `performance.now()`. */
  readonly deadlineAt: number
  readonly traceparent: string | undefined
  /** The provider's call that this one is made for, if a provider made it for one. */
  readonly within: ProviderCall | undefined
  /** Why this actor's last host call failed, if it did: most often why the actor then fails. */
  failure: Error | undefined
}

/** What an actor asks of its host. */
export interface ActorOwner {
  /** The wall clock, in milliseconds. */
  now(): number
  onExpired(actor: Actor): void
}

/**
 * An actor by its identity: stays while its module is replaced. Its links, by contract name and link
 * name, are the rights in effect: each was checked against claims and policy when it was made.
 */
export class Actor {
  readonly id: string
  readonly links: Map<string, Map<string, Link>> = new Map()
  readonly #owner: ActorOwner
  #module: ActorModule
  #stopping = false
  #expired = false

  constructor(module: ActorModule, owner: ActorOwner) {
    this.id = module.claims.subject
    this.#module = module
    this.#owner = owner
  }

  get module(): ActorModule {
    return this.#module
  }

  get claims(): ActorClaims {
    return this.#module.claims
  }

  /** The name in its claims, or its id where they give none. */
  get name(): string {
    return this.claims.name ?? this.id
  }

  get facts(): ActorFacts {
    return { actor: this.id, name: this.name, revision: this.claims.revision ?? 0 }
  }

  /** What providers are told of it: of whichever module serves when they look. */
  get asLinked(): LinkedActor {
    const current = (): ActorModule => this.#module
    return {
      id: this.id,
      name: this.name,
      get claims() {
        return current().claims
      },
      get token() {
        return current().token
      },
    }
  }

  get stopping(): boolean {
    return this.#stopping
  }

  /** @returns the module that served until now: its calls in flight are still to be drained. */
  turnOver(next: ActorModule): ActorModule {
    const previous = this.#module
    this.#module = next
    this.#expired = false
    return previous
  }

  /** From here on every new call is refused. */
  stopTaking(): void {
    this.#stopping = true
  }

  *allLinks(): IterableIterator<Link> {
    for (const byName of this.links.values()) yield* byName.values()
  }

  /**
   * Calls a typed operation of a contract.
   *
   * @throws HostError `ERR_OPERATION_UNKNOWN` if the actor's dialect has no such operation,
   * ContractError `ERR_MESSAGE_INVALID` if the reply is not what the contract says, and what
   * {@link call} throws.
   */
  async invoke(
    contract: Contract,
    codecs: ContractDialect | undefined,
    operation: string,
    request: unknown,
    options?: InvokeOptions,
  ): Promise<unknown> {
    const codec = codecs?.toActor.get(operation)
    if (!codec) {
      throw new HostError(
        'ERR_OPERATION_UNKNOWN',
        { contractId: contract.ids[0] ?? contract.name, operation, known: [] },
        `actors of dialect ${this.#module.dialect} know no ${operation} of ${contract.name}`,
      )
    }
    return codec.decodeResponse(
      await this.call(codec.wireName, codec.encodeRequest(request), options),
    )
  }

  /**
   * Calls an operation by its name on the wire.
   *
   * @param context What came with the call that led here. Default: this is the first.
   * @throws HostError `ERR_ACTOR_NOT_FOUND` once it is stopping, SigningError `ERR_CLAIMS_EXPIRED`,
   * EngineError for what happens inside; and where the actor passes the error of a host call on as
   * its own, the error of that host call.
   */
  call(
    operation: string,
    payload: Uint8Array,
    options?: InvokeOptions,
    context?: CallContext,
  ): Promise<Uint8Array> {
    const module = this.#module
    if (this.#stopping) return Promise.reject(this.#stoppingError())
    if (module.expiresAtMs <= this.#owner.now()) return Promise.reject(this.#expiredError())
    const limitMs = module.guest.limits.timeoutMs
    const now = performance.now()
    let deadlineAt = now + Math.min(options?.timeoutMs ?? limitMs, limitMs)
    const within = options?.within ?? context?.within
    const above = context ?? options?.within
    if (above && above.deadlineAt < deadlineAt) deadlineAt = above.deadlineAt
    const own: CallContext = {
      depth: above ? above.depth + 1 : 0,
      deadlineAt,
      traceparent: options?.traceparent ?? above?.traceparent,
      within,
      failure: undefined,
    }
    const signal = options?.signal
    return module.guest
      .call(operation, payload, { deadlineMs: deadlineAt - now, signal, context: own })
      .catch((error: unknown) => {
        throw passedOn(error, own.failure) ?? error
      })
  }

  #stoppingError(): HostError {
    return new HostError('ERR_ACTOR_NOT_FOUND', { actor: this.id }, `${this.name} is stopping`)
  }

  #expiredError(): SigningError {
    const expiredAt = new Date(this.#module.expiresAtMs)
    if (!this.#expired) {
      this.#expired = true
      this.#owner.onExpired(this)
    }
    return new SigningError(
      'ERR_CLAIMS_EXPIRED',
      { subject: this.id, expiredAt },
      `the claims of ${this.name} expired at ${expiredAt.toISOString()}`,
    )
  }
}

/**
 * The failure of a host call, if that is why the actor failed: it answers with its text, or its last
 * host call failed and it trapped, as Rust actors do that unwrap every result.
 */
function passedOn(error: unknown, failure: Error | undefined): Error | undefined {
  if (!failure || !(error instanceof EngineError)) return undefined
  if (error.code === 'ERR_GUEST_TRAP') return failure
  return error.code === 'ERR_GUEST_ERROR' && error.message.includes(failure.message)
    ? failure
    : undefined
}
