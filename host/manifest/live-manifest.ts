import { HostError } from '../errors.ts'
import { eventReason } from '../events.ts'
import type { Host } from '../host.ts'
import type { ActorInfo } from '../inventory.ts'
import type { LinkDefinition } from '../link-definition.ts'
import { atLine, notApplied } from './line-failure.ts'
import { deleteLink, putLinks, type Undo } from './link-changes.ts'
import type { Manifest } from './manifest.ts'
import {
  isSameLink,
  isSameRecord,
  readActors,
  type StatedActor,
  type StatedLink,
  statedLinks,
} from './stated-actors.ts'

/** What an edit of a manifest changed on a host. */
export interface ManifestChanges {
  readonly started: readonly ActorInfo[]
  /** Modules or limits that turned over while the actor ran. */
  readonly updated: readonly UpdatedActor[]
  readonly stopped: readonly { readonly id: string; readonly name: string }[]
  /** New, or turned over to another provider or to other values. */
  readonly linked: readonly LinkDefinition[]
  readonly unlinked: readonly LinkDefinition[]
  readonly providersAdded: readonly string[]
  readonly providersRemoved: readonly string[]
  /** What was edited and takes effect only once the host starts again. */
  readonly needRestart: readonly ('labels' | 'policy')[]
}

/** An actor whose module or limits turned over. */
export interface UpdatedActor extends ActorInfo {
  readonly oldRevision: number
}

/**
 * A manifest in effect on a host, which can be edited while it is.
 *
 * An edit is compared with what the manifest said before, and only the difference is done: what others
 * did on the host in the meantime stays. An edit that cannot be done changes nothing.
 */
export class LiveManifest {
  readonly #host: Host
  readonly #path: string
  #manifest: Manifest
  #actors: ReadonlyMap<string, StatedActor> = new Map()
  #links: ReadonlyMap<string, StatedLink> = new Map()
  #change: Promise<unknown> = Promise.resolve()

  private constructor(host: Host, manifest: Manifest, path: string) {
    this.#host = host
    this.#path = path
    this.#manifest = manifest
  }

  /**
   * Does what a manifest asks for on a host that was made with its providers, policy and labels.
   *
   * @param path Of the manifest, for messages.
   * @throws what reading the actors, `startActor` and `link` throw; nothing runs then
   */
  static async apply(host: Host, manifest: Manifest, path: string): Promise<LiveManifest> {
    const live = new LiveManifest(host, manifest, path)
    try {
      await live.edit(manifest)
    } catch (error) {
      throw error instanceof HostError && error.cause !== undefined ? error.cause : error
    }
    return live
  }

  /** The manifest that is in effect. */
  get manifest(): Manifest {
    return this.#manifest
  }

