/** The instances of one module, and the queue before them. */
import { abortError, closedError, timeoutError, tooLarge } from './call-errors.ts'
import type { Timer } from './clock.ts'
import { EngineError } from './errors.ts'
import type { ExchangeOptions } from './exchange.ts'
import type { CallOptions, Guest } from './guest.ts'
import { maxNameBytes } from './guest-memory.ts'
import { type CallTerms, Instance, type InstanceOwner } from './instance.ts'
import type { EngineLimits } from './limits.ts'
import { GuestCounters, type GuestMetrics } from './metrics.ts'
import { Operation } from './operation.ts'
import { Pace } from './pace.ts'
import type { ModuleFacts } from './prepare/index.ts'
import { Lane, type Scheduler, type Task } from './scheduler.ts'
import { Ticket } from './ticket.ts'

/** A compiled module and everything that instances of it need. */
export interface CompiledGuest {
  readonly module: WebAssembly.Module
  readonly facts: ModuleFacts
  readonly fuelExport: string
  readonly startExports: readonly string[]
  readonly memoryLimitBytes: number
  readonly wasi: boolean
  readonly limits: EngineLimits
  /** Whether to learn which operations can be called where they cannot be set aside. */
  readonly mayCallDirectly: boolean
  readonly exchange: ExchangeOptions
  readonly scheduler: Scheduler
}

/** Operations that are remembered; a caller may ask for any number of names. */
const maxOperations = 256

/** Payloads of direct calls: what is larger takes longer than a direct call may. */
const directBytes = 64 * 1024

/** How long no instance is started after one found no room. */
const fullForMs = 1_000

const noOptions: CallOptions = {}

/**
 * Calls that may have ended without waiting and not been looked at yet. V8 keeps a stack for each until
 * then, and gives those beyond its pool of 4 MiB back to the system: more at a time cost four times as
 * much each.
 */
const mostReturning = 4

/** The instances of one module, started as calls need them, and the queue before them. */
export class GuestPool implements Guest, InstanceOwner, Task {
  readonly module: WebAssembly.Module
  readonly facts: ModuleFacts
  readonly fuelExport: string
  readonly startExports: readonly string[]
  readonly hostCallParams: 4 | 6 | 8
  readonly memoryLimitBytes: number
  readonly wasi: boolean
  readonly limits: EngineLimits
  readonly exchange: ExchangeOptions
  readonly scheduler: Scheduler
  readonly lane: Lane = new Lane()
  readonly pace: Pace = new Pace()
  readonly counters: GuestCounters = new GuestCounters()
  returning = 0
  readonly #mayCallDirectly: boolean
  readonly #operations = new Map<string, Operation>()
  readonly #live = new Set<Instance>()
  /** The one used last is used next: the others may then be let go. */
  readonly #idle: Instance[] = []
  readonly #queue = new Set<Ticket>()
  #starting = 0
  #turnAsked = false
  #closed = false
  #trimmer: Timer | undefined
  #drained: PromiseWithResolvers<void> | undefined

  constructor(compiled: CompiledGuest) {
    this.module = compiled.module
    this.facts = compiled.facts
    this.fuelExport = compiled.fuelExport
    this.startExports = compiled.startExports
    this.hostCallParams = compiled.facts.hostCallParams ?? 8
    this.memoryLimitBytes = compiled.memoryLimitBytes
    this.wasi = compiled.wasi
    this.limits = compiled.limits
    this.#mayCallDirectly = compiled.mayCallDirectly
    this.exchange = compiled.exchange
    this.scheduler = compiled.scheduler
  }

  /**
   * Starts an instance that is then idle, so that what fails at the start fails here.
   *
   * @throws EngineError of any kind that a guest can cause, and `ERR_OUT_OF_MEMORY`
   */
  async warm(): Promise<void> {
    const instance = this.#open()
    if (this.startExports.length === 0) this.released(instance)
    else await this.#start(instance)
  }

