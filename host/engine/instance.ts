/**
 * One instance of a guest: enters it, meters it, sets it aside while it waits, and tells its owner
 * when it may be used again. It answers one call at a time.
 */
import { abortError, timeoutError } from './call-errors.ts'
import type { Timed } from './deadlines.ts'
import type { EngineError } from './errors.ts'
import { Exchange, type ExchangeOptions, type Stage } from './exchange.ts'
import { guestFailure } from './failures.ts'
import { GuestMemory } from './guest-memory.ts'
import type { HostCall, PendingHostCall } from './host-call.ts'
import { type EntryPoint, promising, SuspendError, suspending } from './jspi.ts'
import type { EngineLimits } from './limits.ts'
import type { Operation } from './operation.ts'
import { RunMeter, type RunMeterOptions } from './run-meter.ts'
import type { Lane, Task } from './scheduler.ts'
import { Wasi, wasiModule, type WasiStage } from './wasi.ts'

/** A compiled guest, as all its instances see it. */
export interface InstanceOwner extends RunMeterOptions {
  readonly module: WebAssembly.Module
  /** Export name of the fuel. */
  readonly fuelExport: string
  /** Export names of what is called before the first call, in order. */
  readonly startExports: readonly string[]
  readonly hostCallParams: 4 | 6 | 8
  readonly memoryLimitBytes: number
  /** Whether the module may import from WASI. */
  readonly wasi: boolean
  readonly limits: EngineLimits
  readonly exchange: ExchangeOptions
  readonly lane: Lane
  /** Its instances whose guest has ended without waiting, and whose outcome is on the way. */
  returning: number
  /** One less is returning than there were, in the midst of a guest's call. */
  mayTakeMore(): void
  /** The instance may take another call. */
  released(instance: Instance): void
  /** The instance is of no use any more. */
  discarded(instance: Instance): void
}

/** What a call may take. */
export interface CallTerms {
  /** When the caller called, by the scheduler's clock. */
  readonly startedAt: number
  readonly deadlineAt: number
  /** How long that is from the call, for the error. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly context: unknown
}

const nothing = new Uint8Array(0)

/** One WebAssembly instance and the state of the call it is in. */
export class Instance implements Task, Timed, Stage, WasiStage {
  readonly memory: GuestMemory
  /** When it was last used, by the scheduler's clock. */
  idleSince = 0
  dueTick = 0
  readonly #owner: InstanceOwner
  readonly #exchange: Exchange
  readonly #wasi: Wasi | undefined
  readonly #exports: WebAssembly.Exports
  readonly #meter: RunMeter
  readonly #direct: EntryPoint
  readonly #promising: (...args: number[]) => Promise<unknown>
  // The call it is in.
  #operation: Operation | undefined
  #startedAt = 0
  #deadlineAt = 0
  #timeoutMs = 0
  #signal: AbortSignal | undefined
  #listening = false
  #failure: EngineError | undefined
  /** It ended without waiting, and its outcome is on the way. */
  #returning = false
  // What it waits for.
  #resolve: ((code: number) => void) | undefined
  #reject: ((reason: unknown) => void) | undefined
  #code = 0
  #hostCall: PendingHostCall | undefined

