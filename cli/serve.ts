import { stockProviders } from '../capabilities/index.ts'
import {
  type ActorInfo,
  applyManifest,
  Host,
  LiveManifest,
  type Manifest,
  type ManifestOptions,
  type Policy,
  readManifest,
  Scheduler,
} from '../host/index.ts'
import type { KeyPair } from '../signing/index.ts'
import { contentOf } from './content-watch.ts'
import { openControlSocket } from './control-socket.ts'
import { printActor, printEvent, printReady, tellEvent } from './host-report.ts'
import { type ErrorLog, type LogLevel, openErrorLog } from './log.ts'
import { joinLattice, type LatticeRequest } from './lattice.ts'
import { linkToStock } from './stock-links.ts'
import { awaitStop } from './stop-signals.ts'
import { loadManifestProvider } from './provider-file.ts'
import type { Terminal } from './terminal.ts'
import type { WatchReport } from './up-watch.ts'

/** What to run. */
export interface ServeRequest {
  /** Path of a manifest. */
  readonly manifest: string | undefined
  /** Paths of actors that are linked to the stock providers. */
  readonly actors: readonly string[]
  /** HTTP port of the first of `actors` that serves HTTP; 0 for any free one. */
  readonly port: number
  /** Address to serve HTTP on. Default: loopback. */
  readonly bind: string | undefined
  /** Account keys whose actors may run; empty for any. */
  readonly issuers: readonly string[]
  readonly logLevel: string | undefined
  /** Whether other commands find the host. */
  readonly control: boolean
  /** Whether edits of the manifest and of actors' files take effect at once. */
  readonly watch: boolean
  /** Default: none. */
  readonly lattice?: LatticeRequest | undefined
  /** The identity of the host. Default: a new one. */
  readonly keyPair?: KeyPair | undefined
  /** Called once everything runs. */
  onReady?(actors: readonly ActorInfo[]): void
}

/**
 * Runs a host until a signal asks it to stop, and stops it in good order.
 *
 * @throws what the host throws while it starts, CliError `ERR_PORT_IN_USE`
 */
export async function serve(request: ServeRequest, terminal: Terminal): Promise<void> {
  using stop = awaitStop(terminal.env)
  await using log = openErrorLog((request.logLevel ?? 'info') as LogLevel)
  const scheduler = new Scheduler()
  const reading: ManifestOptions = {
    providers: stockProviders(),
    loadProvider: ({ path, policy, limits }) =>
      loadManifestProvider(path, { policy: policyOf(request, policy), limits, scheduler, log }),
    env: terminal.env,
  }
  const manifest =
    request.manifest === undefined ? undefined : await readManifest(request.manifest, reading)
  for (const { line, problem } of manifest?.warnings ?? []) {
    log.warn('manifest', { path: request.manifest, line, problem })
  }
  const policy = policyOf(request, manifest?.policy)
  await using host = new Host({
    providers: manifest?.providers ?? reading.providers,
    policy,
    ...(manifest && { limits: manifest.limits, labels: manifest.labels }),
    scheduler,
    ...(request.keyPair && { keyPair: request.keyPair }),
    log,
  })
  host.onEvent((event) => tellEvent(event, request.watch, terminal, log))
  // Before the first actor starts, so that it is reached, and reaches others, from its first call.
  await using _lattice =
    request.lattice && (await joinLattice(host, request.lattice, terminal, log))
  // Opened while the actors start: it takes its time, and nobody can ask before it is told of.
  const opening = request.control
    ? openControlSocket(host, {
        env: terminal.env,
        log,
        provider: { policy, ...(manifest && { limits: manifest.limits }), scheduler },
        stop: () => stop.ask('wash-ts stop host'),
      })
    : undefined

  await using watches = new AsyncDisposableStack()
  const serving: Serving = { host, request, manifest, reading, terminal, log, watches }
  let started: readonly ActorInfo[]
  try {
    started = [...(await startManifest(serving)), ...(await startFiles(serving))]
  } finally {
    await opening
  }
  await using control = await opening
  printReady(host, started.length, control?.path, terminal)
  request.onReady?.(started)

  const reason = await stop.asked
  if (!terminal.json) terminal.note(`Stopping (${reason})`)
  await host.stop()
  if (terminal.json) printEvent(terminal, 'host_stopped', { host: host.id })
}

/** A host that starts, and what for. */
interface Serving {
  readonly host: Host
  readonly request: ServeRequest
  readonly manifest: Manifest | undefined
  /** What the manifest was read with, and is read with again. */
  readonly reading: ManifestOptions
  readonly terminal: Terminal
  readonly log: ErrorLog
  /** What follows files, to be ended with the host. */
  readonly watches: AsyncDisposableStack
}

/** What the manifest says, and the flags beyond that. */
function policyOf({ issuers }: ServeRequest, policy: Policy = {}): Policy {
  return { ...policy, ...(issuers.length > 0 && { issuers }) }
}

async function startManifest(serving: Serving): Promise<readonly ActorInfo[]> {
  const { host, request, manifest, reading, terminal, watches } = serving
  const path = request.manifest
  if (!manifest || path === undefined) return []
  let started: readonly ActorInfo[]
  if (request.watch) {
    const { manifestFiles, watchManifest } = await import('./up-watch.ts')
    const content = await contentOf(manifestFiles(path, manifest.actors))
    const live = await LiveManifest.apply(host, manifest, path)
    started = live.actors
    const watched = { path, live, reading, content }
    watches.use(watchManifest(watched, reportTo(terminal)))
  } else {
    started = await applyManifest(host, manifest)
  }
  for (const actor of started) printActor(actor, terminal)
  return started
}

async function startFiles(serving: Serving): Promise<readonly ActorInfo[]> {
  const { host, request, terminal, log, watches } = serving
  const started: ActorInfo[] = []
  let { port } = request
  for (const path of request.actors) {
    const content = request.watch ? await contentOf([path]) : ''
    const { id } = await host.startActor(path)
    const listen = { port, bind: request.bind, mayMove: port !== request.port }
    const linked = await linkToStock(host, id, listen)
    if (linked.port !== undefined && port !== 0) port = linked.port + 1
    for (const contractId of linked.unserved) {
      log.warn('no stock provider serves this contract', { actor: linked.actor.name, contractId })
    }
    started.push(linked.actor)
    printActor(linked.actor, terminal)
    if (request.watch) {
      const { watchActor } = await import('./up-watch.ts')
      watches.use(watchActor(host, { path, listen, content }, reportTo(terminal)))
    }
  }
  return started
}

function reportTo(terminal: Terminal): WatchReport {
  return {
    terminal,
    event: (type, facts) => {
      if (terminal.json) printEvent(terminal, type, facts)
    },
  }
}
