import { performance } from 'node:perf_hooks'
import { healthCheckResponse } from '../contracts/index.ts'
import {
  eventReason,
  type ForeignLink,
  type Host,
  HostError,
  type InvokeOptions,
  type Logger,
} from '../host/index.ts'
import { isPublicKey } from '../signing/index.ts'
import { actorEntity } from './actor-entity.ts'
import type { ActorTokens } from './actor-tokens.ts'
import type { Antiforgery } from './antiforgery.ts'
import type { LatticeConnection, ReceivedMessage } from './connection.ts'
import { contractOf, ContractWire } from './contract-wire.ts'
import type { InvocationCaller } from './invocation-caller.ts'
import { failureOnWire, headerNames } from './invocation-message.ts'
import type { IncomingCall, InvocationServer } from './invocation-server.ts'
import {
  linkEntity,
  type LinkVerb,
  type VerifiedLinkMessage,
  verifyLinkMessage,
} from './link-messages.ts'
import { providerCall } from './provider-calls.ts'
import type { Subjects } from './subjects.ts'

/** What {@link ServedProviders} stand on. */
export interface ServedProvidersOptions {
  readonly host: Host
  readonly connection: LatticeConnection
  readonly subjects: Subjects
  readonly antiforgery: Antiforgery
  readonly caller: InvocationCaller
  readonly server: InvocationServer
  readonly tokens: ActorTokens
  readonly log: Logger
}

/** Links of actors elsewhere that one provider may serve. */
const maxLinks = 10_000

/** How long an actor may take that a provider calls without saying how long, in milliseconds. */
const usualCallMs = 30_000

/** A link of an actor elsewhere to a provider here. */
interface ServedLink {
  readonly wire: ContractWire
  readonly linkName: string
  readonly values: Readonly<Record<string, string>>
  readonly link: ForeignLink
  /** Hosts that want it: an actor may run on several. */
  readonly hosts: Set<string>
}

/** A provider that is served to other hosts. */
interface ServedProvider {
  readonly id: string
  readonly name: string
  readonly links: Map<string, ServedLink>
  /** Changes of its links, one after the other. */
  change: Promise<unknown>
  stop: () => Promise<void>
}

/** The providers of a host, for the actors of others. */
export class ServedProviders {
  readonly #options: ServedProvidersOptions
  readonly #served = new Map<string, ServedProvider>()
  #sync: Promise<void> = Promise.resolve()

  constructor(options: ServedProvidersOptions) {
    this.#options = options
  }

  /** Serves the providers that the host has now, and no others. Never rejects. */
  refresh(): Promise<void> {
    this.#sync = this.#sync.then(async () => this.#refresh())
    return this.#sync
  }

