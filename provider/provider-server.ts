import type { Duplex } from 'node:stream'
import {
  contractForId,
  healthCheckResponse,
  type HostData,
  type Invocation,
  invocation,
  linkDefinition,
  packValue,
  unpackValue,
  type WasmbusFrame,
} from '../contracts/index.ts'
import type {
  CapabilityProvider,
  InvokeOptions,
  LinkContext,
  LinkedActor,
  Logger,
  ProviderCall,
  ProviderLink,
} from '../host/index.ts'
import {
  actorSubject,
  type ContentRequest,
  failureResponse,
  FrameChannel,
  headers,
  type LogMessage,
  type OpenedLink,
  processLinkName,
  ProviderError,
  providerSubject,
  readResponse,
  successResponse,
  timeoutHeader,
  timeoutOf,
  verbs,
} from './channel/index.ts'
import { ServedContent } from './served-content.ts'

/** What a {@link ProviderServer} stands on. */
export interface ProviderServerOptions {
  /** The channel to the host. */
  readonly stream: Duplex
  readonly hostData: HostData
  /** The provider, or why there is none: the host is told. */
  readonly provider: Promise<CapabilityProvider>
  /** Called once the host has asked to shut down and everything is closed. */
  onShutdown(): void
  /** Called when the channel is gone: nobody is left to serve. */
  onClose(): void
}

interface ServedLink {
  readonly actorId: string
  readonly linkName: string
  readonly contractId: string
  readonly abort: AbortController
  readonly opened: Promise<ProviderLink>
  readonly content: Promise<ServedContent>
  isOpen: boolean
}

/** Log lines that may wait to be written; what comes on top of that is dropped. */
const maxLogBacklogBytes = 1024 * 1024

/** The provider's end of the channel: has one provider serve what the host asks. */
export class ProviderServer {
  readonly #options: ProviderServerOptions
  readonly #channel: FrameChannel
  readonly #links = new Map<string, ServedLink>()
  /** Invocations under way, by id. */
  readonly #calls = new Map<string, AbortController>()
  /** The ids of invocations, by what the provider knows them as. */
  readonly #invocations = new WeakMap<ProviderCall, string>()
  readonly #subject: string
  #linkNumber = 0

