import { performance } from 'node:perf_hooks'
import { health, type HealthResponse } from '../contracts/index.ts'
import { KeyPair } from '../signing/index.ts'
import { Actor, type ActorOwner } from './actor.ts'
import { type ActorModule, loadActorModule } from './actor-module.ts'
import { ActorTable } from './actor-table.ts'
import { Scheduler, withDefaultLimits } from './engine/index.ts'
import { HostError } from './errors.ts'
import { eventReason, type HostEvent, type HostEventListener } from './events.ts'
import type { ForeignLink, ForeignLinkRequest } from './foreign-link.ts'
import { contractOf, HostCalls } from './host-calls.ts'
import type {
  ActorLimits,
  HostOptions,
  StartActorOptions,
  StopOptions,
  UpdateActorOptions,
} from './host-options.ts'
import {
  type ActorInfo,
  actorInfo,
  type HostInventory,
  type LinkInfo,
  linkInfo,
} from './inventory.ts'
import { type LinkDefinition, normaliseLinkName } from './link-definition.ts'
import { definitionFacts, LinkDefinitions, type LinkReference } from './link-definitions.ts'
import { Linker, type SwapReport } from './linker.ts'
import { type Logger, silentLogger } from './logger.ts'
import { type ModuleSource, readModule } from './module-file.ts'
import { type Authorizer, policyAuthorizer } from './policy.ts'
import type { CapabilityProvider, InvokeOptions } from './provider.ts'
import type { ReceivedCall, Remote, RunningActor } from './remote.ts'
import { selectLinks, type SwapOptions, type SwapRequest } from './swap.ts'
import { refuseUpdate } from './update-rules.ts'

const drainTimeoutMs = 30_000

/**
 * Runs signed actors and routes their calls. One change at a time: starting, linking and stopping
 * wait for each other; invocations do not wait for them.
 */
export class Host implements AsyncDisposable {
  /** Public key, `N…`. */
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
  readonly #keyPair: KeyPair
  readonly #log: Logger
  readonly #authorizer: Authorizer
  readonly #limits: ActorLimits
  readonly #now: () => number
  readonly #scheduler: Scheduler
  readonly #actors = new ActorTable()
  readonly #definitions = new LinkDefinitions()
  readonly #linker: Linker
  readonly #calls: HostCalls
  readonly #listeners = new Set<HostEventListener>()
  readonly #startedAt = performance.now()
  readonly #owner: ActorOwner
  readonly #stopping = new AbortController()
  #remote: Remote | undefined
  #change: Promise<unknown> = Promise.resolve()
  #stopped: Promise<void> | undefined

