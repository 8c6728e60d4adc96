import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Duplex, Readable, Writable } from 'node:stream'
import {
  encodeHostData,
  healthCheckRequest,
  healthCheckResponse,
  type WasmbusFrame,
} from '../../contracts/index.ts'
import {
  FrameChannel,
  localLattice,
  NoAnswerError,
  processLinkName,
  providerSubject,
  type RequestOptions,
  verbs,
} from '../../provider/channel/index.ts'
import { visibleText } from '../visible-text.ts'
import type { RunSettings } from './options.ts'
import { logLines } from './output-log.ts'
import { nodeArguments, type ProviderFolder } from './provider-folder.ts'

/** What a {@link ProviderRun} is told of. */
export interface ProviderRunOptions {
  /** `V…` */
  readonly providerKey: string
  readonly folder: ProviderFolder
  readonly settings: RunSettings
  /** A message of the provider that is no answer. What it throws ends the run. */
  onMessage(run: ProviderRun, frame: WasmbusFrame): void
  /** A line that the process wrote. */
  onLine(from: 'stdout' | 'stderr', line: string, suppressed: number): void
}

const killAfterTermMs = 1000
const closeGraceMs = 1000

/** One run of a provider's process, from its start to its end. */
export class ProviderRun {
  readonly startedAt: number = performance.now()
  /** Resolves with the reason once the process is gone. It never rejects. */
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  readonly #channel: FrameChannel
  readonly #options: ProviderRunOptions
  /** Why it was killed, where we did it. */
  #killedFor: string | undefined
  #checking = false

  private constructor(options: ProviderRunOptions, child: ChildProcess) {
    this.#options = options
    this.#child = child
    this.#channel = new FrameChannel(child.stdio[3] as Duplex, {
      inbox: '_INBOX.host',
      onMessage: (frame) => options.onMessage(this, frame),
      onClose: (reason) => this.#onChannelClosed(reason),
    })
    for (const from of ['stdout', 'stderr'] as const) {
      logLines(child[from] as Readable, (line, left) => options.onLine(from, line, left))
    }
    const { promise, resolve } = Promise.withResolvers<string>()
    this.ended = promise
    const end = (reason: string): void => {
      this.#channel.close()
      child.stdin?.destroy()
      resolve(this.#killedFor ?? reason)
    }
    child.on('error', (error) => end(`it could not be started: ${error.message}`))
    child.on('exit', (code, signal) => {
      end(signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`)
    })
  }

  /**
   * Starts a process and waits until it has loaded the provider's file.
   *
   * @throws Error that says why it did not; the process is gone then
   */
  static async start(options: ProviderRunOptions, signal: AbortSignal): Promise<ProviderRun> {
    const { folder, settings, providerKey } = options
    const child = spawn(process.execPath, await nodeArguments(folder, settings), {
      cwd: folder.path,
      env: {},
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    })
    // Without processes or files left to have, the system gives none, and not even pipes.
    const refused = Promise.withResolvers<never>()
    child.on('error', refused.reject)
    const input: Writable | undefined = child.stdin
    if (!input) return refused.promise
    refused.promise.catch(() => {}) // the run hears of it, too
    input.on('error', () => {}) // it shows in the end of the process
    input.write(`${hostDataLine(providerKey)}\n`)
    const run = new ProviderRun(options, child)
    try {
      await run.#ready(signal)
      return run
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      run.kill(reason)
      throw new Error(await run.ended, { cause: error })
    }
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** As {@link FrameChannel.request}. */
  request(subject: string, payload: Uint8Array, options?: RequestOptions): Promise<Uint8Array> {
    return this.#channel.request(subject, payload, options)
  }

  /** As {@link FrameChannel.send}. */
  send(subject: string, payload: Uint8Array): void {
    this.#channel.send(subject, payload)
  }

  /** As {@link FrameChannel.reply}. */
  reply(frame: WasmbusFrame, payload: Uint8Array): void {
    this.#channel.reply(frame, payload)
  }

  /** Ends the process at once. */
  kill(reason: string): void {
    this.#killedFor ??= reason
    this.#child.kill('SIGKILL')
  }

  /** Has the provider close its links and end; kills it if it takes too long. */
  async stop(): Promise<void> {
    const { stopTimeoutMs } = this.#options.settings
    this.#killedFor ??= 'it was stopped'
    const exited = this.ended.then(() => true)
    const within = (ms: number): Promise<boolean> => {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(resolve, ms, false)
      })
      return Promise.race([exited, late]).finally(() => clearTimeout(timer))
    }
    // Its answer says nothing that its end does not.
    this.#ask(verbs.shutdown, new Uint8Array(0), stopTimeoutMs).catch(() => {})
    if (await within(stopTimeoutMs)) return
    this.#child.kill('SIGTERM')
    if (await within(killAfterTermMs)) return
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Kills the process if it does not answer in time. Checks do not overlap. */
  async checkHealth(): Promise<void> {
    if (this.#checking || this.#channel.closed) return
    this.#checking = true
    const { healthTimeoutMs } = this.#options.settings
    try {
      await this.#ask(
        verbs.health,
        healthCheckRequest.encode({ placeholder: true }),
        healthTimeoutMs,
      )
    } catch (error) {
      if (error instanceof NoAnswerError && error.reason !== 'timeout') return
      this.kill(`it did not answer a health check within ${healthTimeoutMs} ms`)
    } finally {
      this.#checking = false
    }
  }

  async #ready(signal: AbortSignal): Promise<void> {
    const { startTimeoutMs } = this.#options.settings
    const asked = healthCheckRequest.encode({ placeholder: true })
    let answer: Uint8Array
    try {
      answer = await this.#ask(verbs.health, asked, startTimeoutMs, signal)
    } catch (error) {
      if (!(error instanceof NoAnswerError) || error.reason !== 'closed') throw error
      throw new Error(await this.ended, { cause: error })
    }
    const { healthy, message } = healthCheckResponse.decode(answer)
    if (!healthy) throw new Error(visibleText(message ?? 'its file cannot be loaded', 4096))
  }

  #ask(
    verb: string,
    payload: Uint8Array,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const subject = `${providerSubject(this.#options.providerKey)}.${verb}`
    return this.#channel.request(subject, payload, { timeoutMs, signal })
  }

  /** Without the channel the process is good for nothing. */
  #onChannelClosed(reason: Error | undefined): void {
    if (reason) return this.kill(`it broke the protocol: ${visibleText(reason.message, 1024)}`)
    const grace = setTimeout(() => this.kill('it closed its channel'), closeGraceMs)
    this.ended.then(() => clearTimeout(grace)).catch(() => {})
  }
}

function hostDataLine(providerKey: string): string {
  return encodeHostData({
    hostId: '',
    latticeRpcPrefix: localLattice,
    linkName: processLinkName,
    latticeRpcUserJwt: '',
    latticeRpcUserSeed: '',
    latticeRpcUrl: '',
    providerKey,
    invocationSeed: '',
    envValues: {},
    instanceId: randomUUID(),
    linkDefinitions: [],
    clusterIssuers: [],
    configJson: null,
    defaultRpcTimeoutMs: null,
    structuredLogging: false,
  })
}