  call(
    operationName: string,
    payload: Uint8Array,
    options: CallOptions = noOptions,
  ): Promise<Uint8Array> {
    const now = this.scheduler.clock.now()
    const timeoutMs = Math.min(options.deadlineMs ?? this.limits.timeoutMs, this.limits.timeoutMs)
    const operation = this.#operations.get(operationName) ?? this.#remember(operationName)
    const { signal, context } = options
    const refusal = this.#refusal(operation, payload, timeoutMs, signal)
    if (refusal !== undefined) {
      this.counters.refused(refusal.code)
      return Promise.reject(refusal)
    }
    try {
      if (this.#queue.size === 0 && this.returning < mostReturning && this.scheduler.mayRun) {
        let instance = this.#takeAtOnce()
        if (instance !== undefined && operation.direct && payload.length <= directBytes) {
          const response = instance.callDirectly(operation, payload, context, now)
          if (response !== undefined) return Promise.resolve(response)
          instance = this.#takeAtOnce()
        }
        if (instance !== undefined) {
          const deadlineAt = now + timeoutMs
          const terms = { startedAt: now, deadlineAt, timeoutMs, signal, context }
          return instance.call(operation, payload, terms, now)
        }
      }
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      if (error.code === 'ERR_OUT_OF_MEMORY') this.counters.refused('ERR_OUT_OF_MEMORY')
      return Promise.reject(error)
    }
    const terms = { startedAt: now, deadlineAt: now + timeoutMs, timeoutMs, signal, context }
    return this.#enqueue(operation, payload, terms)
  }

