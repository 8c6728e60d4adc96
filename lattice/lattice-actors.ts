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

/** How the actors of a host are called by other hosts, and call those of others. */
export class LatticeActors {
  readonly #options: LatticeActorsOptions
  /** Actors that run here, and how to stop serving those that are served already. */
  readonly #running = new Map<string, Promise<(() => Promise<void>) | undefined>>()

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
    const present = await this.#running.get(actor.id)
    if (!present) await this.#serve(actor.id)
    await directory.publish(actor)
  }

  /** Resolves once nobody calls it any more, and those who did have their answers. */
  async stopping(actorId: string): Promise<void> {
    const serving = this.#running.get(actorId)
    this.#running.delete(actorId)
    this.#options.directory.withdraw(actorId)
    const stop = await serving
    await stop?.()
  }

  /** Serves what could not be served when it started: called when the connection comes. */
  async serveAll(): Promise<void> {
    for (const [id, serving] of this.#running) if (!(await serving)) await this.#serve(id)
  }

  /** Serves none any more. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.stopping(id)))
  }

  async #serve(id: string): Promise<void> {
    const { server, subjects, log } = this.#options
    const serving = server
      .serve({
        subject: subjects.actor(id),
        name: id,
        isTarget: (target) => entityUrl(target) === entityUrl(actorEntity(id)),
        answer: (call) => this.#answer(id, call),
      })
      .catch((error: unknown) => {
        log.warn('the lattice does not reach an actor', { actor: id, reason: eventReason(error) })
        return undefined
      })
    this.#running.set(id, serving)
    await serving
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
