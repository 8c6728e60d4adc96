import type { Contract } from '../contracts/index.ts'
import type { Actor } from './actor.ts'
import type { ActorClaims } from '../signing/index.ts'
import { HostError } from './errors.ts'
import { eventReason, type HostEvent } from './events.ts'
import { ForeignLink, type ForeignLinkRequest } from './foreign-link.ts'
import { contractOf } from './host-calls.ts'
import { Link, LinkInvoker, Serving } from './link.ts'
import { type CopiedLink, type CopyOptions, type CopyReport, LinkCopy } from './link-copy.ts'
import { defaultLinkName, type LinkDefinition, normaliseLinkName } from './link-definition.ts'
import type { Logger } from './logger.ts'
import type { Authorizer } from './policy.ts'
import type { CapabilityProvider, LinkContext, LinkedActor, ProviderLink } from './provider.ts'
import { ProviderTable } from './provider-table.ts'
import type { StandardSchema } from './standard-schema.ts'

/** How long a provider may take to open a link, in milliseconds. */
const openTimeoutMs = 30_000

/** What a {@link Linker} stands on. */
export interface LinkerOptions {
  readonly authorizer: Authorizer
  readonly maxCallDepth: number
  readonly log: Logger
  /** A provider that does not run here, by the key that a definition names it with. */
  providerElsewhere(key: string, contractId: string): CapabilityProvider | undefined
  emit(event: HostEvent): void
}

/** An actor's end of a link that is opened. */
interface LinkEnd {
  readonly actor: LinkedActor
  readonly contract: Contract
  readonly linkName: string
  readonly invoke: LinkContext<unknown>['invoke']
}

/** What became of a swap. */
export interface SwapReport {
  /** How many links turned over; those that the provider served already are not among them. */
  readonly links: number
  /** For how long calls had to wait, in milliseconds. */
  readonly pauseMs: number
  /** What was copied; `undefined` where nothing was to be. */
  readonly copied: CopyReport | undefined
}

/** Holds the providers, and makes, replaces and ends live links. Its caller runs one change at a time. */
export class Linker {
  readonly #options: LinkerOptions
  readonly providers: ProviderTable
  /** Failures that a `link_failed` event has told of. */
  readonly #told = new WeakSet<Error>()

  constructor(options: LinkerOptions) {
    this.#options = options
    this.providers = new ProviderTable(options.authorizer, (key, contractId) =>
      options.providerElsewhere(key, contractId),
    )
  }

  /** @throws HostError `ERR_PROVIDER_EXISTS`, `ERR_POLICY_DENIED` */
  register(provider: CapabilityProvider): void {
    this.providers.add(provider)
    this.#emitProvider('provider_started', provider)
  }

  /**
   * Makes a definition live for an actor, or turns its live link over to what the definition now says.
   * If anything fails, nothing has changed.
   *
   * @throws HostError `ERR_CAPABILITY_DENIED`, `ERR_POLICY_DENIED`, `ERR_PROVIDER_NOT_FOUND`,
   * `ERR_LINK_CONFIG`, `ERR_LINK_CONFLICT`, `ERR_LINK_FAILED`
   */
  async connect(actor: Actor, definition: LinkDefinition): Promise<Link> {
    const contract = contractOf(definition.contractId)
    const linkName = normaliseLinkName(definition.linkName)
    this.#check(actor.claims, definition.contractId, linkName)
    const provider = this.providers.choose(definition)
    const values = definition.values ?? {}
    const present = actor.links.get(contract.name)?.get(linkName)
    if (present) {
      if (present.serving.provider === provider && sameValues(present.values, values))
        return present
      return this.#redefine(present, provider, values)
    }
    const serving = await this.#open(provider, actor, contract, linkName, values)
    return this.#attach(new Link(actor, contract, linkName, values, serving))
  }

