import type { ActorInfo, Host, HostEvent, Logger } from '../host/index.ts'
import { urlOf } from './stock-links.ts'
import { printable, type Terminal } from './terminal.ts'

/** Prints an event as a line of JSON. */
export function printEvent(terminal: Terminal, event: string, facts: object): void {
  terminal.print(JSON.stringify({ event, time: new Date().toISOString(), ...facts }))
}

/** Prints that an actor runs, and where it answers. */
export function printActor(actor: ActorInfo, terminal: Terminal): void {
  const { id, name, issuer, revision, contracts, dialect, links } = actor
  const url = urlOf(actor)
  if (terminal.json) {
    const facts = { actor: id, name, issuer, revision, contracts, dialect, url, links }
    printEvent(terminal, 'actor_started', facts)
    return
  }
  const words = [terminal.paint('strong', printable(name)), id, ...(url === undefined ? [] : [url])]
  terminal.print(words.join('  '))
}

/** Prints that everything runs. @param control Path of the control socket. */
export function printReady(
  host: Host,
  actors: number,
  control: string | undefined,
  terminal: Terminal,
): void {
  if (terminal.json) {
    return printEvent(terminal, 'ready', { host: host.id, actors, control })
  }
  const count = `${actors} ${actors === 1 ? 'actor' : 'actors'}`
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

/**
 * Tells an event of a host that runs.
 *
 * @param followsFiles Whether updates are told in words of their own.
 */
export function tellEvent(
  event: HostEvent,
  followsFiles: boolean,
  terminal: Terminal,
  log: Logger,
): void {
  const { type, ...facts } = event
  const isEdit = followsFiles && type.startsWith('actor_update') && !terminal.json
  if (!told.has(type) || isEdit) return log.debug(type, facts)
  if (terminal.json) printEvent(terminal, type, facts)
  else if (type === 'actor_updated') log.info(type, facts)
  else log.warn(type, facts)
}