  constructor(options: ProviderServerOptions) {
    this.#options = options
    this.#subject = providerSubject(options.hostData.providerKey, '')
    this.#channel = new FrameChannel(options.stream, {
      inbox: '_INBOX.provider',
      onMessage: (frame) => this.#receive(frame),
      onClose: () => options.onClose(),
    })
  }

  /** Closes every link. */
  async shutdown(): Promise<void> {
    await Promise.allSettled([...this.#links.keys()].map((id) => this.#close(id)))
  }

  #receive(frame: WasmbusFrame): void {
    const { subject } = frame
    if (!subject.startsWith(this.#subject)) throw new Error(`a message for ${subject}`)
    const [token = '', ...rest] = subject.slice(this.#subject.length).split('.')
    const verb = rest.join('.')
    if (token === processLinkName) return this.#control(verb, frame)
    if (verb === verbs.cancel) {
      this.#calls
        .get(Buffer.from(frame.payload).toString())
        ?.abort(new Error('nobody waits any more'))
    } else if (verb === verbs.content) {
      void this.#answer(frame, '', () => this.#content(token, frame))
    } else void this.#invoke(token, frame)
  }

  #control(verb: string, frame: WasmbusFrame): void {
    switch (verb) {
      case verbs.health:
        return void this.#health(frame)
      case verbs.putLink:
        return void this.#answer(frame, '', () => this.#open(frame))
      case verbs.deleteLink:
        return void this.#answer(frame, '', async () => {
          await this.#close(linkDefinition.decode(frame.payload).id)
          return new Uint8Array(0)
        })
      case verbs.closeIntake:
        return void this.#answer(frame, '', async () => {
          const link = this.#links.get(linkDefinition.decode(frame.payload).id)
          await (await link?.opened)?.closeIntake?.()
          return new Uint8Array(0)
        })
      case verbs.shutdown:
        return void this.#shutdown(frame)
      default:
        throw new Error(`a message for ${frame.subject}`)
    }
  }

  async #shutdown(frame: WasmbusFrame): Promise<void> {
    await this.shutdown()
    this.#channel.reply(frame, new Uint8Array(0))
    this.#options.onShutdown()
  }

  async #health(frame: WasmbusFrame): Promise<void> {
    const state = await this.#options.provider.then(
      () => ({ healthy: true, message: null }),
      (error: unknown) => ({ healthy: false, message: messageOf(error) }),
    )
    this.#channel.reply(frame, healthCheckResponse.encode(state))
  }

  /** Answers with what `work` gives, or with why it failed. */
  async #answer(frame: WasmbusFrame, id: string, work: () => Promise<Uint8Array>): Promise<void> {
    let response: Uint8Array
    try {
      response = successResponse(id, await work())
    } catch (error) {
      response = failureResponse(id, error)
    }
    try {
      this.#channel.reply(frame, response)
    } catch (error) {
      // Too long to be carried; that it was, is not.
      this.#channel.reply(frame, failureResponse(id, error))
    }
  }

  async #open(frame: WasmbusFrame): Promise<Uint8Array> {
    const definition = linkDefinition.decode(frame.payload)
    const { id, actorId, linkName, contractId, values } = definition
    const provider = await this.#options.provider
    const { contract } = provider
    if (contract.name !== (contractForId(contractId)?.name ?? contractId))
      throw new ProviderError(
        'ERR_PROVIDER_CODE',
        { reason: 'contract' },
        `the file defines a provider of ${contract.ids[0] ?? contract.name}, its archive claims ${contractId}`,
      )
    const config = await parseConfig(provider, values)
    const abort = new AbortController()
    const context: LinkContext<unknown> = {
      config,
      actor: {
        id: actorId,
        name: frame.headers[headers.actorName] ?? actorId,
        claims: claimsOf(frame),
      },
      linkName,
      log: this.#logger(id),
      signal: abort.signal,
      invoke: (operation, request, options) => this.#call(id, operation, request, options),
    }
    const opened: Promise<ProviderLink> = Promise.resolve().then(() => provider.link(context))
    const content = opened.then((link) => new ServedContent(link.content))
    content.catch(() => {}) // whoever waits for `opened` is told
    const served = { actorId, linkName, contractId, abort, opened, content, isOpen: false }
    this.#links.set(id, served)
    try {
      const link = await opened
      served.isOpen = true
      const operations: object = link.operations
      const names = Object.keys(operations)
      const answer: OpenedLink = {
        // An object that makes up its operations has none to list.
        operations: names.length > 0 ? names : null,
        info: link.info ?? {},
        hasIntake: link.closeIntake !== undefined,
        hasContent: link.content !== undefined,
      }
      return packValue(answer)
    } catch (error) {
      this.#links.delete(id)
      abort.abort(error)
      throw error
    }
  }

  async #close(id: string): Promise<void> {
    const link = this.#links.get(id)
    if (!link) return
    this.#links.delete(id)
    if (!link.isOpen) link.abort.abort(new Error('the link is no longer wanted'))
    try {
      const { [Symbol.asyncDispose]: dispose } = await link.opened
      await dispose?.()
    } finally {
      link.abort.abort(new Error('the link is closed'))
    }
  }

  async #content(id: string, frame: WasmbusFrame): Promise<Uint8Array> {
    const link = this.#links.get(id)
    if (!link) throw new ProviderError('ERR_NOT_LINKED', {}, `there is no link ${id} any more`)
    const request = unpackValue(frame.payload) as ContentRequest
    return (await link.content).answer(request, link.abort.signal)
  }

  async #invoke(id: string, frame: WasmbusFrame): Promise<void> {
    const asked = invocation.decode(frame.payload)
    await this.#answer(frame, asked.id, async () => {
      const link = this.#links.get(id)
      if (!link) throw new ProviderError('ERR_NOT_LINKED', {}, `there is no link ${id} any more`)
      const { operations } = await link.opened
      const isRaw = isRawContract((await this.#options.provider).contract)
      // Made up, inherited or own: anything but what every object has.
      const operation: unknown =
        asked.operation in Object.prototype ? undefined : operations[asked.operation]
      if (typeof operation !== 'function')
        throw new ProviderError(
          'ERR_OPERATION_UNKNOWN',
          { operation: asked.operation },
          `the provider has no operation ${JSON.stringify(asked.operation)}`,
        )
      const request: unknown = isRaw ? asked.msg : unpackValue(asked.msg)
      const answer: unknown = await this.#run(asked, frame, (call) =>
        (operation as ProviderLink['operations'][string]).call(operations, request as never, call),
      )
      if (!isRaw) return packValue(answer)
      if (answer instanceof Uint8Array) return answer
      throw new ProviderError(
        'ERR_PROVIDER_CODE',
        {},
        `${asked.operation} did not answer with bytes`,
      )
    })
  }

  async #run<T>(
    { id, operation, traceContext }: Invocation,
    frame: WasmbusFrame,
    work: (call: ProviderCall) => T,
  ): Promise<Awaited<T>> {
    const timeoutMs = timeoutOf(frame.headers)
    const abort = new AbortController()
    const call: ProviderCall = {
      operation,
      deadlineAt: performance.now() + timeoutMs,
      signal: abort.signal,
      traceparent: traceContext?.['traceparent'],
      depth: Number(frame.headers[headers.depth] ?? 0),
      within: undefined,
    }
    this.#calls.set(id, abort)
    this.#invocations.set(call, id)
    const late = (): void => abort.abort(new Error(`not done after ${timeoutMs} ms`))
    const timer = timeoutMs < 2 ** 31 ? setTimeout(late, timeoutMs) : undefined
    try {
      return await work(call)
    } finally {
      clearTimeout(timer)
      this.#calls.delete(id)
    }
  }

  async #call(
    linkId: string,
    operation: string,
    request: unknown,
    { timeoutMs = Number.POSITIVE_INFINITY, signal, traceparent, within }: InvokeOptions = {},
  ): Promise<never> {
    const link = this.#links.get(linkId)
    if (!link) throw new ProviderError('ERR_NOT_LINKED', {}, 'the link is closed')
    const { hostData } = this.#options
    const isRaw = isRawContract((await this.#options.provider).contract)
    const msg = isRaw ? (request as Uint8Array) : packValue(request)
    const { actorId, contractId, linkName } = link
    const id = `${linkId}-${++this.#linkNumber}`
    const subject = actorSubject(actorId)
    const payload = invocation.encode({
      origin: { publicKey: hostData.providerKey, contractId, linkName },
      target: { publicKey: actorId, contractId: '', linkName: '' },
      operation,
      msg,
      id,
      encodedClaims: '',
      hostId: hostData.hostId,
      contentLength: msg.length,
      traceContext: traceparent === undefined ? null : { traceparent },
    })
    const cancel = (): void => this.#channel.send(`${subject}.${verbs.cancel}`, Buffer.from(id))
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      const answer = await this.#channel.request(subject, payload, {
        headers: {
          [headers.link]: linkId,
          ...timeoutHeader(timeoutMs),
          ...(within && { [headers.within]: this.#invocations.get(within) ?? '' }),
        },
        timeoutMs: timeoutMs + answerGraceMs,
        signal,
      })
      const bytes = readResponse(answer)
      return (isRaw ? bytes : unpackValue(bytes)) as never
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  #logger(linkId: string, bound: Readonly<Record<string, unknown>> = {}): Logger {
    const { providerKey } = this.#options.hostData
    const subject = `${providerSubject(providerKey)}.${verbs.log}`
    const at =
      (level: LogMessage['level']) =>
      (message: string, facts: Readonly<Record<string, unknown>> = {}): void => {
        if (this.#channel.backlogBytes > maxLogBacklogBytes) return
        const line: LogMessage = { level, message, facts: loggable({ ...bound, ...facts }) }
        this.#channel.send(subject, packValue(line), { [headers.link]: linkId })
      }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (facts) => this.#logger(linkId, { ...bound, ...facts }),
    }
  }
}

/** The host gives up first and says why; this is for a host that does not. */
const answerGraceMs = 1000

async function parseConfig(
  { configSchema }: CapabilityProvider,
  values: Readonly<Record<string, string>>,
): Promise<unknown> {
  const result = await configSchema['~standard'].validate(values)
  if (!result.issues) return result.value
  const issues = result.issues.map(({ path, message }) => ({
    key: (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.'),
    problem: message,
  }))
  throw new ProviderError('ERR_LINK_CONFIG', { issues }, 'the values of the link do not suit')
}

/** Whether operations are bytes, since nobody here knows what they hold. */
function isRawContract({ ids }: { readonly ids: readonly string[] }): boolean {
  return ids.every((id) => contractForId(id) === undefined)
}

/** The claims of a link's actor, their dates made dates again. */
function claimsOf(frame: WasmbusFrame): LinkedActor['claims'] {
  const dates = ['issuedAt', 'expiresAt', 'notBefore']
  return JSON.parse(frame.headers[headers.actorClaims] ?? '{}', (key, value: unknown) =>
    dates.includes(key) && typeof value === 'string' ? new Date(value) : value,
  ) as LinkedActor['claims']
}

/** Facts as they can travel: what cannot, as JSON would have it. */
function loggable(facts: Readonly<Record<string, unknown>>): unknown {
  try {
    return JSON.parse(
      JSON.stringify(facts, (_key, value: unknown) => {
        if (typeof value === 'bigint') return String(value)
        return value instanceof Error ? { message: value.message, stack: value.stack } : value
      }),
    )
  } catch {
    // A circle, most often.
    return {}
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