  constructor(options: HostOptions = {}) {
    this.#keyPair = options.keyPair ?? KeyPair.generate('server')
    this.id = this.#keyPair.publicKey
    this.labels = Object.freeze({ ...options.labels })
    this.#log = options.log ?? silentLogger
    this.#authorizer = options.authorizer ?? policyAuthorizer(options.policy)
    this.#limits = options.limits ?? {}
    this.#now = options.now ?? Date.now
    this.#scheduler = options.scheduler ?? new Scheduler()
    const maxCallDepth = options.maxCallDepth ?? 16
    const emit = (event: HostEvent): void => this.#emit(event)
    this.#linker = new Linker({
      authorizer: this.#authorizer,
      maxCallDepth,
      log: this.#log,
      providerElsewhere: (key, contractId) => this.#remote?.provider(key, contractId),
      emit,
    })
    this.#calls = new HostCalls({
      directory: this.#actors,
      authorizer: this.#authorizer,
      maxCallDepth,
      remote: () => this.#remote,
      emit,
    })
    this.#owner = {
      now: this.#now,
      onExpired: (actor) =>
        emit({
          type: 'actor_expired',
          actor: actor.id,
          expiredAt: new Date(actor.module.expiresAtMs),
        }),
    }
    for (const provider of options.providers ?? []) this.#linker.register(provider)
    emit({ type: 'host_started', labels: this.labels })
  }

  /** Hears every event from now on. @returns a function that stops it. */
  onEvent(listener: HostEventListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Verifies, loads and starts an actor, and makes the link definitions that name it live. One that
   * cannot be made live is a `link_failed` event; the actor runs without it.
   *
   * @param source Bytes, or the path of a file.
   * @throws SigningError, EngineError or HostError: `ERR_MODULE_NOT_FOUND`, `ERR_POLICY_DENIED`,
   * `ERR_ACTOR_EXISTS`, `ERR_HOST_STOPPING`
   */
  startActor(source: ModuleSource, options: StartActorOptions = {}): Promise<ActorInfo> {
    return this.#exclusive(async () => {
      const module = await this.#load(source, options).catch((error: unknown) => {
        const named = typeof source === 'string' ? source : 'bytes'
        this.#emit({ type: 'actor_start_failed', module: named, reason: eventReason(error) })
        throw error
      })
      const actor = new Actor(module, this.#owner)
      try {
        this.#actors.add(actor)
      } catch (error) {
        await module.guest[Symbol.asyncDispose]()
        throw error
      }
      this.#emit({ type: 'actor_started', ...actor.facts })
      await this.#connectKnown(actor)
      await this.#remote?.actorStarted(running(actor))
      return actorInfo(actor)
    })
  }

  /**
   * Puts a new module in the place of a running actor's: same key, higher revision. Calls in flight
   * end on the old module, later ones begin on the new; links stay. If the new module cannot be
   * loaded, nothing has changed.
   *
   * @throws HostError `ERR_ACTOR_NOT_FOUND`, `ERR_UPDATE_REFUSED`, and what {@link startActor} throws
   */
  updateActor(source: ModuleSource, options: UpdateActorOptions = {}): Promise<ActorInfo> {
    return this.#exclusive(async () => {
      const module = await this.#load(source, options)
      const { subject } = module.claims
      try {
        const actor = this.#actors.find(subject)
        refuseUpdate(actor, module, options)
        const oldRevision = actor.facts.revision
        this.#actors.updating(actor, module)
        const previous = actor.turnOver(module)
        this.#emit({ type: 'actor_updated', ...actor.facts, oldRevision })
        await this.#drain(previous)
        await this.#connectKnown(actor)
        await this.#remote?.actorStarted(running(actor))
        return actorInfo(actor)
      } catch (error) {
        this.#emit({ type: 'actor_update_failed', actor: subject, reason: eventReason(error) })
        if (this.#actors.get(subject)?.module !== module) await module.guest[Symbol.asyncDispose]()
        throw error
      }
    })
  }

  /**
   * Stops an actor: what it serves stops taking requests, its calls in flight end, its links close.
   *
   * @param reference Public key, call alias or name.
   * @throws HostError `ERR_ACTOR_NOT_FOUND`, `ERR_ACTOR_AMBIGUOUS`
   */
  stopActor(reference: string, options: StopOptions = {}): Promise<void> {
    return this.#exclusive(() => this.#stopActor(this.#actors.find(reference), options))
  }

  /**
   * Makes a provider available. It opens nothing until it is linked.
   *
   * @throws HostError `ERR_PROVIDER_EXISTS`, `ERR_POLICY_DENIED` for one that came signed by somebody
   * that the policy does not trust
   */
  addProvider(provider: CapabilityProvider): Promise<void> {
    return this.#exclusive(async () => {
      this.#linker.register(provider)
      if (!provider.automatic) return
      for (const actor of this.#actors) await this.#linker.connectAutomatic(actor)
    })
  }

  /**
   * Puts a provider in the place of another while actors use it: every link of the old one is opened
   * on the new one, then all turn over in one step, then the old one drains and closes. If the new
   * one cannot take a link, nothing has changed.
   *
   * @param name The registered provider's name.
   * @returns how many links turned over.
   * @throws HostError `ERR_PROVIDER_NOT_FOUND`, `ERR_PROVIDER_EXISTS`, `ERR_LINK_CONFIG`,
   * `ERR_LINK_FAILED`, `ERR_LINK_CONFLICT`
   */
  replaceProvider(name: string, next: CapabilityProvider): Promise<number> {
    return this.#exclusive(async () => {
      const links = await this.#linker.replace(name, next, this.#actors)
      this.#definitions.change(({ provider }) => provider === name, { provider: next.name })
      return links.length
    })
  }

  /**
   * Forgets a provider that serves no link. Definitions that name it stay as they are.
   *
   * @throws HostError `ERR_PROVIDER_NOT_FOUND`, `ERR_PROVIDER_IN_USE`
   */
  removeProvider(name: string): Promise<void> {
    return this.#exclusive(async () => this.#linker.unregister(name, this.#actors))
  }

  /**
   * Has another registered provider serve a contract: every link that the request picks is opened on
   * it, what the links keep is copied if that is asked for, then all turn over in one step, and what
   * served before drains and closes. If anything fails, nothing has changed. Link definitions say
   * from then on what serves them, those of actors that do not run now too.
   *
   * A copy is made while the links are used, and calls wait only for the last of it. Keys that only
   * the new provider has are left there.
   *
   * @throws HostError `ERR_PROVIDER_NOT_FOUND`, `ERR_NOTHING_TO_SWAP`, `ERR_LINK_CONFIG`,
   * `ERR_LINK_FAILED`, `ERR_LINK_CONFLICT`, `ERR_COPY_UNSUPPORTED`, `ERR_COPY_FAILED`,
   * `ERR_ACTOR_AMBIGUOUS`; the reason of the signal
   */
  swap(request: SwapRequest, options: SwapOptions = {}): Promise<SwapReport> {
    const { contractId, provider: name, values } = request
    return this.#exclusive(async () => {
      const provider = this.#linker.providers.choose({ contractId, provider: name })
      const { links, isPicked } = selectLinks(request, this.#actors, this.#definitions)
      const signals = [this.#stopping.signal, ...(options.signal ? [options.signal] : [])]
      const { onProgress } = options
      const copying = request.copy
        ? { signal: AbortSignal.any(signals), ...(onProgress && { onProgress }) }
        : undefined
      const report = await this.#linker.swap(links, provider, values, copying)
      this.#definitions.change(isPicked, { provider: name, ...(values && { values }) })
      for (const link of links) {
        this.#definitions.follow(link, (reference) => this.#actors.answersTo(link.actor, reference))
      }
      return report
    })
  }

  /**
   * States a link. It becomes live at once if the actor runs here, else when it starts; stating it
   * again with other values turns the live link over.
   *
   * @returns the live link, or `undefined` while the actor does not run.
   * @throws HostError `ERR_CAPABILITY_DENIED`, `ERR_POLICY_DENIED`, `ERR_PROVIDER_NOT_FOUND`,
   * `ERR_LINK_CONFIG`, `ERR_LINK_CONFLICT`, `ERR_LINK_FAILED`, `ERR_ACTOR_AMBIGUOUS`; the
   * definition is then not kept
   */
  link(definition: LinkDefinition): Promise<LinkInfo | undefined> {
    return this.#exclusive(async () => {
      const actor = this.#actors.maybeFind(definition.actor)
      const link = actor && (await this.#linker.connect(actor, definition))
      this.#definitions.set(definition, actor)
      this.#emit({ type: 'linkdef_set', ...definitionFacts(definition, actor) })
      return link && linkInfo(link)
    })
  }

  /**
   * Takes a link back: it drains and closes.
   *
   * @returns false if there was none.
   */
  unlink(definition: LinkReference): Promise<boolean> {
    return this.#exclusive(async () => {
      const actor = this.#actors.maybeFind(definition.actor)
      const known = this.#definitions.delete(definition, actor)
      const linkName = normaliseLinkName(definition.linkName)
      const live = actor?.links.get(contractOf(definition.contractId).name)?.has(linkName) ?? false
      if (actor) await this.#linker.disconnect(actor, definition.contractId, linkName)
      if (known) this.#emit({ type: 'linkdef_deleted', ...definitionFacts(definition, actor) })
      return known || live
    })
  }

  /**
   * Calls an operation of an actor by its name on the wire, as the host itself. The memory of what
   * comes back may hold other messages too.
   *
   * @param reference Public key, call alias or name.
   * @throws HostError `ERR_ACTOR_NOT_FOUND`, `ERR_ACTOR_AMBIGUOUS`, and what the call itself throws
   */
  call(
    reference: string,
    operation: string,
    payload: Uint8Array,
    options?: InvokeOptions,
  ): Promise<Uint8Array> {
    try {
      return this.#actors.find(reference).call(operation, payload, options)
    } catch (error) {
      const reason = error as HostError
      return Promise.reject(reason)
    }
  }

  /**
   * Asks an actor whether it is well. One that fails to answer is not, and says why in `message`.
   *
   * @param reference Public key, call alias or name.
   * @throws HostError `ERR_ACTOR_NOT_FOUND`, `ERR_ACTOR_AMBIGUOUS`
   */
  async checkHealth(reference: string, options?: InvokeOptions): Promise<HealthResponse> {
    const actor = this.#actors.find(reference)
    const answer = await actor
      .invoke(health, health.dialect(actor.module.dialect), 'HealthRequest', {}, options)
      .catch((error: unknown) => ({ healthy: false, message: eventReason(error).message }))
    const { healthy, message } = answer as HealthResponse
    const type = healthy ? 'health_check_passed' : 'health_check_failed'
    this.#emit({ type, actor: actor.id, message })
    return { healthy, message }
  }

  /**
   * Says where to find what does not run here; tells it of the actors that do. `undefined`: nowhere,
   * which is how a host begins.
   */
  setRemote(remote: Remote | undefined): Promise<void> {
    return this.#exclusive(async () => {
      this.#remote = remote
      if (!remote) return
      await Promise.all([...this.#actors].map((actor) => remote.actorStarted(running(actor))))
    })
  }

  /**
   * Answers a call from another host, under the policy of this one.
   *
   * @throws HostError `ERR_ACTOR_NOT_FOUND`, `ERR_POLICY_DENIED`, `ERR_CALL_DEPTH`, and what the call
   * itself throws
   */
  receive(call: ReceivedCall): Promise<Uint8Array> {
    return this.#calls.receive(call)
  }

  /**
   * Has a provider of this host serve an actor that runs on another, under the policy of this one.
   *
   * @throws what {@link link} throws
   */
  linkForeign(request: ForeignLinkRequest): Promise<ForeignLink> {
    return this.#exclusive(() => this.#linker.connectForeign(request))
  }

  /** What runs here now. */
  inventory(): HostInventory {
    return {
      host: this.id,
      labels: this.labels,
      uptimeMs: performance.now() - this.#startedAt,
      actors: [...this.#actors].map(actorInfo),
      providers: [...this.#linker.providers].map(({ name, summary, contract }) => ({
        id: this.providerId(name),
        name,
        summary,
        contractId: contract.ids[0] ?? contract.name,
      })),
      linkDefinitions: [...this.#definitions],
    }
  }

  /** What other hosts call a provider of this one by: `V…`, made of this host's key and the name. */
  providerId(name: string): string {
    return this.#keyPair.derive('service', name).publicKey
  }

  /** Stops every actor, then is done. Calls in flight end first. Twice is fine. */
  stop(options: StopOptions = {}): Promise<void> {
    this.#stopping.abort(hostStopping(this.id))
    this.#stopped ??= this.#queue(async () => {
      // Every door closes before the first actor stops, so that none calls one that is gone.
      await Promise.all([...this.#actors].map((actor) => this.#closeInbound(actor)))
      await Promise.all([...this.#actors].map((actor) => this.#stopActor(actor, options)))
      this.#emit({ type: 'host_stopped' })
    })
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #load(source: ModuleSource, options: StartActorOptions): Promise<ActorModule> {
    const limits = withDefaultLimits({ ...this.#limits, ...options.limits })
    return loadActorModule(await readModule(source), {
      limits,
      scheduler: this.#scheduler,
      authorizer: this.#authorizer,
      log: this.#log,
      now: new Date(this.#now()),
      signal: options.signal,
      hostCall: (module, call) => {
        const actor = this.#actors.get(module.claims.subject)
        if (actor) return this.#calls.handle(actor, module, call)
        throw new HostError(
          'ERR_ACTOR_NOT_FOUND',
          { actor: module.claims.subject },
          `${module.claims.subject} is not running any more`,
        )
      },
    })
  }

  /** Makes live what is already defined for an actor; the automatic links come last. */
  async #connectKnown(actor: Actor): Promise<void> {
    for (const definition of this.#definitions) {
      if (!this.#actors.answersTo(actor, definition.actor)) continue
      await this.#linker.connectStated(actor, definition)
    }
    await this.#linker.connectAutomatic(actor)
  }

  async #stopActor(actor: Actor, options: StopOptions): Promise<void> {
    await this.#closeInbound(actor)
    actor.stopTaking()
    await this.#drain(actor.module, options.signal)
    this.#actors.remove(actor)
    await Promise.all([...actor.allLinks()].map((link) => this.#linker.close(link)))
    this.#emit({ type: 'actor_stopped', ...actor.facts })
  }

  /**
   * Closes the links through which requests come in, so that what is in flight can still call out; of
   * those that serve operations too, only that door.
   */
  async #closeInbound(actor: Actor): Promise<void> {
    await this.#remote?.actorStopping(actor.id)
    const { dialect } = actor.module
    const inbound = [...actor.allLinks()].filter((link) => {
      const operations = link.contract.dialect(dialect)?.toActor.keys()
      return operations !== undefined && !operations[Symbol.iterator]().next().done
    })
    await Promise.all(
      inbound.map((link) =>
        link.serving.hasIntake ? this.#linker.closeIntake(link) : this.#linker.close(link),
      ),
    )
  }

  /** Lets the calls of a module end, up to a limit, then gives up what is left. */
  async #drain(module: ActorModule, signal?: AbortSignal): Promise<void> {
    await module.guest.drain(signal ?? AbortSignal.timeout(drainTimeoutMs))
    await module.guest[Symbol.asyncDispose]()
  }

  /** Runs a change when those before it are done, whether or not they succeeded. */
  #queue<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#change.then(change)
    this.#change = result.catch(() => {})
    return result
  }

  #exclusive<T>(change: () => Promise<T>): Promise<T> {
    if (!this.#stopped) return this.#queue(change)
    return Promise.reject(hostStopping(this.id))
  }

  #emit(event: HostEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        this.#log.error('event listener failed', { type: event.type, reason: eventReason(error) })
      }
    }
  }
}

function hostStopping(host: string): HostError {
  return new HostError('ERR_HOST_STOPPING', { host }, `host ${host} is stopping`)
}

function running({ id, claims, module }: Actor): RunningActor {
  return { id, claims, token: module.token }
}
