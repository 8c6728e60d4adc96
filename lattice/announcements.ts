import { cloudEvent, eventReason, type Host, type Logger } from '../host/index.ts'
import type { ClaimsDirectory } from './claims-directory.ts'
import type { LatticeConnection, ReceivedMessage } from './connection.ts'
import type { HostReport, WireFacts } from './host-report.ts'
import type { Subjects } from './subjects.ts'

/** What {@link Announcements} stand on. */
export interface AnnouncementsOptions {
  readonly host: Host
  readonly connection: LatticeConnection
  readonly subjects: Subjects
  readonly directory: ClaimsDirectory
  readonly report: HostReport
  /** Milliseconds between two heartbeats. */
  readonly heartbeatMs: number
  /** The wall clock, in milliseconds since the epoch. */
  now(): number
  readonly log: Logger
}

/**
 * What a host tells the lattice of itself: events as they happen, a heartbeat, and answers to those who
 * ask which hosts there are and what runs on them. It changes nothing for anybody who asks.
 */
export class Announcements implements AsyncDisposable {
  readonly #options: AnnouncementsOptions
  readonly #stops: (() => Promise<void> | void)[] = []

  private constructor(options: AnnouncementsOptions) {
    this.#options = options
  }

  /** Where a subject is refused, that part is missing, and the log says so. */
  static async start(options: AnnouncementsOptions): Promise<Announcements> {
    const started = new Announcements(options)
    const { host, connection, subjects, directory, report, heartbeatMs } = options
    const inventory = subjects.hostControl(host.id, 'inv')
    await started.#answer(subjects.control('ping.hosts'), undefined, () => report.ping())
    await started.#answer(inventory, undefined, () => report.inventory())
    await started.#answer(subjects.control('get.claims'), subjects.controlQueue, () => ({
      claims: directory.claims(),
    }))
    started.#tell('host_started', report.host())
    const stopHearing = host.onEvent((event) => {
      const facts = report.event(event)
      if (facts) started.#tell(event.type, facts)
    })
    const beat = (): void => started.#tell('host_heartbeat', report.heartbeat())
    const timer = setInterval(beat, heartbeatMs).unref()
    // What happened meanwhile nobody heard.
    const stopWatching = connection.onChange((isUp) => isUp && beat())
    started.#stops.push(stopHearing, () => clearInterval(timer), stopWatching)
    return started
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#stops.map(async (stop) => stop()))
    this.#tell('host_stopped', this.#options.report.host())
  }

  #tell(name: string, facts: WireFacts): void {
    const { connection, subjects, host, log } = this.#options
    const event = cloudEvent(name, facts, host.id, new Date(this.#options.now()))
    try {
      connection.tell(subjects.events, Buffer.from(JSON.stringify(event)))
    } catch (error) {
      log.warn('an event was not sent', { event: name, reason: eventReason(error) })
    }
  }

  async #answer(
    subject: string,
    queueGroup: string | undefined,
    answer: () => WireFacts,
  ): Promise<void> {
    const { connection, log } = this.#options
    const receive = ({ reply }: ReceivedMessage): void => {
      if (reply === '') return
      try {
        connection.tell(reply, Buffer.from(JSON.stringify(answer())))
      } catch (error) {
        log.warn('a question of the lattice was not answered', {
          subject,
          reason: eventReason(error),
        })
      }
    }
    try {
      this.#stops.push(await connection.listen(subject, queueGroup, receive))
    } catch (error) {
      log.warn('questions of the lattice are not heard', { subject, reason: eventReason(error) })
    }
  }
}