  /**
   * As {@link connect}, for what nobody waits for: that it fails is a `link_failed` event and a line in
   * the log, whatever the reason.
   */
  async connectStated(actor: Actor, definition: LinkDefinition): Promise<void> {
    try {
      await this.connect(actor, definition)
    } catch (error) {
      const { contractId, provider = '' } = definition
      const linkName = normaliseLinkName(definition.linkName)
      const facts = { actor: actor.id, contractId, linkName, provider, reason: eventReason(error) }
      if (!(error instanceof Error && this.#told.has(error))) {
        this.#options.emit({ type: 'link_failed', ...facts })
      }
      this.#options.log.error('link not made', facts)
    }
  }

  /** Links an actor to the automatic providers of the contracts it claims, where that may be. */
  async connectAutomatic(actor: Actor): Promise<void> {
    for (const provider of this.providers) {
      const { contract } = provider
      if (!provider.automatic || !actor.module.claimed.has(contract.name)) continue
      if (actor.links.get(contract.name)?.has(defaultLinkName)) continue
      await this.connectStated(actor, {
        actor: actor.id,
        contractId: contract.ids[0] ?? contract.name,
        provider: provider.name,
      })
    }
  }

  /**
   * Has a provider of this host serve an actor that runs on another, under the policy of this one.
   *
   * @throws what {@link connect} throws
   */
  async connectForeign(request: ForeignLinkRequest): Promise<ForeignLink> {
    const { claims, contractId, linkName, values } = request
    const contract = contractOf(contractId)
    this.#check(claims, contractId, linkName)
    const provider = this.providers.choose(request)
    const actor = { id: claims.subject, name: claims.name ?? claims.subject, claims }
    const invoke = request.invoke.bind(request)
    const end = { actor, contract, linkName, invoke }
    return new ForeignLink(contract, await this.#openEnd(provider, end, values))
  }

  /** Ends a link. Does nothing if there is none. */
  async disconnect(actor: Actor, contractId: string, linkName: string): Promise<void> {
    const byName = actor.links.get(contractOf(contractId).name)
    const link = byName?.get(linkName)
    if (link) await this.close(link)
  }

  /** Ends what comes in through a link, while the actor may still call its operations. */
  async closeIntake(link: Link): Promise<void> {
    await this.#orderly(link.serving, () => link.serving.closeIntake())
  }

  /** Ends a live link: nothing more comes in, it takes no new calls, drains, and closes. */
  async close(link: Link): Promise<void> {
    await this.closeIntake(link)
    const byName = link.actor.links.get(link.contract.name)
    if (byName?.get(link.linkName) === link) byName.delete(link.linkName)
    await this.#dispose(link.serving)
    this.#options.emit({ type: 'link_stopped', ...link.facts })
  }

  /**
   * Puts one provider in the place of another, for every link that the other serves: links all first,
   * turns over in one step, drains the old ones and closes them. If the new one fails to link,
   * nothing has changed.
   *
   * @param actors All actors of the host.
   * @returns the links that turned over.
   */
  async replace(
    name: string,
    next: CapabilityProvider,
    actors: Iterable<Actor>,
  ): Promise<readonly Link[]> {
    const previous = this.providers.find(name)
    this.providers.requireExchangeable(previous, next)
    const links = linksOf(previous, actors)
    const opened = await openAll(links, (link) => this.#openFor(link, next, link.values))
    this.providers.exchange(previous, next)
    const old = links.map((link, index) => link.turnOver(opened[index] as Serving))
    this.#emitProvider('provider_started', next)
    await Promise.all(old.map((serving) => this.#dispose(serving)))
    this.#emitProvider('provider_stopped', previous)
    return links
  }

  /**
   * Has another registered provider serve links: opens all on it first, copies what they keep if that
   * is wanted, turns all over in one step, then drains and closes what served before. If anything
   * fails, nothing has changed.
   *
   * @param links Of one contract.
   * @param values Instead of each link's own.
   */
  async swap(
    links: readonly Link[],
    provider: CapabilityProvider,
    values: Readonly<Record<string, string>> | undefined,
    copying: CopyOptions | undefined,
  ): Promise<SwapReport> {
    const moved = links.filter(
      ({ serving, values: own }) =>
        serving.provider !== provider || (values !== undefined && !sameValues(own, values)),
    )
    const opened = await openAll(moved, (link) =>
      this.#openFor(link, provider, values ?? link.values),
    )
    let pauseMs = 0
    let copied: CopyReport | undefined
    let old: Serving[]
    try {
      using copy = copying && new LinkCopy(contentsOf(moved, opened), copying)
      await copy?.run()
      const startedAt = performance.now()
      old = moved.map((link, index) => link.turnOver(opened[index] as Serving, values))
      pauseMs = copy?.heldMs ?? performance.now() - startedAt
      copied = copy?.report
    } catch (error) {
      await Promise.all(opened.map((serving) => this.#dispose(serving)))
      throw error
    }
    moved.forEach((link, index) => {
      const oldProvider = old[index]?.provider.name ?? ''
      this.#options.emit({ type: 'link_swapped', oldProvider, ...link.facts })
    })
    await Promise.all(old.map((serving) => this.#dispose(serving)))
    return { links: moved.length, pauseMs, copied }
  }

  /**
   * Forgets a provider that no link uses.
   *
   * @param actors All actors of the host.
   */
  unregister(name: string, actors: Iterable<Actor>): void {
    const provider = this.providers.find(name)
    const { length: links } = linksOf(provider, actors)
    if (links > 0) {
      const message = `${name} serves ${links} ${links === 1 ? 'link' : 'links'}`
      throw new HostError('ERR_PROVIDER_IN_USE', { provider: name, links }, message)
    }
    this.providers.delete(provider)
    this.#emitProvider('provider_stopped', provider)
  }

  #check(claims: ActorClaims, contractId: string, linkName: string): void {
    const name = claims.name ?? claims.subject
    const { name: contract } = contractOf(contractId)
    if (!claims.contracts.some((id) => contractOf(id).name === contract)) {
      throw new HostError(
        'ERR_CAPABILITY_DENIED',
        { actor: claims.subject, contractId },
        `${name} is not authorized to use ${contractId}: its claims do not name it`,
      )
    }
    const verdict = this.#options.authorizer.mayLink(claims, contractId, linkName)
    if (!verdict.ok) {
      throw new HostError(
        'ERR_POLICY_DENIED',
        { actor: claims.subject, reason: verdict.reason },
        `${name} may not be linked: ${verdict.reason}`,
      )
    }
  }

  #attach(link: Link): Link {
    const { links } = link.actor
    const byName = links.get(link.contract.name) ?? new Map<string, Link>()
    links.set(link.contract.name, byName.set(link.linkName, link))
    this.#options.emit({ type: 'link_started', ...link.facts })
    return link
  }

  async #redefine(
    present: Link,
    provider: CapabilityProvider,
    values: Readonly<Record<string, string>>,
  ): Promise<Link> {
    const { actor, contract, linkName } = present
    const serving = await this.#open(provider, actor, contract, linkName, values)
    const next = new Link(actor, contract, linkName, values, serving)
    this.#attach(next)
    await this.#dispose(present.serving)
    this.#options.emit({ type: 'link_stopped', ...present.facts })
    return next
  }

  #openFor(
    { actor, contract, linkName }: Link,
    provider: CapabilityProvider,
    values: Readonly<Record<string, string>>,
  ): Promise<Serving> {
    return this.#open(provider, actor, contract, linkName, values)
  }

  async #open(
    provider: CapabilityProvider,
    actor: Actor,
    contract: Contract,
    linkName: string,
    values: Readonly<Record<string, string>>,
  ): Promise<Serving> {
    const invoker = new LinkInvoker(actor, contract, this.#options.maxCallDepth)
    const invoke: LinkEnd['invoke'] = (operation, request, options) =>
      invoker.invoke(operation, request, options)
    return this.#openEnd(provider, { actor: actor.asLinked, contract, linkName, invoke }, values)
  }

  async #openEnd(
    provider: CapabilityProvider,
    { actor, contract, linkName, invoke }: LinkEnd,
    values: Readonly<Record<string, string>>,
  ): Promise<Serving> {
    const config = await parseConfig(provider, values)
    const abort = new AbortController()
    const opening: Promise<ProviderLink> = Promise.resolve().then(() =>
      provider.link({
        config,
        actor,
        linkName,
        log: this.#options.log.child({ provider: provider.name, actor: actor.id, linkName }),
        signal: abort.signal,
        invoke,
      }),
    )
    const deadline = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      deadline.reject(new Error(`not open after ${openTimeoutMs} ms`))
    }, openTimeoutMs)
    try {
      return new Serving(provider, await Promise.race([opening, deadline.promise]), abort)
    } catch (cause) {
      abort.abort()
      // A provider that opens too late, in spite of its signal, must not be left open.
      opening.then((late) => late[Symbol.asyncDispose]?.()).catch(() => {})
      const { message } = eventReason(cause)
      const facts = { actor: actor.id, contractId: contract.ids[0] ?? contract.name, linkName }
      this.#options.emit({
        type: 'link_failed',
        ...facts,
        provider: provider.name,
        reason: eventReason(cause),
      })
      const error =
        cause instanceof HostError
          ? cause
          : new HostError(
              'ERR_LINK_FAILED',
              { provider: provider.name, actor: actor.id, reason: message },
              `${provider.name} could not be linked to ${actor.name}: ${message}`,
              { cause },
            )
      this.#told.add(error)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** @param serving What serves no link any more, but may still hand the actor what came in. */
  async #dispose(serving: Serving): Promise<void> {
    await this.#orderly(serving, () => serving.closeIntake())
    await this.#orderly(serving, () => serving[Symbol.asyncDispose]())
  }

  /** A provider that fails to close must not keep the rest from closing. */
  async #orderly(serving: Serving, end: () => Promise<void>): Promise<void> {
    try {
      await end()
    } catch (error) {
      this.#options.log.warn('link did not close cleanly', {
        provider: serving.provider.name,
        reason: eventReason(error),
      })
    }
  }

  #emitProvider(type: 'provider_started' | 'provider_stopped', provider: CapabilityProvider): void {
    const contractId = provider.contract.ids[0] ?? provider.contract.name
    this.#options.emit({ type, provider: provider.name, contractId })
  }
}

