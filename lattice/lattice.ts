import { type Host, type Logger, silentLogger } from '../host/index.ts'
import type { NatsAccess } from '../nats/index.ts'
import type { KeyPair } from '../signing/index.ts'
import { Announcements } from './announcements.ts'
import { ActorTokens } from './actor-tokens.ts'
import { Antiforgery } from './antiforgery.ts'
import { ClaimsDirectory } from './claims-directory.ts'
import { LatticeConnection } from './connection.ts'
import { HostReport } from './host-report.ts'
import { InvocationCaller } from './invocation-caller.ts'
import { InvocationServer } from './invocation-server.ts'
import { LatticeActors } from './lattice-actors.ts'
import { PayloadStore } from './payload-store.ts'
import { RemoteProviders } from './remote-providers.ts'
import { ServedProviders } from './served-providers.ts'
import { Subjects } from './subjects.ts'

/** Which lattice a host joins, and how. */
export interface LatticeOptions {
  /** 1 to 128 letters, digits, `_` and `-`. Hosts that say the same name are one lattice. */
  readonly name: string
  /** The NATS server that all of them share. */
  readonly nats: NatsAccess
  /** A cluster key, `C…`: what this host signs its calls with. */
  readonly clusterKey: KeyPair
  /** Further cluster keys whose calls are accepted. The host's own always is. */
  readonly clusterIssuers?: readonly string[]
  /** Milliseconds between two heartbeats, in which the host tells what runs on it. Default 30,000. */
  readonly heartbeatMs?: number
  /** What the host says of its version. Default: nothing. */
  readonly version?: string
  /** Default: silent. */
  readonly log?: Logger
  /** The wall clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

/**
 * A host's membership in a lattice: actors here call actors elsewhere by key or call alias, and are
 * called by them; actors here are linked to providers elsewhere by their keys, and providers here serve
 * actors elsewhere. What runs here is asked here, and notices nothing when NATS is away; what runs
 * elsewhere then fails at once, until the connection is back.
 */
export class Lattice implements AsyncDisposable {
  readonly name: string
  readonly #host: Host
  readonly #connection: LatticeConnection
  readonly #actors: LatticeActors
  readonly #owned: AsyncDisposableStack

  private constructor(
    name: string,
    host: Host,
    connection: LatticeConnection,
    actors: LatticeActors,
    owned: AsyncDisposableStack,
  ) {
    this.name = name
    this.#host = host
    this.#connection = connection
    this.#actors = actors
    this.#owned = owned
  }

  /**
   * Joins, with every actor that runs on the host now or later.
   *
   * @throws LatticeError `ERR_LATTICE_NAME`, `ERR_LATTICE_SETTINGS`, `ERR_LATTICE_UNAVAILABLE`,
   * `ERR_LATTICE_REFUSED`, `ERR_LATTICE_SERVER`
   */
  static async join(host: Host, options: LatticeOptions): Promise<Lattice> {
    const { name, clusterKey, clusterIssuers = [], now = Date.now } = options
    const log = (options.log ?? silentLogger).child({ lattice: name })
    const subjects = new Subjects(name)
    await using opened = new AsyncDisposableStack()
    const connection = opened.use(await LatticeConnection.open(options.nats, log))
    const antiforgery = new Antiforgery({ clusterKey, clusterIssuers, now })
    const payloads = new PayloadStore(connection, name)
    const wire = { connection, subjects, antiforgery, payloads }
    const server = opened.use(await InvocationServer.start({ ...wire, log }))
    const directory = new ClaimsDirectory(connection, name, log)
    opened.defer(() => directory.stop())
    const caller = new InvocationCaller({ ...wire, hostId: host.id })
    const tokens = new ActorTokens(now)
    const providers = new RemoteProviders({ ...wire, caller, hostId: host.id, log })
    const served = new ServedProviders({ ...wire, host, caller, server, tokens, log })
    const actors = new LatticeActors({
      host,
      subjects,
      caller,
      server,
      directory,
      tokens,
      providers,
      log,
    })
    connection.onChange((isUp) => {
      if (!isUp) return
      void actors.serveAll()
      void served.refresh()
      void directory.follow()
    })
    await directory.follow()
    opened.defer(() => actors.stopAll())
    opened.defer(() => served.stopAll())
    await served.refresh()
    const stopHearing = host.onEvent((event) => {
      if (event.type === 'provider_stopped') void served.exchanged(event.provider)
      if (event.type === 'provider_started' || event.type === 'provider_stopped') {
        void served.refresh()
      }
    })
    opened.defer(stopHearing)
    opened.defer(
      await connection.listen(subjects.events, undefined, ({ body }) => providers.heard(body)),
    )
    const report = new HostReport({
      host,
      lattice: name,
      server: connection.server,
      clusterIssuers: [clusterKey.publicKey, ...clusterIssuers],
      version: options.version ?? '',
    })
    const { heartbeatMs = 30_000 } = options
    opened.use(
      await Announcements.start({
        host,
        connection,
        subjects,
        directory,
        report,
        heartbeatMs,
        now,
        log,
      }),
    )
    await host.setRemote({
      callActor: (call) => actors.call(call),
      provider: (key, contractId) => providers.provider(key, contractId),
      actorStarted: (actor) => actors.started(actor),
      actorStopping: (id) => actors.stopping(id),
    })
    return new Lattice(name, host, connection, actors, opened.move())
  }

  /** `nats://host:port`, without a login. */
  get server(): string {
    return this.#connection.server
  }

  /** Whether other hosts can be reached now. */
  get isUp(): boolean {
    return this.#connection.isUp
  }

  /** Hears when the connection to the lattice goes and comes. @returns a function that stops it. */
  onChange(listener: (isUp: boolean) => void): () => void {
    return this.#connection.onChange(listener)
  }

  /** Leaves: answers what others asked until now, then goes on alone. Stop the host before, if it is to stop. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host.setRemote(undefined).catch(() => {
      // A host that has stopped asks nobody any more.
    })
    await this.#actors.stopAll()
    await this.#owned.disposeAsync()
  }
}
