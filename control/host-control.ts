import { Buffer } from 'node:buffer'
import * as v from 'valibot'
import {
  contractForId,
  contracts,
  decodeJsonResponse,
  encodeJsonRequest,
  type HealthResponse,
} from '../contracts/index.ts'
import {
  type ActorInfo,
  type CapabilityProvider,
  type CloudEvent,
  type EventReason,
  type Host,
  HostError,
  type HostEvent,
  linkKey,
  type ModuleSource,
  toCloudEvent,
} from '../host/index.ts'
import { ControlError, type ControlProblem } from './errors.ts'
import {
  actorReport,
  answersTo,
  type HostReport,
  type InventoryReport,
  type LinkReport,
  linkReports,
  type ProviderReport,
  providerReports,
} from './reports.ts'
import {
  type FileOnWire,
  isVerb,
  type Progress,
  type Verb,
  type Verbs,
  verbSchemas,
} from './verbs.ts'

/** Where a provider comes from: it is known by name, or a file holds it. */
export type ProviderSource = { readonly name: string } | { readonly file: ModuleSource }

/** What a {@link HostControl} may be given besides its host. */
export interface HostControlOptions {
  /** Of the program that the host runs in, for {@link HostReport}. */
  readonly version?: string
  /**
   * Loads a provider from a file, or by the name of one that is not registered. Default: none can be
   * loaded.
   *
   * @returns `undefined` if there is none of that name
   */
  loadProvider?(
    source: ProviderSource,
    signal: AbortSignal,
  ): Promise<CapabilityProvider | undefined>
  /** Asked to stop the host. Default: stops it. */
  stop?(): void
  /** The wall clock, in milliseconds. Default `Date.now`. */
  now?(): number
}

/** What accompanies one request. */
export interface RunOptions {
  /** Aborted when who asked waits no more: calls and copies are given up, other changes are made. */
  readonly signal?: AbortSignal
  onProgress?(progress: Progress): void
}

/** How long each actor has to answer where an inventory asks after its health, in milliseconds. */
const inventoryHealthMs = 1_000
/** The key of a provider: on a lattice, one may run on another host. */
const keyElsewhere = /^V[A-Z2-7]{55}$/

type Handlers = {
  readonly [V in Verb]: (
    request: Verbs[V]['request'],
    options: Required<Pick<RunOptions, 'signal'>> & RunOptions,
  ) => Verbs[V]['response'] | Promise<Verbs[V]['response']>
}

/**
 * Does on a host what verbs ask for: strict requests go in, and what comes out is JSON. How they
 * travel is not its business.
 */
export class HostControl implements Disposable {
  readonly host: Host
  readonly #options: HostControlOptions
  readonly #failures = new Map<string, EventReason>()
  readonly #listening: () => void

  constructor(host: Host, options: HostControlOptions = {}) {
    this.host = host
    this.#options = options
    this.#listening = host.onEvent((event) => this.#remember(event))
  }

  /**
   * Carries out one request.
   *
   * @throws ControlError `ERR_CONTROL_REQUEST`, and what the host throws
   */
  async run<V extends Verb>(
    verb: V,
    request: unknown,
    options?: RunOptions,
  ): Promise<Verbs[V]['response']>
  async run(verb: string, request: unknown, options?: RunOptions): Promise<unknown>
  async run(verb: string, request: unknown, options: RunOptions = {}): Promise<unknown> {
    if (!isVerb(verb)) {
      const problem = `there is no such verb; there are ${Object.keys(verbSchemas).join(', ')}`
      throw refused(verb, [{ path: '', problem }])
    }
    if (Array.isArray(request)) {
      throw refused(verb, [{ path: '', problem: 'expected an object, not a list' }])
    }
    const parsed = v.safeParse(verbSchemas[verb], request)
    if (!parsed.success) throw refused(verb, parsed.issues.map(problemOf))
    const signal = options.signal ?? new AbortController().signal
    const handler = this.#handlers[verb] as (request: unknown, options: RunOptions) => unknown
    return handler(parsed.output, { ...options, signal })
  }

