import { type Contract, contractForId, rawContract, splitOperation } from '../contracts/index.ts'
import type { Actor, CallContext } from './actor.ts'
import type { ActorModule } from './actor-module.ts'
import type { HostCall } from './engine/index.ts'
import { HostError } from './errors.ts'
import { eventReason, type HostEvent } from './events.ts'
import type { Link } from './link.ts'
import { normaliseLinkName } from './link-definition.ts'
import type { Authorizer } from './policy.ts'
import type { ProviderCall } from './provider.ts'
import type { ReceivedCall, Remote } from './remote.ts'

/** Where a host call looks for actors. */
export interface ActorDirectory {
  /** By public key or call alias; names are for people only. */
  target(reference: string): Actor | undefined
}

/** Denials of one actor that are told of as events, in a period. */
const denialsTold = 20
const denialsPeriodMs = 10_000

/** A host call, whoever made it. */
type Asked = Pick<
  HostCall,
  'linkName' | 'namespace' | 'operation' | 'payload' | 'context' | 'signal'
>

/** What {@link HostCalls} stands on. */
export interface HostCallsOptions {
  readonly directory: ActorDirectory
  readonly authorizer: Authorizer
  readonly maxCallDepth: number
  /** Where actors are looked for that do not run here. */
  readonly remote: () => Remote | undefined
  emit(event: HostEvent): void
}

/**
 * Routes what actors call: a contract to the provider of the actor's link, a key or a call alias to
 * another actor. In wasmCloud's order: link, key, alias; what runs here before what runs elsewhere.
 */
export class HostCalls {
  readonly #options: HostCallsOptions
  /** Since when denials of an actor are counted, on the clock of `performance.now()`, and how many. */
  readonly #denials = new WeakMap<Actor, { since: number; count: number }>()

  constructor(options: HostCallsOptions) {
    this.#options = options
  }

  /**
   * Answers at once where the provider does. What it throws reaches the actor as its error text.
   *
   * @throws HostError `ERR_CAPABILITY_DENIED`, `ERR_NOT_LINKED`, `ERR_ACTOR_NOT_FOUND`,
   * `ERR_OPERATION_UNKNOWN`, `ERR_PROVIDER_FAILED`, `ERR_POLICY_DENIED`, `ERR_CALL_DEPTH`;
   * ContractError `ERR_MESSAGE_INVALID`
   */
  handle(actor: Actor, module: ActorModule, call: Asked): Uint8Array | Promise<Uint8Array> {
    const context = call.context as CallContext
    context.failure = undefined
    try {
      return this.#route(actor, module, addressed(call))
    } catch (error) {
      throw remembered(error, context)
    }
  }

