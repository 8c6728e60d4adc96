import { randomUUID } from 'node:crypto'
import {
  contractForId,
  invocation,
  keyvalue,
  linkDefinition,
  packValue,
  unpackValue,
  type WasmbusFrame,
} from '../../contracts/index.ts'
import {
  HostError,
  type LinkContext,
  type LinkedActor,
  type Logger,
  type ProviderCall,
  type ProviderLink,
  silentLogger,
} from '../../host/index.ts'
import {
  actorSubject,
  type ContentRequest,
  headers,
  NoAnswerError,
  ProviderError,
  providerSubject,
  readResponse,
  timeoutHeader,
  verbs,
} from '../../provider/channel/index.ts'
import type { ProviderClaims } from '../../signing/index.ts'
import { CapabilityError } from '../errors.ts'
import { LineLimit } from '../line-limit.ts'
import { visibleText } from '../visible-text.ts'
import { ActorCalls, type RemoteLink } from './actor-calls.ts'
import { linkOperations } from './link-operations.ts'
import type { RunSettings } from './options.ts'
import { readLogMessage, readOpenedLink } from './process-messages.ts'
import { ProviderFolder } from './provider-folder.ts'
import { ProviderLife } from './provider-life.ts'
import { ProviderRun } from './provider-run.ts'
import { remoteContent } from './remote-content.ts'

/** What a {@link RemoteProvider} stands on. */
export interface RemoteProviderOptions {
  /** What it is called in the host. */
  readonly name: string
  readonly claims: ProviderClaims
  readonly code: Uint8Array
  readonly settings: RunSettings
  readonly log: Logger | undefined
  /** @throws SigningError once the claims do not hold any more */
  checkClaims(): void
}

type Context = LinkContext<Readonly<Record<string, string>>>

const putTimeoutMs = 25_000
const contentTimeoutMs = 10_000
const logRate = { linesPerSecond: 100, burstLines: 1000 }

/** A provider whose code runs in a process of its own: one for all its links, as long as there are any. */
export class RemoteProvider {
  readonly #options: RemoteProviderOptions
  readonly #links = new Map<string, RemoteLink>()
  readonly #actorCalls: ActorCalls
  readonly #logLimit = new LineLimit(logRate, () => performance.now())
  readonly #isRaw: boolean
  /** Links that are being opened. */
  #opening = 0
  #linkNumber = 0
  #life: ProviderLife | undefined
  #folder: ProviderFolder | undefined
  #ending: Promise<void> = Promise.resolve()

  constructor(options: RemoteProviderOptions) {
    this.#options = options
    this.#isRaw = contractForId(options.claims.contractId) === undefined
    this.#actorCalls = new ActorCalls(options.claims.subject, this.#isRaw, this.#links)
  }