  metrics(): GuestMetrics {
    for (const instance of this.#live) this.counters.sawMemory(instance.memory.byteLength)
    const idle = this.#idle.length
    return this.counters.snapshot({
      instances: { idle, busy: this.#live.size - idle },
      queued: this.#queue.size,
    })
  }

  get restarts(): number {
    return this.counters.restarts
  }

  async drain(signal?: AbortSignal): Promise<void> {
    this.#closed = true
    this.#drained ??= Promise.withResolvers()
    this.#checkDrained()
    const cut = (): void => {
      this.#cut()
    }
    if (signal?.aborted) cut()
    else signal?.addEventListener('abort', cut)
    try {
      await this.#drained.promise
    } finally {
      signal?.removeEventListener('abort', cut)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain()
  }

  released(instance: Instance): void {
    this.#idle.push(instance)
    if (this.#queue.size > 0) this.#pump()
    else if (this.#closed) this.#checkDrained()
    if (this.#trimmer === undefined && !this.#closed) this.#armTrimmer()
  }

  mayTakeMore(): void {
    if (this.#queue.size > 0) this.#askForTurn()
  }

  discarded(instance: Instance): void {
    this.#live.delete(instance)
    this.counters.restarts += 1
    if (this.#queue.size > 0) this.#pump()
    else if (this.#closed) this.#checkDrained()
  }

  /** Its turn came: calls that waited for one begin. */
  run(): void {
    this.#turnAsked = false
    this.#pump()
  }

  #refusal(
    operation: Operation,
    payload: Uint8Array,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): EngineError | undefined {
    if (this.#closed) return closedError()
    if (signal?.aborted) return abortError(signal)
    if (!(timeoutMs > 0)) return timeoutError(timeoutMs)
    const { payloadBytes } = this.limits
    if (payload.length > payloadBytes) return tooLarge('request', payload.length, payloadBytes)
    const nameBytes = operation.bytes.length
    if (nameBytes > maxNameBytes) return tooLarge('operation name', nameBytes, maxNameBytes)
    return undefined
  }

  #remember(name: string): Operation {
    const operation = new Operation(name, this.#mayCallDirectly)
    if (this.#operations.size < maxOperations) this.#operations.set(name, operation)
    return operation
  }

  /** An instance that can be called now: an idle one, or a new one if that takes no waiting. */
  #takeAtOnce(): Instance | undefined {
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    if (this.startExports.length > 0 || this.#live.size >= this.limits.instances) return undefined
    return this.#openIfRoom()
  }

  #enqueue(operation: Operation, payload: Uint8Array, terms: CallTerms): Promise<Uint8Array> {
    const { instances, queueLength } = this.limits
    const busy = this.#live.size - this.#idle.length - this.#starting
    if (this.#queue.size >= queueLength + instances - busy) {
      this.counters.refused('ERR_QUEUE_FULL')
      return Promise.reject(
        new EngineError(
          'ERR_QUEUE_FULL',
          { queueLength },
          `all ${instances} instances of the actor are busy and ${queueLength} calls wait already`,
        ),
      )
    }
    const ticket = new Ticket(operation, payload, terms, this.#leave)
    this.#queue.add(ticket)
    this.scheduler.deadlines.add(ticket, terms.deadlineAt)
    this.#pump()
    return ticket.answer
  }

  readonly #leave = (ticket: Ticket, reason: EngineError): void => {
    this.#dequeue(ticket)
    this.counters.refused(reason.code)
    if (this.#closed) this.#checkDrained()
  }

  #dequeue(ticket: Ticket): void {
    this.#queue.delete(ticket)
    this.scheduler.deadlines.remove(ticket)
    ticket.stopListening()
  }

  /** Begins calls that wait, as far as there are instances and time. */
  #pump(): void {
    for (const ticket of this.#queue) {
      // One of them pumps again when it has returned.
      if (this.returning >= mostReturning) return
      if (!this.scheduler.mayRun) {
        this.#askForTurn()
        return
      }
      try {
        const instance = this.#takeAtOnce()
        if (instance === undefined) {
          this.#startForQueue()
          return
        }
        this.#dequeue(ticket)
        const now = this.scheduler.clock.now()
        ticket.resolve(instance.call(ticket.operation, ticket.payload, ticket.terms, now))
      } catch (error) {
        ticket.fail(error as EngineError)
      }
    }
  }

  #askForTurn(): void {
    if (this.#turnAsked) return
    this.#turnAsked = true
    this.scheduler.enqueue(this.lane, this)
  }

  /** Starts as many instances as calls wait for and time allows, where starting means to run the guest. */
  #startForQueue(): void {
    if (this.startExports.length === 0) return
    while (this.#starting < this.#queue.size && this.#live.size < this.limits.instances) {
      if (!this.scheduler.mayRun) {
        this.#askForTurn()
        return
      }
      const instance = this.#openIfRoom()
      if (instance === undefined) return
      this.#start(instance).catch((error: unknown) => {
        const [ticket] = this.#queue
        ticket?.fail(error as EngineError)
      })
    }
  }

  async #start(instance: Instance): Promise<void> {
    this.#starting += 1
    try {
      await instance.start()
    } finally {
      this.#starting -= 1
    }
  }

  /** @returns undefined if there is no room for another, and calls can wait for those there are */
  #openIfRoom(): Instance | undefined {
    try {
      return this.#open()
    } catch (error) {
      if ((error as EngineError).code === 'ERR_OUT_OF_MEMORY' && this.#live.size > 0)
        return undefined
      throw error
    }
  }

  #open(): Instance {
    const { clock } = this.scheduler
    const before = clock.now()
    if (before < this.scheduler.fullUntil) throw outOfMemory(this.#live.size)
    let instance: Instance
    try {
      instance = new Instance(this)
    } catch (error) {
      if (!(error instanceof RangeError)) throw startFailure(error)
      this.scheduler.fullUntil = clock.now() + fullForMs
      throw outOfMemory(this.#live.size, error)
    }
    this.#live.add(instance)
    const now = clock.now()
    this.scheduler.charge(now - before, now)
    instance.idleSince = now
    return instance
  }

  #armTrimmer(): void {
    if (this.#idle.length <= this.limits.minInstances) return
    this.#trimmer = this.scheduler.clock.setTimer(this.#trim, this.limits.idleMs)
    this.#trimmer.unref()
  }

  /** Lets go of instances that were idle for long. */
  readonly #trim = (): void => {
    this.#trimmer = undefined
    const oldest = this.scheduler.clock.now() - this.limits.idleMs
    let count = 0
    for (const instance of this.#idle) {
      if (instance.idleSince > oldest || this.#live.size <= this.limits.minInstances) break
      this.counters.sawMemory(instance.memory.byteLength)
      this.#live.delete(instance)
      count += 1
    }
    this.#idle.splice(0, count)
    this.#armTrimmer()
  }

  #checkDrained(): void {
    if (this.#drained === undefined) return
    if (this.#queue.size > 0 || this.#live.size > this.#idle.length) return
    for (const instance of this.#idle) this.counters.sawMemory(instance.memory.byteLength)
    this.#idle.length = 0
    this.#live.clear()
    if (this.#trimmer !== undefined) this.scheduler.clock.clearTimer(this.#trimmer)
    this.#trimmer = undefined
    this.#drained.resolve()
  }

  #cut(): void {
    for (const ticket of this.#queue) ticket.fail(closedError())
    for (const instance of this.#live) instance.interrupt(closedError())
  }
}

/** The data of the module does not fit its memory. */
function startFailure(error: unknown): EngineError<'ERR_WASM_INVALID'> {
  const reason = error instanceof Error ? error.message : String(error)
  return new EngineError('ERR_WASM_INVALID', { reason }, `module does not start: ${reason}`, {
    cause: error,
  })
}

function outOfMemory(instances: number, cause?: RangeError): EngineError<'ERR_OUT_OF_MEMORY'> {
  return new EngineError(
    'ERR_OUT_OF_MEMORY',
    { instances },
    `no room for another instance of the actor besides ${instances}`,
    cause && { cause },
  )
}