  #route(actor: Actor, module: ActorModule, call: Asked): Uint8Array | Promise<Uint8Array> {
    const contract = module.contractOf(call.namespace)
    const linkName = normaliseLinkName(call.linkName)
    const link = contract && actor.links.get(contract.name)?.get(linkName)
    if (link) return this.#callProvider(link, module, call)
    if (contract && !isActorReference(call.namespace)) {
      throw new HostError(
        'ERR_NOT_LINKED',
        { actor: actor.id, contractId: call.namespace, linkName, operation: call.operation },
        `${actor.name} has no link ${linkName} for ${call.namespace}`,
      )
    }
    const target = this.#options.directory.target(call.namespace)
    if (target) return this.#callActor(actor, module, target, call)
    if (call.namespace.includes(':')) throw this.#denied(actor, call)
    const answer = this.#callElsewhere(actor, module, call)
    if (answer) return answer
    throw new HostError(
      'ERR_ACTOR_NOT_FOUND',
      { actor: call.namespace },
      `no actor has the key or call alias ${JSON.stringify(call.namespace)}`,
    )
  }

  #callProvider(link: Link, module: ActorModule, call: Asked): Uint8Array | Promise<Uint8Array> {
    if (link.held) return this.#callOnceReleased(link.held, link, module, call)
    const codecs = link.contract.dialect(module.dialect)
    const known = codecs?.toProvider.get(call.operation)
    const serving = link.serving
    const operation = known && serving.operations[known.operation]
    if (!known || !operation) {
      throw new HostError(
        'ERR_OPERATION_UNKNOWN',
        {
          contractId: call.namespace,
          operation: call.operation,
          known: codecs ? [...codecs.toProvider.keys()] : [],
        },
        `${call.namespace} has no operation ${JSON.stringify(call.operation)} in dialect ${module.dialect}`,
      )
    }
    const { codec } = known
    const request = codec.decodeRequest(call.payload)
    link.watch?.(known.operation, request)
    const failed = (cause: unknown): HostError => {
      if (cause instanceof HostError) return cause as HostError
      const { message } = eventReason(cause)
      return new HostError(
        'ERR_PROVIDER_FAILED',
        { provider: serving.provider.name, operation: call.operation, reason: message },
        `${serving.provider.name} could not ${call.operation}: ${message}`,
        { cause },
      )
    }
    let answer: unknown
    try {
      answer = operation(request as never, new RoutedCall(known.operation, call))
    } catch (cause) {
      throw failed(cause)
    }
    if (!(answer instanceof Promise)) return codec.encodeResponse(answer)
    // One step from the provider's promise to the guest's: every call to a server takes this way.
    const context = call.context as CallContext
    const calls = serving.begin(context.deadlineAt)
    return answer.then(
      (value) => {
        calls.end()
        try {
          return codec.encodeResponse(value)
        } catch (error) {
          throw remembered(error, context)
        }
      },
      (cause: unknown) => {
        calls.end()
        throw remembered(failed(cause), context)
      },
    )
  }

  async #callOnceReleased(
    held: Promise<void>,
    link: Link,
    module: ActorModule,
    call: Asked,
  ): Promise<Uint8Array> {
    await held
    call.signal.throwIfAborted()
    try {
      return await this.#callProvider(link, module, call)
    } catch (error) {
      throw remembered(error, call.context as CallContext)
    }
  }

  #callActor(caller: Actor, module: ActorModule, target: Actor, call: Asked): Promise<Uint8Array> {
    const verdict = this.#options.authorizer.mayCall(module.claims, target.claims)
    if (!verdict.ok) {
      const error = new HostError(
        'ERR_POLICY_DENIED',
        { actor: caller.id, reason: verdict.reason },
        `${caller.name} may not call ${target.name}: ${verdict.reason}`,
      )
      this.#emitDenied(caller, call, error)
      throw error
    }
    const context = call.context as CallContext
    this.#checkDepth(context.depth, caller.id, caller.name, target.name)
    return target
      .call(call.operation, call.payload, { signal: call.signal }, context)
      .catch((error: unknown) => {
        throw remembered(error, context)
      })
  }

  /** The policy is asked where the target runs: only there its claims are known. */
  #callElsewhere(caller: Actor, module: ActorModule, call: Asked): Promise<Uint8Array> | undefined {
    const remote = this.#options.remote()
    if (!remote) return undefined
    const context = call.context as CallContext
    const { deadlineAt, depth, traceparent } = context
    this.#checkDepth(depth, caller.id, caller.name, call.namespace)
    return remote
      .callActor({
        caller: { id: caller.id, claims: module.claims, token: module.token },
        reference: call.namespace,
        operation: call.operation,
        payload: call.payload,
        deadlineAt,
        signal: call.signal,
        depth,
        traceparent,
      })
      ?.catch((error: unknown) => {
        throw remembered(error, context)
      })
  }

  /**
   * Answers a call from another host, under the policy of this one.
   *
   * @throws HostError `ERR_ACTOR_NOT_FOUND`, `ERR_POLICY_DENIED`, `ERR_CALL_DEPTH`, and what the call
   * itself throws
   */
  async receive(call: ReceivedCall): Promise<Uint8Array> {
    const { actor: id, caller, operation, payload, signal, deadlineAt, depth, traceparent } = call
    const target = this.#options.directory.target(id)
    if (target?.id !== id) {
      const message = `no actor with the key ${id} runs here`
      throw new HostError('ERR_ACTOR_NOT_FOUND', { actor: id }, message)
    }
    const verdict = caller && this.#options.authorizer.mayCall(caller, target.claims)
    if (caller && verdict?.ok === false) {
      throw new HostError(
        'ERR_POLICY_DENIED',
        { actor: caller.subject, reason: verdict.reason },
        `${caller.name ?? caller.subject} may not call ${target.name}: ${verdict.reason}`,
      )
    }
    const who = caller?.subject ?? 'another host'
    this.#checkDepth(depth, who, caller?.name ?? who, target.name)
    const context = { depth, deadlineAt, traceparent, within: undefined, failure: undefined }
    return target.call(operation, payload, { signal }, context)
  }

  #checkDepth(depth: number, actor: string, caller: string, target: string): void {
    const limit = this.#options.maxCallDepth
    if (depth < limit) return
    const message = `${caller} may not call ${target}: ${limit} calls deep already`
    throw new HostError('ERR_CALL_DEPTH', { actor, limit }, message)
  }

  #denied(actor: Actor, call: Asked): HostError {
    const error = new HostError(
      'ERR_CAPABILITY_DENIED',
      { actor: actor.id, contractId: call.namespace, operation: call.operation },
      `${actor.name} is not authorized to use ${call.namespace}: its claims do not name it`,
    )
    this.#emitDenied(actor, call, error)
    return error
  }

  /** Tells of a denial, unless the actor was denied too often lately: it could flood whoever listens. */
  #emitDenied(actor: Actor, call: Asked, error: HostError): void {
    const now = performance.now()
    let denials = this.#denials.get(actor)
    if (denials === undefined || now - denials.since > denialsPeriodMs) {
      denials = { since: now, count: 0 }
      this.#denials.set(actor, denials)
    }
    if (++denials.count > denialsTold) return
    this.#options.emit({
      type: 'capability_denied',
      actor: actor.id,
      contractId: call.namespace,
      operation: call.operation,
      reason: eventReason(error),
    })
  }
}