  /**
   * Instantiates the module; nothing of the guest runs yet.
   *
   * @throws RangeError if there is no room for its memory, WebAssembly.RuntimeError if its data does
   * not fit
   */
  constructor(owner: InstanceOwner) {
    this.#owner = owner
    this.#exchange = new Exchange(this, owner.exchange)
    this.#wasi = owner.wasi ? new Wasi(this) : undefined
    const functions: WebAssembly.ModuleImports = {
      ...this.#exchange.functions(),
      __host_call: suspending(this.#exchange.hostCall(owner.hostCallParams)),
    }
    const { exports } = new WebAssembly.Instance(owner.module, {
      wapc: functions,
      wasmbus: functions,
      ...(this.#wasi && { [wasiModule]: this.#wasi.functions() }),
      __wash: { yield: suspending(() => this.#yield()) },
    })
    this.#exports = exports
    this.#meter = new RunMeter(exports[owner.fuelExport] as WebAssembly.Global, owner)
    this.memory = new GuestMemory(exports['memory'] as WebAssembly.Memory)
    this.#direct = exports['__guest_call'] as EntryPoint
    this.#promising = promising(this.#direct)
    owner.counters.sawMemory(this.memory.byteLength)
  }

  /**
   * Runs what the guest has to run before its first call.
   *
   * @throws EngineError of any kind that a guest can cause
   */
  async start(): Promise<void> {
    const { limits, scheduler, startExports } = this.#owner
    const startedAt = scheduler.clock.now()
    const timeoutMs = limits.startTimeoutMs
    const deadlineAt = startedAt + timeoutMs
    this.#begin({ startedAt, deadlineAt, timeoutMs, signal: undefined, context: undefined })
    this.#meter.begin(limits.startCpuMs)
    this.#exchange.begin(nothing, nothing, undefined, false)
    try {
      for (const name of startExports) {
        const entry = promising(this.#exports[name] as EntryPoint)
        await this.#enter(entry, scheduler.clock.now())
        this.#entered()
        if (this.#meter.running) this.#meter.stop(scheduler.clock.now())
      }
      this.#finishLog()
    } catch (error) {
      this.#entered()
      const failure = this.#failureFor(error)
      this.#discard()
      throw failure
    }
    this.#release()
  }

  /**
   * Calls the guest where it can be set aside.
   *
   * @param now by the scheduler's clock
   * @throws EngineError of any kind that a guest can cause
   */
  call(
    operation: Operation,
    payload: Uint8Array,
    terms: CallTerms,
    now: number,
  ): Promise<Uint8Array> {
    this.#begin(terms)
    this.#operation = operation
    this.#meter.begin(this.#owner.limits.cpuMs)
    this.#exchange.begin(operation.bytes, payload, terms.context, false)
    const nameBytes = operation.bytes.length
    return this.#enter(this.#promising, now, nameBytes, payload.length).then(
      this.#returned,
      this.#trapped,
    )
  }

  /**
   * Calls the guest where it cannot be set aside.
   *
   * @returns undefined if it had to be: nothing happened then, the instance is thrown away, and the
   * operation not to be called like this again
   * @throws EngineError of any kind that a guest can cause without being set aside
   */
  callDirectly(
    operation: Operation,
    payload: Uint8Array,
    context: unknown,
    startedAt: number,
  ): Uint8Array | undefined {
    this.#operation = operation
    this.#startedAt = startedAt
    this.#exchange.begin(operation.bytes, payload, context, true)
    this.#meter.runDirectly()
    let code: unknown
    try {
      code = this.#direct(operation.bytes.length, payload.length)
      this.#finishLog()
    } catch (error) {
      if (error instanceof SuspendError) {
        operation.wasNotCalm()
        this.#discard()
        return undefined
      }
      this.#meter.stopDirectly(startedAt)
      throw this.#fail(error)
    }
    this.#meter.stopDirectly(startedAt)
    return this.#conclude(code)
  }

  /** Ends the call it is in with `reason`: at once if it waits for its host, else at its next turn. */
  interrupt(reason: EngineError): void {
    this.#failure ??= reason
    const hostCall = this.#hostCall
    if (hostCall === undefined) return
    const reject = this.#reject
    this.#stopWaiting()
    hostCall.giveUp(this.#failure)
    reject?.(this.#failure)
  }

  expire(): void {
    this.interrupt(timeoutError(this.#timeoutMs))
  }

  /** Its turn came, or what it waited for: it runs on in the microtasks that follow. */
  run(): void {
    const resolve = this.#resolve
    const reject = this.#reject
    this.#resolve = undefined
    this.#reject = undefined
    const { scheduler } = this.#owner
    if (this.#failure !== undefined) {
      reject?.(this.#failure)
      scheduler.continueTurn()
      return
    }
    this.#meter.resume(scheduler.clock.now())
    resolve?.(this.#code)
  }

  burn(units: number): void {
    this.#meter.burn(units)
  }

  print(line: string): void {
    this.#exchange.print(line)
  }

  perform(call: HostCall): Uint8Array | Promise<Uint8Array> {
    const { exchange, scheduler } = this.#owner
    scheduler.nesting += 1
    try {
      return exchange.hooks.hostCall(call)
    } finally {
      scheduler.nesting -= 1
      this.#meter.checkTime()
    }
  }

  suspend(answer: Promise<Uint8Array>, call: PendingHostCall): Promise<number> {
    const { scheduler } = this.#owner
    answer.then(this.#answered, this.#refused)
    try {
      this.#listen()
    } catch (error) {
      call.giveUp(error as EngineError)
      throw error
    }
    this.#meter.stop(scheduler.clock.now())
    this.#waits()
    this.#hostCall = call
    scheduler.deadlines.add(this, this.#deadlineAt)
    return new Promise(this.#wait)
  }

  readonly #wait = (resolve: (code: number) => void, reject: (reason: unknown) => void): void => {
    this.#resolve = resolve
    this.#reject = reject
  }

  readonly #answered = (answer: unknown): void => {
    // Nobody waits any more: the call ended before its provider did.
    if (this.#hostCall === undefined) return
    this.#wake(this.#exchange.settle(answer))
  }

  readonly #refused = (failure: unknown): void => {
    if (this.#hostCall === undefined) return
    this.#wake(this.#exchange.refuse(failure))
  }

  #wake(code: number): void {
    const { scheduler, lane } = this.#owner
    this.#hostCall = undefined
    scheduler.deadlines.remove(this)
    this.#code = code
    if (scheduler.mayResume) this.run()
    else scheduler.enqueue(lane, this)
  }

  /** What {@link #enter} gave is looked at. */
  #entered(): void {
    if (!this.#returning) return
    this.#returning = false
    this.#owner.returning -= 1
  }

  /** It looked as if it had ended, for V8 runs a guest on in a microtask once it asked for fuel. */
  #waits(): void {
    if (!this.#returning) return
    this.#entered()
    this.#owner.mayTakeMore()
  }

  readonly #returned = (code: unknown): Uint8Array => {
    this.#entered()
    const operation = this.#operation as Operation
    if (this.#meter.running) this.#meter.stop(this.#owner.scheduler.clock.now())
    try {
      this.#finishLog()
    } catch (error) {
      return this.#trapped(error)
    }
    if (this.#exchange.calledHost) operation.wasNotCalm()
    else if (code === 1 && !this.#meter.ranDry) operation.wasCalm()
    return this.#conclude(code)
  }

  readonly #trapped = (error: unknown): never => {
    this.#entered()
    const now = this.#owner.scheduler.clock.now()
    if (this.#meter.running) this.#meter.stop(now)
    this.#meter.stoppedAt = now
    throw this.#fail(error)
  }

  readonly #aborted = (): void => {
    this.interrupt(abortError(this.#signal as AbortSignal))
  }

  #begin(terms: CallTerms): void {
    this.#startedAt = terms.startedAt
    this.#deadlineAt = terms.deadlineAt
    this.#timeoutMs = terms.timeoutMs
    this.#signal = terms.signal
  }

  #enter(
    entry: (...args: number[]) => Promise<unknown>,
    now: number,
    nameBytes = 0,
    payloadBytes = 0,
  ): Promise<unknown> {
    this.#meter.run(now)
    const result = entry(nameBytes, payloadBytes)
    if (this.#meter.running) {
      this.#meter.stop(this.#owner.scheduler.clock.now())
      this.#returning = true
      this.#owner.returning += 1
    }
    return result
  }

  /** The guest ran out of fuel: more of it, a turn for others, or the end. */
  #yield(): void | Promise<number> {
    const { scheduler, lane, counters } = this.#owner
    const now = scheduler.clock.now()
    if (this.#failure !== undefined) throw this.#failure
    if (now > this.#deadlineAt) throw timeoutError(this.#timeoutMs)
    if (!this.#meter.refill(now)) return undefined
    this.#listen()
    this.#meter.stop(now)
    this.#waits()
    counters.slices += 1
    scheduler.enqueue(lane, this)
    return new Promise(this.#wait)
  }

  /** @throws EngineError if the call is to end instead of waiting */
  #listen(): void {
    if (this.#failure !== undefined) throw this.#failure
    const signal = this.#signal
    if (signal === undefined || this.#listening) return
    if (signal.aborted) throw abortError(signal)
    signal.addEventListener('abort', this.#aborted)
    this.#listening = true
  }

  /** The guest returned. */
  #conclude(code: unknown): Uint8Array {
    const { counters } = this.#owner
    const operation = this.#operation as Operation
    counters.ended(this.#meter.stoppedAt - this.#startedAt)
    let response: Uint8Array
    try {
      response = this.#exchange.result(code, operation.name)
    } catch (error) {
      const failure = error as EngineError
      counters.failed(failure.code)
      if (failure.code === 'ERR_GUEST_ERROR') this.#release()
      else this.#discard()
      throw failure
    }
    this.#release()
    return response
  }

  /** The guest did not return. */
  #fail(error: unknown): EngineError {
    const { counters } = this.#owner
    const failure = this.#failureFor(error)
    counters.ended(this.#meter.stoppedAt - this.#startedAt)
    counters.failed(failure.code)
    this.#discard()
    return failure
  }

  #failureFor(error: unknown): EngineError {
    const failure = guestFailure(error, {
      guestError: this.#exchange.guestError,
      memoryBytes: this.memory.byteLength,
      memoryLimitBytes: this.#owner.memoryLimitBytes,
    })
    try {
      this.#finishLog()
    } catch {
      // The guest's failure is the one to tell of.
    }
    return failure
  }

  /** Hands on what the guest printed and the log does not have yet. */
  #finishLog(): void {
    this.#wasi?.flush()
    this.#exchange.releaseLog()
  }

  #release(): void {
    this.#end()
    this.idleSince = this.#meter.stoppedAt
    this.#owner.released(this)
  }

  #discard(): void {
    this.#end()
    this.#meter.countFuel()
    this.#owner.counters.sawMemory(this.memory.byteLength)
    this.#owner.discarded(this)
  }

  #end(): void {
    this.#stopWaiting()
    if (this.#listening) this.#signal?.removeEventListener('abort', this.#aborted)
    this.#listening = false
    this.#signal = undefined
    this.#operation = undefined
    this.#failure = undefined
    this.#exchange.end()
  }

  #stopWaiting(): void {
    if (this.dueTick !== 0) this.#owner.scheduler.deadlines.remove(this)
    this.#hostCall = undefined
    this.#resolve = undefined
    this.#reject = undefined
  }
}