  /** As a provider's `link`. */
  async open(context: Context): Promise<ProviderLink> {
    this.#options.checkClaims()
    const link: RemoteLink = { id: `l${++this.#linkNumber}`, context }
    this.#opening++
    try {
      const life = await this.#alive()
      const run = await life.running(performance.now() + putTimeoutMs, context.signal)
      // The actor may be called before `link` has returned.
      this.#links.set(link.id, link)
      const opened = await this.#put(run, link)
      const ask = (operation: string, request: unknown, call: ProviderCall): Promise<unknown> =>
        this.#call(link, operation, request, call)
      const pid = (): string => String(this.#life?.run?.pid ?? 'none')
      return {
        operations: linkOperations(this.#options.claims.contractId, opened.operations, ask),
        get info() {
          return { ...opened.info, pid: pid() }
        },
        // What of it a call may change only the key-value contract says.
        ...(opened.hasContent &&
          contractForId(this.#options.claims.contractId) === keyvalue && {
            content: remoteContent((asked, signal) => this.#askContent(link, asked, signal)),
          }),
        ...(opened.hasIntake && { closeIntake: () => this.#tell(verbs.closeIntake, link) }),
        [Symbol.asyncDispose]: () => this.#close(link),
      }
    } catch (error) {
      // It may still open there: whatever comes of it is to be closed. Nobody waits for that.
      if (this.#links.delete(link.id)) this.#tell(verbs.deleteLink, link).catch(() => {})
      throw error
    } finally {
      this.#opening--
      if (!this.#inUse) await this.#end()
    }
  }

  get #inUse(): boolean {
    return this.#links.size + this.#opening > 0
  }

  get #log(): Logger {
    const newest = [...this.#links.values()].at(-1)?.context.log
    return this.#options.log ?? newest ?? silentLogger
  }

  async #alive(): Promise<ProviderLife> {
    await this.#ending
    if (this.#life && !this.#life.over) return this.#life
    const { name, settings, code } = this.#options
    this.#life = new ProviderLife({
      name,
      settings,
      start: async (signal) => {
        this.#options.checkClaims()
        this.#folder ??= await ProviderFolder.make(code)
        return this.#start(this.#folder, signal)
      },
      restore: (run) => this.#restore(run),
      onEnded: (reason, ends, restartInMs) => {
        this.#actorCalls.cancelAll()
        const facts = {
          provider: name,
          reason,
          ends,
          ...(restartInMs !== undefined && { restartInMs }),
        }
        if (restartInMs === undefined) this.#log.error('provider process ended for good', facts)
        else this.#log.warn('provider process ended', facts)
      },
    })
    return this.#life
  }

  #start(folder: ProviderFolder, signal: AbortSignal): Promise<ProviderRun> {
    const { claims, settings, name } = this.#options
    return ProviderRun.start(
      {
        providerKey: claims.subject,
        folder,
        settings,
        onMessage: (run, frame) => this.#receive(run, frame),
        onLine: (from, line, suppressed) => {
          const facts = { provider: name, from, ...(suppressed > 0 && { suppressed }) }
          this.#log.info('provider output', { ...facts, line })
        },
      },
      signal,
    )
  }

  /** Tells a new run of the links there are. One that it refuses now does not keep the rest from working. */
  async #restore(run: ProviderRun): Promise<void> {
    await Promise.all(
      [...this.#links.values()].map(async (link) => {
        try {
          await this.#put(run, link)
        } catch (error) {
          if (error instanceof CapabilityError) throw error
          link.context.log.error('link not made again', { reason: (error as Error).message })
        }
      }),
    )
  }

  async #put(run: ProviderRun, { id, context }: RemoteLink): ReturnType<typeof readOpenedLink> {
    const { claims } = this.#options
    const { actor, linkName, config, signal } = context
    const definition = linkDefinition.encode({
      id,
      actorId: actor.id,
      providerId: claims.subject,
      linkName,
      contractId: claims.contractId,
      values: config,
    })
    try {
      const answer = await run.request(
        `${providerSubject(claims.subject)}.${verbs.putLink}`,
        definition,
        { headers: actorHeaders(actor), timeoutMs: putTimeoutMs, signal },
      )
      return await readOpenedLink(readResponse(answer))
    } catch (error) {
      throw this.#understood(error, 'link', putTimeoutMs)
    }
  }

  async #close(link: RemoteLink): Promise<void> {
    if (!this.#links.delete(link.id)) return
    if (this.#inUse) await this.#tell(verbs.deleteLink, link)
    else await this.#end()
  }

  async #askContent(
    { id }: RemoteLink,
    asked: ContentRequest,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { claims, settings } = this.#options
    const run = await this.#life?.running(performance.now() + settings.startTimeoutMs, signal)
    if (!run) throw new ProviderError('ERR_NOT_LINKED', {}, 'the link is closed')
    const subject = `${providerSubject(claims.subject, id)}.${verbs.content}`
    try {
      return unpackValue(
        readResponse(
          await run.request(subject, packValue(asked), { timeoutMs: contentTimeoutMs, signal }),
        ),
      )
    } catch (error) {
      throw this.#understood(error, 'content', contentTimeoutMs)
    }
  }

