import type {
  Contract,
  ContractDialect,
  Dialect,
  OperationCodec,
  OperationTypes,
} from '../contracts/index.ts'
import { type ActorClaims, SigningError } from '../signing/index.ts'
import { ConsoleLog } from './console-log.ts'
import {
  EngineError,
  type Guest,
  type GuestModule,
  type HostCall,
  type Scheduler,
} from './engine/index.ts'
import { HostError } from './errors.ts'
import type { LinkContext, ProviderCall, ProviderLink } from './provider.ts'
import { SerialQueue } from './serial-queue.ts'

/** What every link of a portable provider shares. */
export interface PortableModule {
  readonly name: string
  readonly claims: ActorClaims
  readonly module: GuestModule
  readonly dialect: Dialect
  readonly contract: Contract
  /** Whether only the provider and its actors know the contract: every name is then an operation. */
  readonly isRaw: boolean
  /** Of the contract, in the provider's dialect. */
  readonly codecs: ContractDialect
  /** Of `BindActor` and `RemoveActor`, in the provider's dialect. */
  readonly hosting: ContractDialect
  readonly scheduler: Scheduler
  now(): number
}

type Context = LinkContext<Readonly<Record<string, string>>>
type Operation = (request: unknown, call: ProviderCall) => Promise<unknown>

/**
 * Links an actor to a portable provider: starts an instance for it and binds the actor to that.
 *
 * An instance a link, for an instance is not told which actor calls it: were it shared, the provider
 * could not keep actors apart, and the link values of one would be those of all. So what it keeps in
 * memory is the link's own, links do not wait for each other, and a trap costs one link its memory.
 *
 * @param onClosed Called when the link is closed.
 * @throws EngineError for what the module does while it starts or is bound
 */
export async function openPortableLink(
  shared: PortableModule,
  context: Context,
  onClosed: () => void,
): Promise<ProviderLink<OperationTypes>> {
  const printed = new ConsoleLog(context.log)
  const closed = (): void => {
    printed.flush()
    onClosed()
  }
  // Asked for before it is there only while the instance starts.
  const opened: { link?: PortableLink } = {}
  const guest = await shared.module.open({
    scheduler: shared.scheduler,
    keepsState: true,
    log: (text) => printed.print(text),
    hostCall: (call) => {
      if (opened.link) return opened.link.answer(call)
      throw new Error(`${shared.name} called ${call.namespace} while it was starting`)
    },
  })
  const link = new PortableLink(shared, context, guest, closed)
  opened.link = link
  try {
    await link.bind()
    context.signal.throwIfAborted()
    return link
  } catch (error) {
    await guest[Symbol.asyncDispose]()
    throw error
  }
}

/** One actor's instance of a portable provider, called by one operation at a time. */
class PortableLink implements ProviderLink<OperationTypes> {
  readonly operations: Readonly<Record<string, Operation>>
  readonly #shared: PortableModule
  readonly #context: Context
  readonly #guest: Guest
  readonly #onClosed: () => void
  readonly #queue: SerialQueue
  readonly #underWay = new Set<ProviderCall>()
  readonly #toActor: ReadonlyMap<string, string>
  /** As many instances were lost when the actor was bound to the present one. */
  #boundAfter: number | undefined

