import { entityUrl } from '../contracts/index.ts'
import {
  eventReason,
  type Host,
  type Logger,
  type OutgoingActorCall,
  type RunningActor,
} from '../host/index.ts'
import { isPublicKey } from '../signing/index.ts'
import { actorEntity } from './actor-entity.ts'
import type { ActorTokens } from './actor-tokens.ts'
import type { ClaimsDirectory } from './claims-directory.ts'
import type { InvocationCaller } from './invocation-caller.ts'
import type { IncomingCall, InvocationServer } from './invocation-server.ts'
import type { RemoteProviders } from './remote-providers.ts'
import type { Subjects } from './subjects.ts'

/** What {@link LatticeActors} stand on. */
export interface LatticeActorsOptions {
  readonly host: Host
  readonly subjects: Subjects
  readonly caller: InvocationCaller
  readonly server: InvocationServer
  readonly directory: ClaimsDirectory
  readonly tokens: ActorTokens
  /** Those of other hosts that actors here are linked to: they may call these. */
  readonly providers: Pick<RemoteProviders, 'answer'>
  readonly log: Logger
}

/** An actor that runs here. */
interface Serving {
  isWanted: boolean
  /** Once it is served. */
  stop: (() => Promise<void>) | undefined
  /** Changes of it, one after the other. */
  change: Promise<void>
}

/** How the actors of a host are called by other hosts, and call those of others. */
export class LatticeActors {
  readonly #options: LatticeActorsOptions
  readonly #running = new Map<string, Serving>()

  constructor(options: LatticeActorsOptions) {
    this.#options = options
  }

  /** @returns `undefined` for what is neither the key of an actor nor an alias that the lattice knows. */
  call(call: OutgoingActorCall): Promise<Uint8Array> | undefined {
    const { subjects, caller, directory } = this.#options
    const { reference, operation, payload, deadlineAt, signal, depth, traceparent } = call
    const key = isPublicKey(reference, 'module')
      ? reference
      : directory.find(reference, call.caller.claims.issuer)
    if (key === undefined) return undefined
    return caller.call({
      subject: subjects.actor(key),
      origin: actorEntity(call.caller.id),
      target: actorEntity(key),
      operation,
      msg: payload,
      deadlineAt,
      signal,
      depth,
      traceparent,
      actorToken: call.caller.token,
    })
  }

  /** Serves an actor from now on. One that cannot be served now is tried again by {@link serveAll}. */
  async started(actor: RunningActor): Promise<void> {
    const { directory } = this.#options
    const serving = this.#running.get(actor.id) ?? newServing()
    this.#running.set(actor.id, serving)
    await this.#serve(actor.id, serving)
    await directory.publish(actor)
  }

  /** Resolves once nobody calls it any more, and those who did have their answers. */
  async stopping(actorId: string): Promise<void> {
    const serving = this.#running.get(actorId)
    if (!serving) return
    this.#running.delete(actorId)
    this.#options.directory.withdraw(actorId)
    serving.isWanted = false
    await inTurn(serving, async () => {
      await serving.stop?.()
      serving.stop = undefined
    })
  }

  /** Serves what could not be served when it started: called when the connection comes. */
  async serveAll(): Promise<void> {
    const all = [...this.#running].map(([id, serving]) => this.#serve(id, serving))
    await Promise.all(all)
  }

  /** Serves none any more. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.stopping(id)))
  }

  #serve(id: string, serving: Serving): Promise<void> {
    const { server, subjects, log } = this.#options
    return inTurn(serving, async () => {
      if (serving.stop || !serving.isWanted) return
      try {
        serving.stop = await server.serve({
          subject: subjects.actor(id),
          name: id,
          isTarget: (target) => entityUrl(target) === entityUrl(actorEntity(id)),
          answer: (call) => this.#answer(id, call),
        })
      } catch (error) {
        log.warn('the lattice does not reach an actor', { actor: id, reason: eventReason(error) })
      }
    })
  }

  async #answer(actor: string, call: IncomingCall): Promise<Uint8Array> {
    const { host, tokens } = this.#options
    const { invocation, deadlineAt, signal, depth, traceparent } = call
    const { publicKey, contractId } = invocation.origin
    if (contractId !== '') return this.#options.providers.answer(actor, call)
    const caller = isPublicKey(publicKey, 'module')
      ? await tokens.claimsOf(publicKey, call.actorToken)
      : undefined
    return host.receive({
      actor,
      operation: invocation.operation,
      payload: invocation.msg,
      caller,
      deadlineAt,
      signal,
      depth,
      traceparent,
    })
  }
}

function newServing(): Serving {
  return { isWanted: true, stop: undefined, change: Promise.resolve() }
}

function inTurn(serving: Serving, change: () => Promise<void>): Promise<void> {
  serving.change = serving.change.then(change)
  return serving.change
}