  /** Hears every event of the host from now on, in its envelope. @returns a function that stops it. */
  onEvent(listener: (event: CloudEvent) => void): () => void {
    return this.host.onEvent((event) =>
      listener(toCloudEvent(event, this.host.id, new Date(this.#options.now?.() ?? Date.now()))),
    )
  }

  [Symbol.dispose](): void {
    this.#listening()
  }

  readonly #handlers: Handlers = {
    host: () => this.#hostReport(),
    inventory: ({ health }, { signal }) => this.#inventory(health === true, signal),
    'start-actor': async ({ module }) => ({
      actor: actorReport(await this.host.startActor(sourceOf(module))),
    }),
    'stop-actor': async ({ actor }) => {
      const { id, name } = this.#actor(actor)
      await this.host.stopActor(id)
      return { id, name }
    },
    'update-actor': async ({ module, actor, ...rules }) => {
      const startedAt = performance.now()
      const before = this.host.inventory().actors
      const meant = actor === undefined ? undefined : this.#actor(actor)
      const { allowAnyRevision = false, allowAnyIssuer = false } = rules
      const updated = await this.host
        .updateActor(sourceOf(module), {
          allowAnyRevision,
          allowAnyIssuer,
          ...(meant && { actor: meant.id }),
        })
        .catch((error: unknown) => {
          throw (meant && otherActor(error, meant)) ?? error
        })
      return {
        actor: actorReport(updated),
        oldRevision: before.find(({ id }) => id === updated.id)?.revision ?? 0,
        durationMs: performance.now() - startedAt,
      }
    },
    'put-link': async ({ actor, contractId, linkName, provider, values }) => {
      const definition = {
        actor,
        contractId: contractIdOf(contractId),
        ...(linkName !== undefined && { linkName }),
        ...(provider !== undefined && { provider }),
        ...(values !== undefined && { values }),
      }
      const link = await this.host.link(definition)
      return { link: link ? (this.#link(definition) ?? null) : null }
    },
    'delete-link': async ({ actor, contractId, linkName }) => ({
      deleted: await this.host.unlink({
        actor,
        contractId: contractIdOf(contractId),
        ...(linkName !== undefined && { linkName }),
      }),
    }),
    'start-provider': async ({ provider }, { signal }) => {
      const loaded = await this.#load(provider, signal)
      await this.host.addProvider(loaded)
      return { provider: this.#provider(loaded.name) }
    },
    'stop-provider': async ({ provider }) => {
      await this.host.removeProvider(provider)
      return { provider }
    },
    swap: (request, options) => this.#swap(request, options),
    call: (request, { signal }) => this.#call(request, signal),
    health: async ({ actor, timeoutMs }, { signal }) => {
      const asked = actor === undefined ? this.host.inventory().actors : [this.#actor(actor)]
      const actors = await Promise.all(
        asked.map(async ({ id, name }) => ({
          id,
          name,
          ...(await this.#health(id, signal, timeoutMs)),
        })),
      )
      return { healthy: actors.every(({ healthy }) => healthy), actors }
    },
    'stop-host': () => {
      // After the answer is on its way: stopping ends what it travels on.
      const { stop = () => void this.host.stop() } = this.#options
      setImmediate(stop)
      return { host: this.host.id }
    },
  }

  #hostReport(): HostReport {
    const { host, labels, uptimeMs, actors } = this.host.inventory()
    const { version } = this.#options
    return {
      host,
      labels,
      uptimeMs,
      pid: process.pid,
      ...(version !== undefined && { version }),
      actors: actors.length,
    }
  }

  async #inventory(withHealth: boolean, signal: AbortSignal): Promise<InventoryReport> {
    const inventory = this.host.inventory()
    const actors = inventory.actors.map(async (actor) => ({
      ...actorReport(actor),
      ...(withHealth && { health: await this.#health(actor.id, signal, inventoryHealthMs) }),
    }))
    return {
      ...this.#hostReport(),
      actors: await Promise.all(actors),
      providers: providerReports(inventory),
      links: linkReports(inventory, this.#failures),
    }
  }

  async #swap(
    request: Verbs['swap']['request'],
    { signal, onProgress }: RunOptions & { signal: AbortSignal },
  ): Promise<Verbs['swap']['response']> {
    const { provider, contractId, linkName, actor, values, copy } = request
    const isRegistered =
      typeof provider === 'string' &&
      (keyElsewhere.test(provider) ||
        this.host.inventory().providers.some(({ name }) => name === provider))
    let name: string
    if (isRegistered) name = provider
    else {
      const loaded = await this.#load(provider, signal)
      await this.host.addProvider(loaded)
      name = loaded.name
    }
    try {
      const { links, pauseMs, copied } = await this.host.swap(
        {
          contractId: contractIdOf(contractId),
          provider: name,
          ...(linkName !== undefined && { linkName }),
          ...(actor !== undefined && { actor }),
          ...(values !== undefined && { values }),
          ...(copy !== undefined && { copy }),
        },
        { signal, ...(onProgress && { onProgress }) },
      )
      return { links, pauseMs, provider: name, ...(copied && { copied }) }
    } catch (error) {
      // Nothing has changed, so that what was loaded for it goes again.
      if (!isRegistered) await this.host.removeProvider(name).catch(() => {})
      throw error
    }
  }

  async #call(
    { actor: reference, operation, json, payload, timeoutMs }: Verbs['call']['request'],
    signal: AbortSignal,
  ): Promise<Verbs['call']['response']> {
    const options = { signal, ...(timeoutMs !== undefined && { timeoutMs }) }
    const actor = this.#actor(reference)
    if (payload !== undefined) {
      if (json !== undefined) {
        throw refused('call', [{ path: 'payload', problem: 'cannot be given along with json' }])
      }
      const reply = await this.host.call(
        actor.id,
        operation,
        Buffer.from(payload, 'base64'),
        options,
      )
      return { payload: Buffer.from(reply).toString('base64') }
    }
    const call = encodeJsonRequest(operation, json, actor.dialect)
    const reply = await this.host.call(actor.id, call.operation, call.payload, options)
    return { json: decodeJsonResponse(operation, reply, actor.dialect) }
  }

  #health(actor: string, signal: AbortSignal, timeoutMs?: number): Promise<HealthResponse> {
    return this.host
      .checkHealth(actor, { signal, ...(timeoutMs !== undefined && { timeoutMs }) })
      .catch((error: unknown) => ({
        healthy: false,
        message: error instanceof Error ? error.message : String(error),
      }))
  }

  #actor(reference: string): ActorInfo {
    const { actors } = this.host.inventory()
    const exact = actors.find(({ id, callAlias }) => id === reference || callAlias === reference)
    const found = exact ? [exact] : actors.filter((actor) => answersTo(actor, reference))
    if (found.length === 1 && found[0]) return found[0]
    if (found.length === 0) {
      throw new HostError(
        'ERR_ACTOR_NOT_FOUND',
        { actor: reference },
        `no running actor has the key, call alias or name ${JSON.stringify(reference)}`,
      )
    }
    const candidates = found.map(({ id }) => id)
    throw new HostError(
      'ERR_ACTOR_AMBIGUOUS',
      { actor: reference, candidates },
      `${found.length} actors are named ${JSON.stringify(reference)}: ${candidates.join(', ')}`,
    )
  }

  #provider(name: string): ProviderReport {
    const found = providerReports(this.host.inventory()).find((each) => each.name === name)
    if (!found) throw new Error(`provider ${name} is gone`)
    return found
  }

  #link(
    definition: Pick<LinkReport, 'actor' | 'contractId'> & { linkName?: string },
  ): LinkReport | undefined {
    const inventory = this.host.inventory()
    const actor = inventory.actors.find((each) => answersTo(each, definition.actor))
    const key = linkKey({ ...definition, actor: actor?.id ?? definition.actor })
    return linkReports(inventory, this.#failures).find((link) => linkKey(link) === key)
  }

  async #load(source: FileOnWire | string, signal: AbortSignal): Promise<CapabilityProvider> {
    const known = this.host.inventory().providers.map(({ name }) => name)
    const isName = typeof source === 'string'
    const named = isName ? source : 'path' in source ? source.path : 'bytes'
    const from = isName ? { name: source } : { file: sourceOf(source) }
    const loaded = await this.#options.loadProvider?.(from, signal)
    if (loaded) return loaded
    throw new HostError(
      'ERR_PROVIDER_NOT_FOUND',
      { provider: named, known },
      isName
        ? `no provider is named ${JSON.stringify(named)}; there are ${known.join(', ') || 'none'}`
        : `this host cannot load a provider from ${named}`,
    )
  }

  /** Why links are not live is told only once, when they should have become it. */
  #remember(event: HostEvent): void {
    switch (event.type) {
      case 'link_failed':
        this.#failures.set(linkKey(event), event.reason)
        break
      case 'link_started':
      case 'linkdef_set':
      case 'linkdef_deleted':
        this.#failures.delete(linkKey(event))
        break
      default:
    }
  }
}

/** The id of a contract that is given by an id of its own, or by its neutral name. */
export function contractIdOf(given: string): string {
  if (contractForId(given)) return given
  const name = given.toLowerCase().replaceAll(/[-_]/g, '')
  const named = contracts.find((each) => each.name.toLowerCase().replaceAll(/[-_]/g, '') === name)
  return named?.ids[0] ?? given
}

/** The module of an actor that does not run was to replace one that does. */
function otherActor(error: unknown, meant: ActorInfo): HostError | undefined {
  if (!(error instanceof HostError) || error.code !== 'ERR_ACTOR_NOT_FOUND') return undefined
  const { actor } = (error as HostError<'ERR_ACTOR_NOT_FOUND'>).detail
  const reason = `the module has the key ${actor}, and ${meant.name} is ${meant.id}`
  return new HostError(
    'ERR_UPDATE_REFUSED',
    { actor: meant.id, reason },
    `${meant.name} is not updated: ${reason}`,
    { cause: error },
  )
}

function sourceOf(file: FileOnWire): ModuleSource {
  return 'path' in file ? file.path : new Uint8Array(Buffer.from(file.bytes, 'base64'))
}

function refused(verb: string, problems: readonly ControlProblem[]): ControlError {
  const list = problems.map(({ path, problem }) => (path ? `${path}: ${problem}` : problem))
  return new ControlError('ERR_CONTROL_REQUEST', { verb, problems }, `${verb}: ${list.join('; ')}`)
}

function problemOf(issue: v.BaseIssue<unknown>): ControlProblem {
  const path = (issue.path ?? []).map(({ key }) => String(key)).join('.')
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return { path, problem: 'unknown key' }
  }
  if (issue.received === 'undefined') return { path, problem: 'is missing' }
  const said = issue.message.startsWith('Invalid ')
    ? `expected ${issue.expected ?? 'another value'}, not ${issue.received}`
    : issue.message
  return { path, problem: said }
}