  /** A provider's code was exchanged: its links are gone, and are made again when they are used. */
  async exchanged(name: string): Promise<void> {
    const served = [...this.#served.values()].find((each) => each.name === name)
    if (served) await this.#inTurn(served, () => closeLinks(served))
  }

  /** Serves none any more; those who called have their answers. */
  async stopAll(): Promise<void> {
    await this.#sync
    await Promise.all([...this.#served.values()].map((served) => this.#stop(served)))
  }

  async #refresh(): Promise<void> {
    const present = new Map(
      this.#options.host.inventory().providers.map(({ id, name }) => [id, name]),
    )
    for (const served of this.#served.values()) {
      if (!present.has(served.id)) await this.#stop(served)
    }
    for (const [id, name] of present) if (!this.#served.has(id)) await this.#serve(id, name)
  }

  async #serve(id: string, name: string): Promise<void> {
    const { connection, server, subjects, log } = this.#options
    if (!connection.isUp) return
    const served: ServedProvider = {
      id,
      name,
      links: new Map(),
      change: Promise.resolve(),
      stop: async () => {},
    }
    const stops: (() => Promise<void>)[] = []
    served.stop = async () => {
      await Promise.all(stops.map((stop) => stop()))
    }
    try {
      for (const verb of ['linkdefs.put', 'linkdefs.del'] as const) {
        const receive = (message: ReceivedMessage): void => void this.#heard(served, verb, message)
        const subject = subjects.everyLinkVerb(id, verb)
        stops.push(await connection.listen(subject, undefined, receive))
      }
      const health = healthCheckResponse.encode({ healthy: true, message: null })
      const subject = subjects.everyLinkVerb(id, 'health')
      const receive = ({ reply }: ReceivedMessage): void => {
        if (reply !== '') connection.tell(reply, health)
      }
      stops.push(await connection.listen(subject, undefined, receive))
      stops.push(
        await server.serve({
          subject: subjects.everyLink(id),
          name: id,
          isTarget: ({ publicKey }) => publicKey === id,
          answer: (call) => this.#answer(served, call),
        }),
      )
      this.#served.set(id, served)
    } catch (error) {
      await served.stop()
      const reason = eventReason(error)
      log.warn('the lattice does not reach a provider', { provider: name, reason })
    }
  }

  async #stop(served: ServedProvider): Promise<void> {
    this.#served.delete(served.id)
    await served.stop()
    await this.#inTurn(served, () => closeLinks(served))
  }

  /** Never rejects. */
  async #heard(served: ServedProvider, verb: LinkVerb, message: ReceivedMessage): Promise<void> {
    const { antiforgery, connection, log } = this.#options
    let headers: Record<string, string> = {}
    let text: string | null = null
    try {
      const told = await verifyLinkMessage(antiforgery, verb, message)
      if (told.link.providerId !== served.id) throw notLinked(told.link.actorId, told.link)
      const change = verb === 'linkdefs.put' ? this.#put : this.#delete
      await this.#inTurn(served, () => change.call(this, served, told))
    } catch (error) {
      const failure = failureOnWire(error)
      text = failure.text
      headers = { [headerNames.errorCode]: failure.code }
      log.warn('a link from another host is refused', {
        provider: served.name,
        reason: eventReason(error),
      })
    }
    if (message.reply === '') return
    const answer = healthCheckResponse.encode({ healthy: text === null, message: text })
    connection.tell(message.reply, answer, headers)
  }

