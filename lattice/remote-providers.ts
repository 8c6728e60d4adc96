import { performance } from 'node:perf_hooks'
import * as v from 'valibot'
import { healthCheckResponse } from '../contracts/index.ts'
import {
  type CapabilityProvider,
  eventReason,
  HostError,
  type InvokeOptions,
  type LinkContext,
  type Logger,
  type ProviderCall,
  type ProviderLink,
  type StandardSchema,
} from '../host/index.ts'
import { isPublicKey } from '../signing/index.ts'
import { actorEntity } from './actor-entity.ts'
import type { Antiforgery } from './antiforgery.ts'
import type { LatticeConnection } from './connection.ts'
import { contractOf, ContractWire } from './contract-wire.ts'
import { LatticeError } from './errors.ts'
import type { InvocationCaller } from './invocation-caller.ts'
import { failureFromWire, headerNames, RemoteFailure } from './invocation-message.ts'
import type { IncomingCall } from './invocation-server.ts'
import { linkEntity, type LinkVerb, signLinkMessage } from './link-messages.ts'
import { providerCall } from './provider-calls.ts'
import type { Subjects } from './subjects.ts'

/** What {@link RemoteProviders} stand on. */
export interface RemoteProvidersOptions {
  readonly connection: LatticeConnection
  readonly subjects: Subjects
  readonly antiforgery: Antiforgery
  readonly caller: InvocationCaller
  readonly hostId: string
  readonly log: Logger
}

type Values = Readonly<Record<string, string>>
type Context = LinkContext<Values>

/** How long a provider may take to open a link, in milliseconds. Those of wasmCloud never say that they did. */
const putTimeoutMs = 10_000
const deleteTimeoutMs = 5000

/** A link of an actor here to a provider elsewhere. */
interface RemoteLink {
  readonly key: string
  readonly wire: ContractWire
  readonly context: Context
  /** When it was last put, on the clock of `performance.now()`. */
  putAt: number
  /** Resolves when no put is under way that was made because its provider was heard of. */
  puttingAgain: Promise<void>
}

/** What says which providers a host has now. */
const presence = v.object({
  type: v.picklist(['com.wasmcloud.lattice.host_started', 'com.wasmcloud.lattice.host_heartbeat']),
  data: v.object({ providers: v.array(v.object({ public_key: v.string() })) }),
})

/** Between two puts of a link that are made because its provider was heard of, at least; in milliseconds. */
const putAgainMs = 250

/** Providers of other hosts, for the actors of this one. */
export class RemoteProviders {
  readonly #options: RemoteProvidersOptions
  readonly #providers = new Map<string, CapabilityProvider>()
  /** By who calls through it: the provider, its link, and the actor. Two while one takes the other's place. */
  readonly #links = new Map<string, RemoteLink[]>()

  constructor(options: RemoteProvidersOptions) {
    this.#options = options
  }

  /** @returns the same each time; `undefined` for what is no provider's key. */
  provider(key: string, contractId: string): CapabilityProvider | undefined {
    if (!isPublicKey(key, 'service')) return undefined
    const contract = contractOf(contractId)
    const id = JSON.stringify([key, contract.name])
    let provider = this.#providers.get(id)
    if (!provider) {
      const wire = new ContractWire(contract, contractId)
      provider = {
        name: key,
        summary: 'a provider on another host of the lattice',
        contract,
        configSchema: anyTexts,
        link: (context: Context) => this.#link(newLink(key, wire, context)),
      }
      this.#providers.set(id, provider)
    }
    return provider
  }

  /**
   * Answers a call that a provider elsewhere makes of an actor here, which has to be linked to it.
   *
   * @throws HostError `ERR_NOT_LINKED`, `ERR_OPERATION_UNKNOWN`, and what the call itself throws
   */
  async answer(actor: string, call: IncomingCall): Promise<Uint8Array> {
    const { origin, operation: wireName, msg } = call.invocation
    const { publicKey, contractId, linkName } = origin
    const link = this.#links.get(linkId(publicKey, contractId, linkName, actor))?.at(-1)
    if (!link) {
      throw new HostError(
        'ERR_NOT_LINKED',
        { actor, contractId, linkName, operation: wireName },
        `${actor} has no link ${linkName} for ${contractId} to ${publicKey}`,
      )
    }
    const asked = link.wire.askedOfActor(wireName)
    if (!asked) {
      const message = `${contractId} has no operation ${JSON.stringify(wireName)}`
      const detail = { contractId, operation: wireName, known: [] }
      throw new HostError('ERR_OPERATION_UNKNOWN', detail, message)
    }
    const { operation, codec } = asked
    const within = providerCall(operation, call)
    const timeoutMs = Math.max(1, call.deadlineAt - performance.now())
    const options: InvokeOptions = {
      timeoutMs,
      signal: call.signal,
      ...(call.depth > 0 && { within }),
      ...(call.traceparent !== undefined && { traceparent: call.traceparent }),
    }
    const invoke = link.context.invoke as (...asked: unknown[]) => Promise<unknown>
    return codec.encodeResponse(await invoke(operation, codec.decodeRequest(msg), options))
  }

