import type { Actor } from './actor.ts'
import type { ActorModule } from './actor-module.ts'
import { HostError } from './errors.ts'
import type { ActorDirectory } from './host-calls.ts'

/** The running actors of a host, found by key, call alias or name. */
export class ActorTable implements ActorDirectory, Iterable<Actor> {
  readonly #byId = new Map<string, Actor>()
  readonly #byAlias = new Map<string, Actor>()

  get(id: string): Actor | undefined {
    return this.#byId.get(id)
  }

  [Symbol.iterator](): Iterator<Actor> {
    return this.#byId.values()
  }

  /** What actors call each other by: only what is unique. */
  target(reference: string): Actor | undefined {
    return this.#byId.get(reference) ?? this.#byAlias.get(reference)
  }

  /** @throws HostError `ERR_ACTOR_EXISTS` if its key or call alias is taken. */
  add(actor: Actor): void {
    const same = this.#byId.get(actor.id)
    if (same) {
      throw new HostError(
        'ERR_ACTOR_EXISTS',
        { actor: actor.id, name: same.name },
        `${same.name} (${actor.id}) already runs here`,
      )
    }
    this.#claimAlias(actor, actor.module)
    this.#byId.set(actor.id, actor)
  }

  /** @throws HostError `ERR_ACTOR_EXISTS` if the call alias of the new module is another actor's. */
  updating(actor: Actor, next: ActorModule): void {
    this.#claimAlias(actor, next)
    const { callAlias } = actor.claims
    if (callAlias !== undefined && callAlias !== next.claims.callAlias) {
      this.#byAlias.delete(callAlias)
    }
  }

  remove(actor: Actor): void {
    this.#byId.delete(actor.id)
    const { callAlias } = actor.claims
    if (callAlias !== undefined && this.#byAlias.get(callAlias) === actor) {
      this.#byAlias.delete(callAlias)
    }
  }

  /** By key, call alias or name. @throws HostError `ERR_ACTOR_NOT_FOUND`, `ERR_ACTOR_AMBIGUOUS` */
  find(reference: string): Actor {
    const actor = this.maybeFind(reference)
    if (actor) return actor
    throw new HostError(
      'ERR_ACTOR_NOT_FOUND',
      { actor: reference },
      `no running actor has the key, call alias or name ${JSON.stringify(reference)}`,
    )
  }

  /** By key, call alias or name. @throws HostError `ERR_ACTOR_AMBIGUOUS` */
  maybeFind(reference: string): Actor | undefined {
    const exact = this.target(reference)
    if (exact) return exact
    const named = [...this.#byId.values()].filter((actor) => actor.name === reference)
    if (named.length < 2) return named[0]
    const candidates = named.map((actor) => actor.id)
    throw new HostError(
      'ERR_ACTOR_AMBIGUOUS',
      { actor: reference, candidates },
      `${named.length} actors are named ${JSON.stringify(reference)}: ${candidates.join(', ')}`,
    )
  }

  /** Whether a link definition's reference means this actor. */
  answersTo(actor: Actor, reference: string): boolean {
    return [actor.id, actor.claims.callAlias, actor.name].includes(reference)
  }

  #claimAlias(actor: Actor, module: ActorModule): void {
    const { callAlias } = module.claims
    if (callAlias === undefined) return
    const holder = this.#byAlias.get(callAlias)
    if (holder && holder !== actor) {
      throw new HostError(
        'ERR_ACTOR_EXISTS',
        { actor: actor.id, name: holder.name },
        `the call alias ${callAlias} is already that of ${holder.name} (${holder.id})`,
      )
    }
    this.#byAlias.set(callAlias, actor)
  }
}