  #inTurn(served: ServedProvider, change: () => Promise<void>): Promise<void> {
    const changed = served.change.then(change)
    served.change = changed.catch(() => {})
    return changed
  }

  async #put(
    served: ServedProvider,
    { link: wanted, actorToken, hostId }: VerifiedLinkMessage,
  ): Promise<void> {
    const { host, tokens } = this.#options
    const { actorId, contractId, linkName, values } = wanted
    const contract = contractOf(contractId)
    const key = linkKey(actorId, contract.name, linkName)
    const present = served.links.get(key)
    if (present && sameTexts(present.values, values)) {
      present.hosts.add(hostId)
      return
    }
    if (!present) this.#checkRoom(served, actorId, contractId, linkName)
    const claims = await tokens.claimsOf(actorId, actorToken)
    const wire = new ContractWire(contract, contractId)
    const link = await host.linkForeign({
      provider: served.name,
      contractId,
      linkName,
      values,
      claims,
      invoke: (operation, request, options) =>
        this.#invoke(served, wire, actorId, linkName, operation, request, options),
    })
    const hosts = new Set(present?.hosts).add(hostId)
    served.links.set(key, { wire, linkName, values, link, hosts })
    await present?.link[Symbol.asyncDispose]()
  }

  async #delete(
    served: ServedProvider,
    { link: { actorId, contractId, linkName }, hostId }: VerifiedLinkMessage,
  ): Promise<void> {
    const key = linkKey(actorId, contractOf(contractId).name, linkName)
    const present = served.links.get(key)
    present?.hosts.delete(hostId)
    if (!present || present.hosts.size > 0) return
    served.links.delete(key)
    await present.link[Symbol.asyncDispose]()
  }

  /** Tokens do not tell upper from lower case in link names: there may not be two that differ by it. */
  #checkRoom(
    { name, links }: ServedProvider,
    actor: string,
    contractId: string,
    linkName: string,
  ): void {
    const similar = (key: string): boolean =>
      key.toLowerCase() === linkKey(actor, contractOf(contractId).name, linkName).toLowerCase()
    const reason =
      links.size >= maxLinks
        ? `${name} serves ${maxLinks} links of other hosts already`
        : 'there is a link whose name differs in upper and lower case only'
    if (links.size < maxLinks && ![...links.keys()].some(similar)) return
    throw new HostError('ERR_LINK_CONFLICT', { actor, contractId, linkName, reason }, reason)
  }

  async #answer(served: ServedProvider, call: IncomingCall): Promise<Uint8Array> {
    const { origin, target, operation: wireName, msg } = call.invocation
    const { contractId, linkName } = target
    // A link that is being made is waited for.
    await served.change
    const key = linkKey(origin.publicKey, contractOf(contractId).name, linkName)
    const link = served.links.get(key)
    if (!link || !isPublicKey(origin.publicKey, 'module')) {
      throw notLinked(origin.publicKey, { contractId, linkName }, wireName)
    }
    const asked = link.wire.askedOfProvider(wireName)
    if (!asked) {
      const message = `${contractId} has no operation ${JSON.stringify(wireName)}`
      const detail = { contractId, operation: wireName, known: [] }
      throw new HostError('ERR_OPERATION_UNKNOWN', detail, message)
    }
    const { operation, codec } = asked
    const request = codec.decodeRequest(msg)
    return codec.encodeResponse(
      await link.link.call(operation, request, providerCall(operation, call)),
    )
  }

  /** A provider here calls an actor elsewhere. */
  async #invoke(
    served: ServedProvider,
    wire: ContractWire,
    actor: string,
    linkName: string,
    operation: string,
    request: unknown,
    options: InvokeOptions = {},
  ): Promise<unknown> {
    const { caller, subjects } = this.#options
    const codec = wire.toActor(operation)
    if (!codec) {
      const message = `${wire.contractId} has no operation ${operation} that is called between hosts`
      const detail = { contractId: wire.contractId, operation, known: [] }
      throw new HostError('ERR_OPERATION_UNKNOWN', detail, message)
    }
    const { within, signal, timeoutMs = usualCallMs } = options
    const deadlineAt = Math.min(performance.now() + timeoutMs, within?.deadlineAt ?? Infinity)
    const answer = await caller.call({
      subject: subjects.actor(actor),
      origin: linkEntity({ providerId: served.id, contractId: wire.contractId, linkName }),
      target: actorEntity(actor),
      operation: codec.wireName,
      msg: codec.encodeRequest(request),
      deadlineAt,
      signal,
      depth: within ? within.depth + 1 : 0,
      traceparent: options.traceparent ?? within?.traceparent,
      actorToken: undefined,
    })
    return codec.decodeResponse(answer)
  }
}

async function closeLinks({ links }: ServedProvider): Promise<void> {
  const open = [...links.values()]
  links.clear()
  await Promise.allSettled(open.map(({ link }) => link[Symbol.asyncDispose]()))
}

function linkKey(actor: string, contract: string, linkName: string): string {
  return JSON.stringify([actor, contract, linkName])
}

function notLinked(
  actor: string,
  { contractId, linkName }: { readonly contractId: string; readonly linkName: string },
  operation = '',
): HostError<'ERR_NOT_LINKED'> {
  const message = `${actor} has no link ${linkName} for ${contractId} here`
  const detail = { actor, contractId, linkName, ...(operation !== '' && { operation }) }
  return new HostError('ERR_NOT_LINKED', detail, message)
}

function sameTexts(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