/** Notes why a host call failed, for the case that the actor fails with it. */
function remembered(error: unknown, context: CallContext): unknown {
  if (error instanceof Error) context.failure = error
  return error
}

/** The contract that an id stands for; ids that no stock contract has are carried as raw bytes. */
export function contractOf(id: string): Contract {
  return contractForId(id) ?? rawContract(id)
}

/** Guests of before 2020-03-02 write contract and operation into one text. */
function addressed(call: Asked): Asked {
  const parts = call.namespace === '' ? splitOperation(call.operation) : undefined
  if (!parts) return call
  const { linkName, payload, context } = call
  return {
    linkName,
    namespace: parts.contractId,
    operation: parts.operation,
    payload,
    context,
    get signal() {
      return call.signal
    },
  }
}

function isActorReference(namespace: string): boolean {
  return namespace.length === 56 && namespace.startsWith('M')
}

/** Asks the engine for a signal only if the provider looks at it: most calls never need one. */
class RoutedCall implements ProviderCall {
  readonly operation: string
  readonly #call: Asked

  constructor(operation: string, call: Asked) {
    this.operation = operation
    this.#call = call
  }

  get deadlineAt(): number {
    return (this.#call.context as CallContext).deadlineAt
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }

  get traceparent(): string | undefined {
    return (this.#call.context as CallContext).traceparent
  }

  get depth(): number {
    return (this.#call.context as CallContext).depth
  }

  get within(): ProviderCall | undefined {
    return (this.#call.context as CallContext).within
  }
}
