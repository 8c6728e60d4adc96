import { stockProviders } from '../capabilities/index.ts'
import {
  type ActorInfo,
  applyManifest,
  Host,
  type HostEvent,
  type Manifest,
  readManifest,
} from '../host/index.ts'
import { openControlSocket } from './control-socket.ts'
import { type ErrorLog, type LogLevel, openErrorLog } from './log.ts'
import { linkToStock, urlOf } from './stock-links.ts'
import { awaitStop } from './stop-signals.ts'
import { printable, type Terminal } from './terminal.ts'

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
  const manifest =
    request.manifest === undefined
      ? undefined
      : await readManifest(request.manifest, { providers: stockProviders(), env: terminal.env })
  for (const { line, problem } of manifest?.warnings ?? []) {
    log.warn('manifest', { path: request.manifest, line, problem })
  }
  await using host = hostFor(request, manifest, log)
  host.onEvent((event) => tell(event, terminal, log))
  // Opened while the actors start: it takes its time, and nobody can ask before it is told of.
  const opening = request.control
    ? openControlSocket(host, { env: terminal.env, log, stop: () => stop.ask('wash-ts stop host') })
    : undefined

  let started: readonly ActorInfo[]
  try {
    started = await startAll(host, request, manifest, terminal, log)
  } finally {
    await opening
  }
  await using control = await opening
  printReady(host, started, control?.path, terminal)
  request.onReady?.(started)

  const reason = await stop.asked
  if (!terminal.json) terminal.note(`Stopping (${reason})`)
  await host.stop()
  if (terminal.json) print(terminal, 'host_stopped', { host: host.id })
}

function hostFor(request: ServeRequest, manifest: Manifest | undefined, log: ErrorLog): Host {
  const { issuers } = request
  return new Host({
    providers: manifest?.providers ?? stockProviders(),
    policy: { ...manifest?.policy, ...(issuers.length > 0 && { issuers }) },
    ...(manifest && { limits: manifest.limits, labels: manifest.labels }),
    log,
  })
}

async function startAll(
  host: Host,
  request: ServeRequest,
  manifest: Manifest | undefined,
  terminal: Terminal,
  log: ErrorLog,
): Promise<readonly ActorInfo[]> {
  const started: ActorInfo[] = []
  if (manifest) {
    for (const actor of await applyManifest(host, manifest)) {
      started.push(actor)
      printActor(actor, terminal)
    }
  }
  let { port } = request
  for (const path of request.actors) {
    const { id } = await host.startActor(path)
    const linked = await linkToStock(host, id, {
      port,
      bind: request.bind,
      mayMove: port !== request.port,
    })
    if (linked.port !== undefined && port !== 0) port = linked.port + 1
    for (const contractId of linked.unserved) {
      log.warn('no stock provider serves this contract', { actor: linked.actor.name, contractId })
    }
    started.push(linked.actor)
    printActor(linked.actor, terminal)
  }
  return started
}

function printActor(actor: ActorInfo, terminal: Terminal): void {
  const { id, name, issuer, revision, contracts, dialect, links } = actor
  const url = urlOf(actor)
  if (terminal.json) {
    const facts = { actor: id, name, issuer, revision, contracts, dialect, url, links }
    print(terminal, 'actor_started', facts)
    return
  }
  const words = [terminal.paint('strong', printable(name)), id, ...(url === undefined ? [] : [url])]
  terminal.print(words.join('  '))
}

function printReady(
  host: Host,
  started: readonly ActorInfo[],
  control: string | undefined,
  terminal: Terminal,
): void {
  if (terminal.json) {
    return print(terminal, 'ready', { host: host.id, actors: started.length, control })
  }
  const count = `${started.length} ${started.length === 1 ? 'actor' : 'actors'}`
  terminal.note(`${count} running on host ${host.id}; Ctrl-C stops it`)
}

/** What an operator wants to know of at once; starting and stopping are told in their own words. */
const told: ReadonlySet<HostEvent['type']> = new Set([
  'actor_expired',
  'actor_updated',
  'actor_update_failed',
  'capability_denied',
  'link_failed',
])

function tell(event: HostEvent, terminal: Terminal, log: ErrorLog): void {
  const { type, ...facts } = event
  if (!told.has(type)) return log.debug(type, facts)
  if (terminal.json) print(terminal, type, facts)
  else log.warn(type, facts)
}

function print(terminal: Terminal, event: string, facts: object): void {
  terminal.print(JSON.stringify({ event, time: new Date().toISOString(), ...facts }))
}
