import * as v from 'valibot'
import { eventReason, type Logger, type RunningActor } from '../host/index.ts'
import type { KeyValueChanges, KeyValueStore } from '../nats/index.ts'
import { isPublicKey } from '../signing/index.ts'
import type { LatticeConnection } from './connection.ts'

/** What the lattice keeps of an actor's claims: texts, as wasmCloud's OTP hosts wrote them. */
const publishedSchema = v.looseObject({
  sub: v.pipe(
    v.string(),
    v.check((key) => isPublicKey(key, 'module'), 'no key of an actor'),
  ),
  iss: v.string(),
  call_alias: v.optional(v.nullable(v.string(), ''), ''),
})

const keyPrefix = 'CLAIMS_'
const putTimeoutMs = 5000
/** Actors that are remembered; the rest can be called by their keys. */
const maxActors = 20_000
const maxClaimsBytes = 16 * 1024

/**
 * The claims of every actor that ran in the lattice, in the JetStream key-value bucket of wasmCloud's
 * hosts, `LATTICEDATA_<lattice>`. They say which key a call alias is; nobody is let in on their word.
 */
export class ClaimsDirectory {
  readonly #connection: LatticeConnection
  readonly #bucket: string
  readonly #log: Logger
  readonly #published = new Map<string, RunningActor>()
  /** By key. */
  readonly #known = new Map<string, v.InferOutput<typeof publishedSchema>>()
  readonly #byAlias = new Map<string, Set<string>>()
  #changes: KeyValueChanges | undefined
  #round = 0

  constructor(connection: LatticeConnection, lattice: string, log: Logger) {
    this.#connection = connection
    this.#bucket = `LATTICEDATA_${lattice}`
    this.#log = log
  }

  /** The key of an alias: of several, one of the caller's issuer. */
  find(alias: string, callerIssuer: string): string | undefined {
    const keys = [...(this.#byAlias.get(alias) ?? [])]
    return keys.find((key) => this.#known.get(key)?.iss === callerIssuer) ?? keys[0]
  }

  /** Those of every actor that the lattice knows, as they are kept. */
  claims(): readonly object[] {
    return [...this.#known.values()]
  }

  /** Has the lattice know of an actor that runs here. */
  async publish(actor: RunningActor): Promise<void> {
    this.#published.set(actor.id, actor)
    await this.#attempt(async (store) => this.#put(store, actor))
  }

  /** It does not run here any more. What the lattice knows of it stays, as it may run elsewhere. */
  withdraw(actorId: string): void {
    this.#published.delete(actorId)
  }

  /**
   * Follows the bucket from now on, and puts into it what it lost: called whenever the connection
   * comes. Resolves once what there is has been asked for.
   */
  async follow(): Promise<void> {
    const round = ++this.#round
    this.stop()
    await this.#attempt(async (store) => {
      for (const actor of this.#published.values()) await this.#put(store, actor)
      const changes = await store.watch()
      if (round !== this.#round) return changes.stop()
      this.#changes = changes
      void this.#read(changes)
    })
  }

  stop(): void {
    this.#changes?.stop()
    this.#changes = undefined
  }

  async #read(changes: KeyValueChanges): Promise<void> {
    try {
      for await (const { key, value, operation } of changes) {
        if (!key.startsWith(keyPrefix)) continue
        if (operation === 'PUT') this.#learn(key.slice(keyPrefix.length), value)
        else this.#forget(key.slice(keyPrefix.length))
      }
    } catch (error) {
      this.#log.warn('the claims of the lattice are not followed', { reason: eventReason(error) })
    }
  }

  #learn(key: string, value: Uint8Array): void {
    let json: unknown
    try {
      json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value))
    } catch {
      return
    }
    const { success, output } = v.safeParse(publishedSchema, json)
    if (!success || output.sub !== key) return
    this.#forget(key)
    if (value.length > maxClaimsBytes || this.#known.size >= maxActors) return
    this.#known.set(key, output)
    if (output.call_alias === '') return
    const keys = this.#byAlias.get(output.call_alias) ?? new Set()
    this.#byAlias.set(output.call_alias, keys.add(key))
  }

  #forget(key: string): void {
    const known = this.#known.get(key)
    if (!known) return
    this.#known.delete(key)
    const keys = this.#byAlias.get(known.call_alias)
    keys?.delete(key)
    if (keys?.size === 0) this.#byAlias.delete(known.call_alias)
  }

  async #put(store: KeyValueStore, { id, claims }: RunningActor): Promise<void> {
    const published = {
      sub: id,
      iss: claims.issuer,
      name: claims.name ?? '',
      caps: claims.contracts.join(','),
      tags: claims.tags.join(','),
      rev: String(claims.revision ?? 0),
      version: claims.version ?? '',
      call_alias: claims.callAlias ?? '',
    }
    await store.put(`${keyPrefix}${id}`, Buffer.from(JSON.stringify(published)))
  }

  /** The actor runs, and can be called by its key, whether or not this works. */
  async #attempt(run: (store: KeyValueStore) => Promise<void>): Promise<void> {
    if (!this.#connection.isUp) return
    try {
      await this.#connection.during(async () => {
        const description = 'claims and links of the lattice'
        const { views } = this.#connection.jetStream
        await run(await views.kv(this.#bucket, { history: 1, description }))
      }, AbortSignal.timeout(putTimeoutMs))
    } catch (error) {
      this.#log.warn('the claims of the lattice are not up to date', { reason: eventReason(error) })
    }
  }
}