  constructor(shared: PortableModule, context: Context, guest: Guest, onClosed: () => void) {
    this.#shared = shared
    this.#context = context
    this.#guest = guest
    this.#onClosed = onClosed
    this.#queue = new SerialQueue(guest.limits.queueLength)
    const { toActor } = shared.codecs
    this.#toActor = new Map(
      [...toActor.keys()].map((name) => [toActor.get(name)?.wireName ?? name, name]),
    )
    this.operations = this.#makeOperations()
  }

  get info(): Readonly<Record<string, string>> {
    const { subject, revision, version } = this.#shared.claims
    return {
      module: subject,
      ...(revision !== undefined && { revision: String(revision) }),
      ...(version !== undefined && { version }),
      restarts: String(this.#guest.restarts),
    }
  }

  /** Tells the instance which actor it serves, and with which values. */
  async bind(): Promise<void> {
    const { config, actor } = this.#context
    const added = hostValues(actor.name, actor.claims, this.#shared.dialect)
    await this.#configure('BindActor', [...new Map([...Object.entries(config), ...added])].flat())
    this.#boundAfter = this.#guest.restarts
  }

  /** Answers a host call of the instance: it may call the actor of its link, and nobody else. */
  async answer(call: HostCall): Promise<Uint8Array> {
    const { actor, invoke } = this.#context
    const { name, contract, isRaw, codecs } = this.#shared
    if (call.namespace !== actor.id) {
      throw new HostError(
        'ERR_CAPABILITY_DENIED',
        { actor: this.#shared.claims.subject, contractId: call.namespace },
        `${name} may call ${actor.id}, the actor it is linked to, not ${JSON.stringify(call.namespace)}`,
      )
    }
    const operation = isRaw ? call.operation : this.#toActor.get(call.operation)
    const codec = operation === undefined ? undefined : codecs.toActor.get(operation)
    if (operation === undefined || !codec) {
      throw new HostError(
        'ERR_OPERATION_UNKNOWN',
        {
          contractId: codecs.contractId,
          operation: call.operation,
          known: [...this.#toActor.keys()],
        },
        `${contract.name} has no operation ${JSON.stringify(call.operation)} that a provider may ask of an actor`,
      )
    }
    const within = call.context as ProviderCall | undefined
    const request = codec.decodeRequest(call.payload)
    // Nobody waits for more than the provider's answer once the call that it works on is given up.
    const signal = within ? AbortSignal.any([call.signal, within.signal]) : call.signal
    const answer = await invoke(operation, request as never, { signal, ...(within && { within }) })
    return codec.encodeResponse(answer)
  }

  /** Tells the instance that the actor is gone, then lets it go. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#queue.run(async () => {
        if (this.#boundAfter === this.#guest.restarts) await this.#configure('RemoveActor', [])
      })
    } finally {
      await this.#guest[Symbol.asyncDispose]()
      this.#onClosed()
    }
  }

  #makeOperations(): Readonly<Record<string, Operation>> {
    const { isRaw, codecs } = this.#shared
    const { toProvider } = codecs
    if (isRaw) {
      const handler: ProxyHandler<Record<string, Operation>> = {
        get: (_target, name) => {
          const codec = typeof name === 'string' ? toProvider.get(name)?.codec : undefined
          return codec && this.#operation(codec)
        },
      }
      return new Proxy<Record<string, Operation>>({}, handler)
    }
    const operations: Record<string, Operation> = {}
    for (const wireName of toProvider.keys()) {
      const known = toProvider.get(wireName)
      if (known) operations[known.operation] = this.#operation(known.codec)
    }
    return operations
  }

  #operation(codec: OperationCodec): Operation {
    return async (request, call) => {
      this.#refuseExpired()
      this.#refuseCycle(call)
      const payload = codec.encodeRequest(request)
      this.#underWay.add(call)
      try {
        // Once it is the call's turn only the provider's own limits end it: whoever gives up waiting
        // for an answer must not cost the link what the instance keeps in memory.
        const answer = await this.#queue.run(async () => {
          if (this.#boundAfter !== this.#guest.restarts) await this.bind()
          return this.#callGuest(codec.wireName, payload, call)
        }, call)
        return codec.decodeResponse(answer)
      } finally {
        this.#underWay.delete(call)
      }
    }
  }

  async #configure(operation: string, settings: readonly string[]): Promise<void> {
    const codec = this.#shared.hosting.toActor.get(operation)
    const actor = this.#context.actor.id
    if (codec) await this.#callGuest(codec.wireName, codec.encodeRequest({ actor, settings }))
  }

  async #callGuest(
    operation: string,
    payload: Uint8Array,
    context?: ProviderCall,
  ): Promise<Uint8Array> {
    try {
      return await this.#guest.call(operation, payload, { context })
    } catch (error) {
      throw ofProvider(error)
    }
  }

  #refuseExpired(): void {
    const { claims, name, now } = this.#shared
    const { subject, expiresAt } = claims
    if (expiresAt === undefined || expiresAt.getTime() > now()) return
    throw new SigningError(
      'ERR_CLAIMS_EXPIRED',
      { subject, expiredAt: expiresAt },
      `the claims of ${name} expired at ${expiresAt.toISOString()}`,
    )
  }

  /** A call that an earlier call of this link waits for could only wait for that one. */
  #refuseCycle(call: ProviderCall): void {
    for (let above = call.within; above; above = above.within) {
      if (!this.#underWay.has(above)) continue
      const { name } = this.#shared
      const { actor } = this.#context
      throw new HostError(
        'ERR_CALL_CYCLE',
        { actor: actor.id, provider: name, operation: call.operation },
        `${actor.name} called ${call.operation} of ${name}, which waits for its answer to ${above.operation}`,
      )
    }
  }
}

/** The engine speaks of any guest as an actor; here that would name the wrong one of two modules. */
function ofProvider(error: unknown): unknown {
  if (!(error instanceof EngineError) || error.code === 'ERR_GUEST_ERROR') return error
  const { code, detail, message } = error as EngineError
  return new EngineError(code, detail, message.replace(/^actor\b/, 'it'), { cause: error })
}

/** What waSCC's hosts told a provider of an actor besides the values of its link. */
function hostValues(name: string, claims: ActorClaims, dialect: Dialect): [string, string][] {
  const prefix = dialect === 'D' ? '__wasmcloud_' : '__wascc_'
  const { issuer, contracts, tags, expiresAt } = claims
  const expires = expiresAt === undefined ? 0 : Math.floor(expiresAt.getTime() / 1000)
  return [
    [`${prefix}issuer`, issuer],
    [`${prefix}capabilities`, contracts.join(',')],
    [`${prefix}name`, name],
    [`${prefix}expires`, String(expires)],
    [`${prefix}tags`, tags.join(',')],
  ]
}