  /** Tells the process something of a link, and waits until it is done. There may be no process. */
  async #tell(verb: string, { id, context }: RemoteLink): Promise<void> {
    const { claims, settings } = this.#options
    const definition = linkDefinition.encode({
      id,
      actorId: context.actor.id,
      providerId: claims.subject,
      linkName: context.linkName,
      contractId: claims.contractId,
      values: {},
    })
    try {
      const subject = `${providerSubject(claims.subject)}.${verb}`
      const timeoutMs = settings.stopTimeoutMs
      const answer = await this.#life?.run?.request(subject, definition, { timeoutMs })
      if (answer) readResponse(answer)
    } catch (error) {
      if (error instanceof NoAnswerError && error.reason === 'closed') return
      throw error
    }
  }

  /** Ends the process. Whoever links meanwhile waits, and gets a new one. */
  async #end(): Promise<void> {
    const life = this.#life
    this.#life = undefined
    const before = this.#ending
    const ended = async (): Promise<void> => {
      await before
      await life?.stop()
      // Only now is it certain that there will be no other.
      const folder = this.#folder
      this.#folder = undefined
      await folder?.[Symbol.asyncDispose]()
    }
    this.#ending = ended()
    await this.#ending
  }

  async #call(
    link: RemoteLink,
    operation: string,
    request: unknown,
    call: ProviderCall,
  ): Promise<unknown> {
    const { claims } = this.#options
    this.#options.checkClaims()
    const msg = this.#isRaw ? (request as Uint8Array) : packValue(request)
    const id = randomUUID()
    const { actor, linkName } = link.context
    const payload = invocation.encode({
      origin: { publicKey: actor.id, contractId: '', linkName: '' },
      target: { publicKey: claims.subject, contractId: claims.contractId, linkName },
      operation,
      msg,
      id,
      encodedClaims: '',
      hostId: '',
      contentLength: msg.length,
      traceContext: call.traceparent === undefined ? null : { traceparent: call.traceparent },
    })
    const subject = providerSubject(claims.subject, link.id)
    using _ = this.#actorCalls.during(id, call)
    for (;;) {
      const life = this.#life
      if (!life) throw new ProviderError('ERR_NOT_LINKED', {}, 'the link is closed')
      const run = life.run ?? (await life.running(call.deadlineAt, call.signal))
      const timeoutMs = Math.max(1, call.deadlineAt - performance.now())
      try {
        const answer = readResponse(
          await run.request(subject, payload, {
            headers: { ...timeoutHeader(timeoutMs), [headers.depth]: String(call.depth) },
            timeoutMs,
            signal: call.signal,
          }),
        )
        return this.#isRaw ? answer : unpackValue(answer)
      } catch (error) {
        if (error instanceof NoAnswerError) {
          // It ended before it was asked: the next run may be.
          if (error.reason === 'closed' && !error.sent && !life.over) {
            await run.ended
            continue
          }
          if (error.sent && error.reason !== 'closed') {
            run.send(`${subject}.${verbs.cancel}`, Buffer.from(id))
            // Slow, or not able to do anything any more?
            if (error.reason === 'timeout') void run.checkHealth()
          }
        }
        throw this.#understood(error, operation, timeoutMs)
      }
    }
  }

  /** What went wrong, as callers know it. What a process says of itself is made fit to be shown. */
  #understood(error: unknown, operation: string, timeoutMs: number): unknown {
    const server = this.#options.name
    if (error instanceof NoAnswerError) {
      const { reason, sent, message } = error
      if (!sent)
        return new CapabilityError(
          'ERR_SERVER_UNAVAILABLE',
          { server, reason: message },
          `provider ${server} cannot be asked: ${message}`,
        )
      if (reason === 'closed')
        return new CapabilityError(
          'ERR_OUTCOME_UNKNOWN',
          { server, operation, reason: 'its process ended' },
          `the process of provider ${server} ended during ${operation}: it may have been executed`,
        )
      return new CapabilityError(
        'ERR_SERVER_TIMEOUT',
        { server, operation, timeoutMs: Math.round(timeoutMs) },
        `provider ${server} did not answer ${operation}: ${message}`,
      )
    }
    if (!(error instanceof ProviderError)) return error
    const { code, detail } = error
    const message = visibleText(error.message, 4096)
    if (code === 'ERR_LINK_CONFIG') return configError(server, detail)
    return new ProviderError(code, detail, message, { cause: error })
  }

  #receive(run: ProviderRun, frame: WasmbusFrame): void {
    const own = providerSubject(this.#options.claims.subject)
    if (frame.subject === `${own}.${verbs.log}`) return this.#logMessage(frame)
    const base = actorSubject('')
    if (!frame.subject.startsWith(base)) throw new Error('a message for nobody here')
    const [actorKey = '', verb] = frame.subject.slice(base.length).split('.')
    if (verb === undefined) this.#actorCalls.handle(run, frame, actorKey)
    else if (verb === verbs.cancel) this.#actorCalls.cancel(Buffer.from(frame.payload).toString())
    else throw new Error('a message for nobody here')
  }

  #logMessage(frame: WasmbusFrame): void {
    if (!this.#logLimit.admit()) return
    const log = this.#links.get(frame.headers[headers.link] ?? '')?.context.log
    const { level, message, facts } = readLogMessage(frame.payload)
    const suppressed = this.#logLimit.takeSuppressed()
    log?.[level](message, { ...(facts !== '' && { facts }), ...(suppressed > 0 && { suppressed }) })
  }
}

function actorHeaders({ name, claims }: LinkedActor): Record<string, string> {
  return { [headers.actorName]: name, [headers.actorClaims]: JSON.stringify(claims) }
}

function configError(provider: string, detail: unknown): HostError {
  const given: unknown = Object(detail) && (detail as { issues?: unknown }).issues
  const issues = (Array.isArray(given) ? given.slice(0, 32) : []).map((issue: unknown) => {
    const { key, problem } = Object(issue) as { key?: unknown; problem?: unknown }
    const shown = (text: unknown): string => visibleText(typeof text === 'string' ? text : '', 512)
    return { key: shown(key), problem: shown(problem) }
  })
  const lines = issues.map(({ key, problem }) => (key ? `${key}: ${problem}` : problem))
  return new HostError(
    'ERR_LINK_CONFIG',
    { provider, issues },
    `${provider} cannot be configured: ${lines.join('; ')}`,
  )
}