/** Opens all or none: if one fails, those already open are closed before it throws. */
async function openAll(
  links: readonly Link[],
  open: (link: Link) => Promise<Serving>,
): Promise<Serving[]> {
  const settled = await Promise.allSettled(links.map(open))
  const failed = settled.find((result) => result.status === 'rejected')
  const opened = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  if (!failed) return opened
  await Promise.allSettled(opened.map((serving) => serving[Symbol.asyncDispose]()))
  throw failed.reason
}

/** The links that a provider serves. */
function linksOf(provider: CapabilityProvider, actors: Iterable<Actor>): Link[] {
  return [...actors]
    .flatMap((actor) => [...actor.allLinks()])
    .filter((link) => link.serving.provider === provider)
}

/** @throws HostError `ERR_COPY_UNSUPPORTED` */
function contentsOf(links: readonly Link[], opened: readonly Serving[]): CopiedLink[] {
  return links.map((link, index) => {
    const next = opened[index] as Serving
    const from = link.serving.content
    const to = next.content
    if (from && to) return { link, from, to }
    const provider = (from ? next : link.serving).provider.name
    const { contractId } = link.facts
    throw new HostError(
      'ERR_COPY_UNSUPPORTED',
      { provider, contractId },
      `${provider} cannot list what it keeps for ${contractId}`,
    )
  })
}

async function parseConfig(
  provider: CapabilityProvider,
  values: Readonly<Record<string, string>>,
): Promise<unknown> {
  const schema: StandardSchema = provider.configSchema
  const result = await schema['~standard'].validate(values)
  if (!result.issues) return result.value
  const issues = result.issues.map(({ path, message }) => ({
    key: (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.'),
    problem: message,
  }))
  throw new HostError(
    'ERR_LINK_CONFIG',
    { provider: provider.name, issues },
    `${provider.name} cannot be configured: ${issues.map(({ key, problem }) => (key ? `${key}: ${problem}` : problem)).join('; ')}`,
  )
}

function sameValues(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