  /** Those actors of the manifest that run, in its order. */
  get actors(): readonly ActorInfo[] {
    const running = byId(this.#host)
    return [...this.#actors.keys()].flatMap((id) => running.get(id) ?? [])
  }

  /**
   * Makes an edited manifest the one in effect: starts, updates and stops actors, puts and deletes
   * links, adds and removes providers. An actor is updated where the content of its file or its limits
   * changed, whatever its revision. Edits wait for each other.
   *
   * @throws HostError `ERR_MANIFEST_NOT_APPLIED`, with the line that could not be done: all is as it
   * was then, but for what its `left` names
   */
  edit(edited: Manifest): Promise<ManifestChanges> {
    const result = this.#change.then(() => this.#edit(edited))
    this.#change = result.catch(() => {})
    return result
  }

  async #edit(next: Manifest): Promise<ManifestChanges> {
    const undo: Undo[] = []
    try {
      const actors = await readActors(next)
      const links = statedLinks(next, actors)
      const changes = await this.#do(next, actors, links, undo)
      this.#manifest = next
      this.#actors = actors
      this.#links = links
      return changes
    } catch (error) {
      const left: string[] = []
      for (const step of undo.toReversed()) {
        await step().catch((failure: unknown) => left.push(eventReason(failure).message))
      }
      throw notApplied(this.#path, error, left)
    }
  }

  async #do(
    next: Manifest,
    actors: ReadonlyMap<string, StatedActor>,
    links: ReadonlyMap<string, StatedLink>,
    undo: Undo[],
  ): Promise<ManifestChanges> {
    const host = this.#host
    const providersAdded = await this.#addProviders(next, undo)

    // What is not stated any more goes first: what is new may want its port or its call alias.
    const unlinked = [...this.#links].filter(([key]) => !links.has(key))
    for (const [, { definition }] of unlinked) await deleteLink(host, definition, undo)
    const stopped: StatedActor[] = []
    for (const actor of this.#actors.values()) {
      if (actors.has(actor.id) || !byId(host).has(actor.id)) continue
      await host.stopActor(actor.id)
      undo.push(() => host.startActor(actor.wasm, { limits: actor.limits }))
      stopped.push(actor)
    }

    const started: string[] = []
    const revisions = new Map<string, number>()
    for (const actor of actors.values()) {
      const before = this.#actors.get(actor.id)
      if (before?.hash === actor.hash && isSameRecord(before.limits, actor.limits)) continue
      const running = byId(host).get(actor.id)
      if (before && running) revisions.set(actor.id, running.revision)
      else started.push(actor.id)
      await atLine(actor.line, () => this.#startOrUpdate(actor, running && before, undo))
    }

    const linked = [...links]
      .filter(([key, { definition }]) => !isSameLink(this.#links.get(key)?.definition, definition))
      .map(([, link]) => link)
    await putLinks(host, linked, undo)
    const providersRemoved = await this.#removeProviders(next, undo)
    const now = byId(host)
    return {
      started: started.flatMap((id) => now.get(id) ?? []),
      updated: [...revisions].flatMap(([id, oldRevision]) => {
        const actor = now.get(id)
        return actor ? [{ ...actor, oldRevision }] : []
      }),
      stopped: stopped.map(({ id, name }) => ({ id, name })),
      linked: linked.map(({ definition }) => definition),
      unlinked: unlinked.map(([, { definition }]) => definition),
      providersAdded,
      providersRemoved,
      needRestart: this.#needRestart(next),
    }
  }

  /** @param before What runs now under this key, if it is the manifest's. */
  async #startOrUpdate(
    { wasm, limits }: StatedActor,
    before: StatedActor | undefined,
    undo: Undo[],
  ): Promise<void> {
    const host = this.#host
    if (!before) {
      const { id } = await host.startActor(wasm, { limits })
      undo.push(() => host.stopActor(id))
      return
    }
    await host.updateActor(wasm, { limits, allowAnyRevision: true })
    undo.push(() =>
      host.updateActor(before.wasm, {
        limits: before.limits,
        allowAnyRevision: true,
        allowAnyIssuer: true,
      }),
    )
  }

  async #addProviders(next: Manifest, undo: Undo[]): Promise<string[]> {
    const host = this.#host
    const registered = new Set(names(host.inventory().providers))
    const added = next.providers.filter(({ name }) => !registered.has(name))
    for (const provider of added) {
      await host.addProvider(provider)
      undo.push(() => host.removeProvider(provider.name))
    }
    return names(added)
  }

  /** Only those that the manifest offered before: others came in another way. */
  async #removeProviders(next: Manifest, undo: Undo[]): Promise<string[]> {
    const host = this.#host
    const wanted = new Set(names(next.providers))
    const registered = new Set(names(host.inventory().providers))
    const removed = this.#manifest.providers.filter(
      ({ name }) => !wanted.has(name) && registered.has(name),
    )
    for (const provider of removed) {
      await host.removeProvider(provider.name)
      undo.push(() => host.addProvider(provider))
    }
    return names(removed)
  }

  #needRestart(next: Manifest): ManifestChanges['needRestart'] {
    const { labels, policy } = this.#manifest
    return [
      ...(isSameRecord(labels, next.labels) ? [] : (['labels'] as const)),
      ...(isSameRecord(policy, next.policy) ? [] : (['policy'] as const)),
    ]
  }
}

function names(providers: readonly { readonly name: string }[]): string[] {
  return providers.map(({ name }) => name)
}

function byId(host: Host): ReadonlyMap<string, ActorInfo> {
  return new Map(host.inventory().actors.map((actor) => [actor.id, actor]))
}
