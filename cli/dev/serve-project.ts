import { stockProviders } from '../../capabilities/index.ts'
import { Host, Scheduler } from '../../host/index.ts'
import { openControlSocket } from '../control-socket.ts'
import { printEvent, tellEvent } from '../host-report.ts'
import { type LogLevel, openErrorLog } from '../log.ts'
import { urlOf } from '../stock-links.ts'
import { awaitStop } from '../stop-signals.ts'
import type { Terminal } from '../terminal.ts'
import { devReport } from './dev-report.ts'
import { listenToKeys } from './hotkeys.ts'
import { DevLoop } from './loop.ts'
import type { ProjectFlags } from './project.ts'
import { ServedActor } from './served-actor.ts'

/** What to develop, and where to serve it. */
export interface DevRequest {
  readonly flags: ProjectFlags
  /** 0 for any free one. */
  readonly port: number
  /** Default: loopback. */
  readonly bind: string | undefined
  readonly logLevel: string | undefined
  /** Whether other commands find the host. */
  readonly control: boolean
}

/**
 * Builds and serves the project in the present folder until a signal asks to stop; builds under way
 * and all that they started end, too.
 *
 * @throws CliError `ERR_PROJECT_UNKNOWN`
 */
export async function serveProject(request: DevRequest, terminal: Terminal): Promise<void> {
  using stop = awaitStop(terminal.env)
  await using log = openErrorLog((request.logLevel ?? 'info') as LogLevel)
  const scheduler = new Scheduler()
  await using host = new Host({ providers: stockProviders(), scheduler, log })
  host.onEvent((event) => tellEvent(event, true, terminal, log))
  await using _control = request.control
    ? await openControlSocket(host, {
        env: terminal.env,
        log,
        provider: { scheduler },
        stop: () => stop.ask('wash-ts stop host'),
      })
    : undefined
  const ended = new AbortController()
  const { port, bind } = request
  const actor = new ServedActor(host, { port, bind, mayMove: false })
  const loop = new DevLoop({
    flags: request.flags,
    actor,
    terminal,
    report: devReport(terminal, actor),
    signal: ended.signal,
  })
  using _keys = listenToKeys({
    o: () => terminal.print((actor.info && urlOf(actor.info)) ?? 'nothing is served yet'),
    c: () => process.stdout.write('\u001b[2J\u001b[3J\u001b[H'),
    r: () => loop.rebuild(),
    q: () => stop.ask('q'),
  })
  if (!terminal.json) terminal.note(hint())
  const running = loop.run()
  const reason = await Promise.race([stop.asked, running.then(() => 'the end of the loop')])
  if (!terminal.json) terminal.note(`Stopping (${reason})`)
  ended.abort()
  await running
  await host.stop()
  if (terminal.json) printEvent(terminal, 'host_stopped', { host: host.id })
}

function hint(): string {
  return process.stdin.isTTY
    ? 'o prints the address, r builds again, c clears the screen, q or Ctrl-C ends'
    : 'Ctrl-C ends'
}