  /**
   * Puts links again whose provider is heard of: its host may have been started again and not know of
   * them. One that knows them does nothing.
   *
   * @param event On the lattice's subject for events; anything that does not say so is passed over.
   */
  heard(event: Uint8Array): void {
    if (this.#links.size === 0) return
    let keys: Set<string>
    try {
      const json: unknown = JSON.parse(Buffer.from(event).toString())
      keys = new Set(v.parse(presence, json).data.providers.map((each) => each.public_key))
    } catch {
      return
    }
    for (const links of this.#links.values()) {
      const link = links.at(-1)
      if (link && keys.has(link.key)) this.#putAgain(link)
    }
  }

  #putAgain(link: RemoteLink): void {
    const now = performance.now()
    if (now - link.putAt < putAgainMs) return
    link.putAt = now
    const before = link.puttingAgain
    const put = async (): Promise<void> => {
      await before
      try {
        await this.#tell('linkdefs.put', link, putTimeoutMs, link.context.signal)
      } catch (error) {
        link.context.log.warn('the link was not put again', { reason: eventReason(error) })
      }
    }
    link.puttingAgain = put()
  }

  async #link(link: RemoteLink): Promise<ProviderLink> {
    const { key, wire, context } = link
    const id = linkId(key, wire.contractId, context.linkName, context.actor.id)
    // The actor may be called before `link` has returned.
    this.#links.set(id, [...(this.#links.get(id) ?? []), link])
    const forget = (): void => {
      const left = (this.#links.get(id) ?? []).filter((each) => each !== link)
      if (left.length > 0) this.#links.set(id, left)
      else this.#links.delete(id)
    }
    try {
      await this.#tell('linkdefs.put', link, putTimeoutMs, context.signal)
    } catch (error) {
      forget()
      throw error
    }
    return {
      operations: this.#operations(link),
      info: { lattice: this.#options.subjects.lattice },
      [Symbol.asyncDispose]: async () => {
        forget()
        // One that has taken its place goes on by the same name.
        if (this.#links.has(id)) return
        // It must not arrive after the end of the link.
        await link.puttingAgain
        try {
          await this.#tell('linkdefs.del', link, deleteTimeoutMs)
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          context.log.warn('the provider does not know that its link is gone', { reason })
        }
      },
    }
  }

  async #tell(
    verb: LinkVerb,
    { key, wire, context }: RemoteLink,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const { antiforgery, connection, subjects, hostId, log } = this.#options
    const { actor, linkName, config } = context
    const subject = subjects.providerVerb(key, linkName, verb)
    const actorToken = actor.token ?? ''
    const definition = {
      id: linkId(key, wire.contractId, linkName, actor.id),
      actorId: actor.id,
      providerId: key,
      linkName,
      contractId: wire.contractId,
      values: config,
    }
    const sender = { hostId, actorToken }
    const { body, headers } = await signLinkMessage(antiforgery, verb, definition, sender)
    const question = { subject, body, headers, timeoutMs, signal, target: key, operation: verb }
    try {
      const answer = await connection.ask(question)
      const { healthy, message } = healthCheckResponse.decode(answer.body)
      if (!healthy) {
        const code = answer.header(headerNames.errorCode)
        throw failureFromWire(message ?? 'it gave no reason', code, key, verb)
      }
    } catch (error) {
      if (!(error instanceof LatticeError) || error.code !== 'ERR_REMOTE_TIMEOUT') throw error
      log.warn('a provider does not say whether it heard of a link', { provider: key, verb })
    }
  }

  #operations(link: RemoteLink): ProviderLink['operations'] {
    const operation =
      (name: string) =>
      (request: unknown, call: ProviderCall): Promise<unknown> =>
        this.#call(link, name, request, call)
    const names = [...link.wire.operations]
    if (!link.wire.isRaw) {
      return Object.fromEntries(names.map((name) => [name, operation(name)])) as never
    }
    const made = (_target: object, name: string | symbol): unknown =>
      typeof name === 'string' ? operation(name) : undefined
    return new Proxy<ProviderLink['operations']>({}, { get: made })
  }

  async #call(
    link: RemoteLink,
    operation: string,
    request: unknown,
    call: ProviderCall,
  ): Promise<unknown> {
    const { caller, subjects } = this.#options
    const { key, wire, context } = link
    const codec = wire.toProvider(operation)
    if (!codec) throw new TypeError(`${wire.contractId} has no ${operation}`)
    const { linkName, actor } = context
    const msg = codec.encodeRequest(request)
    const ask = (): Promise<Uint8Array> =>
      caller.call({
        subject: subjects.provider(key, linkName),
        origin: actorEntity(actor.id),
        target: linkEntity({ providerId: key, contractId: wire.contractId, linkName }),
        operation: codec.wireName,
        msg,
        deadlineAt: call.deadlineAt,
        signal: call.signal,
        depth: call.depth,
        traceparent: call.traceparent,
        actorToken: undefined,
      })
    try {
      return codec.decodeResponse(await ask())
    } catch (error) {
      if (!(error instanceof RemoteFailure) || error.code !== 'ERR_NOT_LINKED') throw error
      // Its host was started again meanwhile: nothing was executed.
      const leftMs = Math.max(1, call.deadlineAt - performance.now())
      await this.#tell('linkdefs.put', link, Math.min(leftMs, putTimeoutMs), call.signal)
      return codec.decodeResponse(await ask())
    }
  }
}

function newLink(key: string, wire: ContractWire, context: Context): RemoteLink {
  return { key, wire, context, putAt: performance.now(), puttingAgain: Promise.resolve() }
}

function linkId(provider: string, contractId: string, linkName: string, actor: string): string {
  return JSON.stringify([provider, contractOf(contractId).name, linkName, actor])
}

/** What the values mean, the provider says when it is told of them. */
const anyTexts: StandardSchema<unknown, Values> = {
  '~standard': {
    version: 1,
    vendor: 'wash-ts',
    validate: (values) => ({ value: values as Values }),
  },
}
