/**
 * The waPC conversation between one instance and its host: a request goes in, host calls go out,
 * a response or an error comes back. One shim for every generation of guests, import modules `wapc`
 * and `wasmbus`, `__host_call` with 4, 6 or 8 parameters. Everything here belongs to one instance
 * and, but for its memory, to one call.
 *
 * @see https://wapc.io/docs/spec/
 */
import { tooLarge } from './call-errors.ts'
import { EngineError } from './errors.ts'
import type { GuestMemory } from './guest-memory.ts'
import { type GuestHooks, type HostCall, PendingHostCall } from './host-call.ts'
import type { NameCache } from './name-cache.ts'

/** Error texts of guests, and of the host to guests, in bytes. What is longer is cut. */
const maxErrorBytes: number = 64 * 1024

/** One console line in bytes. What is longer is cut. */
const maxLogBytes: number = 8 * 1024

/** Fuel for what the host does on a guest's behalf: about what it costs, in instructions. */
const fuelPerHostCall = 2_000
const fuelPerLogLine = 2_000
const bytesPerFuel = 16

const nothing = new Uint8Array(0)
const textEncoder = new TextEncoder()

/** What an exchange needs from the instance it serves. */
export interface Stage {
  readonly memory: GuestMemory
  /** Takes fuel for work that the host did. */
  burn(units: number): void
  /** Runs a host call's hook; what it computes counts as the guest's. */
  perform(call: HostCall): Uint8Array | Promise<Uint8Array>
  /** Sets the guest aside until `answer` is there and was handed to {@link Exchange.settle}. */
  suspend(answer: Promise<Uint8Array>, call: PendingHostCall): Promise<number>
}

/** What the exchanges of all instances of one guest share. */
export interface ExchangeOptions {
  readonly hooks: GuestHooks
  readonly names: NameCache
  readonly payloadBytes: number
}

/** One instance's side of waPC. */
export class Exchange {
  /** Whether the guest made a host call since {@link begin}. */
  calledHost = false
  /** The error the guest reported, if it did. */
  guestError: string | undefined
  readonly #stage: Stage
  readonly #options: ExchangeOptions
  #operation: Uint8Array = nothing
  #request: Uint8Array = nothing
  #context: unknown
  #response: Uint8Array | undefined
  #hostResponse: Uint8Array = nothing
  #hostError: string | undefined
  #hostErrorBytes: Uint8Array | undefined
  #hostFailure: unknown
  #heldLog: string[] | undefined

  constructor(stage: Stage, options: ExchangeOptions) {
    this.#stage = stage
    this.#options = options
  }

  /** A call begins. If `hold`, log lines are kept back until {@link releaseLog}. */
  begin(operation: Uint8Array, request: Uint8Array, context: unknown, hold: boolean): void {
    this.#operation = operation
    this.#request = request
    this.#context = context
    this.#heldLog = hold ? [] : undefined
    this.calledHost = false
  }

  /**
   * The response, given what the guest's entry point returned.
   *
   * @throws EngineError `ERR_GUEST_ERROR`, whose cause is what failed the last host call, and
   * `ERR_GUEST_NO_RESPONSE`
   */
  result(code: unknown, operation: string): Uint8Array {
    if (code !== 1) {
      const text = this.guestError ?? ''
      throw new EngineError(
        'ERR_GUEST_ERROR',
        { text },
        text === '' ? `actor failed ${operation} without a word` : text,
        this.#hostFailure === undefined ? undefined : { cause: this.#hostFailure },
      )
    }
    if (this.#response !== undefined) return this.#response
    throw new EngineError(
      'ERR_GUEST_NO_RESPONSE',
      { operation },
      `actor reported success of ${operation} but gave no response`,
    )
  }

  /** A line for the log: handed on, or kept back until {@link releaseLog}. */
  print(line: string): void {
    if (this.#heldLog === undefined) this.#options.hooks.log?.(line, this.#context)
    else this.#heldLog.push(line)
  }

  /** Hands on the log lines that were kept back. */
  releaseLog(): void {
    const lines = this.#heldLog
    if (lines === undefined || lines.length === 0) return
    this.#heldLog = undefined
    for (const line of lines) this.#options.hooks.log?.(line, this.#context)
  }

  /** The call ended: nothing of it is kept. */
  end(): void {
    this.#operation = nothing
    this.#request = nothing
    this.#context = undefined
    this.#response = undefined
    this.guestError = undefined
    this.#heldLog = undefined
    if (!this.calledHost) return
    this.#hostResponse = nothing
    this.#hostError = undefined
    this.#hostErrorBytes = undefined
    this.#hostFailure = undefined
  }

  /** The functions a guest may import, `__host_call` apart. */
  functions(): WebAssembly.ModuleImports {
    return {
      __guest_request: (operation: number, payload: number) => {
        this.#giveRequest(operation, payload)
      },
      __guest_response: (pointer: number, length: number) => {
        this.#takeResponse(pointer, length)
      },
      __guest_error: (pointer: number, length: number) => {
        this.#takeError(pointer, length)
      },
      __host_response_len: () => this.#hostResponse.length,
      __host_response: (pointer: number) => {
        this.#giveHostResponse(pointer)
      },
      __host_error_len: () => this.#hostErrorText().length,
      __host_error: (pointer: number) => {
        this.#stage.memory.copyIn(pointer, this.#hostErrorText(), '__host_error')
      },
      __console_log: (pointer: number, length: number) => {
        this.#takeLog(pointer, length)
      },
    }
  }

  /** `__host_call` as a guest of that generation calls it. */
  hostCall(parameters: 4 | 6 | 8): (...args: never[]) => number | Promise<number> {
    switch (parameters) {
      case 4:
        return (op: number, opLength: number, payload: number, length: number) =>
          this.#callHost('', '', this.#name(op, opLength, 'operation'), payload, length)
      case 6:
        return (
          ns: number,
          nsLength: number,
          op: number,
          opLength: number,
          payload: number,
          length: number,
        ) =>
          this.#callHost(
            '',
            this.#name(ns, nsLength, 'namespace'),
            this.#name(op, opLength, 'operation'),
            payload,
            length,
          )
      case 8:
        return (
          link: number,
          linkLength: number,
          ns: number,
          nsLength: number,
          op: number,
          opLength: number,
          payload: number,
          length: number,
        ) =>
          this.#callHost(
            this.#name(link, linkLength, 'link name'),
            this.#name(ns, nsLength, 'namespace'),
            this.#name(op, opLength, 'operation'),
            payload,
            length,
          )
    }
  }

  /** An answer arrived. @returns what `__host_call` returns */
  settle(answer: unknown): 0 | 1 {
    if (!(answer instanceof Uint8Array)) {
      return this.refuse(new TypeError('the host answered with something that is not bytes'))
    }
    const allowed = this.#options.payloadBytes
    if (answer.length > allowed)
      return this.refuse(tooLarge('host response', answer.length, allowed))
    this.#hostResponse = answer
    return 1
  }

  /** A host call failed. @returns what `__host_call` returns */
  refuse(failure: unknown): 0 {
    this.#hostFailure = failure
    this.#hostError = failure instanceof Error ? failure.message : String(failure)
    return 0
  }

  #callHost(
    linkName: string,
    namespace: string,
    operation: string,
    pointer: number,
    length: number,
  ): number | Promise<number> {
    this.calledHost = true
    this.#hostResponse = nothing
    this.#hostError = undefined
    this.#hostErrorBytes = undefined
    this.#hostFailure = undefined
    const allowed = this.#options.payloadBytes
    if (length >>> 0 > allowed) return this.refuse(tooLarge('host call', length >>> 0, allowed))
    const payload = this.#stage.memory.copyOut(pointer, length, '__host_call')
    this.#stage.burn(fuelPerHostCall + payload.length / bytesPerFuel)
    const call = new PendingHostCall(linkName, namespace, operation, payload, this.#context)
    let answer: Uint8Array | Promise<Uint8Array>
    try {
      answer = this.#stage.perform(call)
    } catch (error) {
      return this.refuse(error)
    }
    return answer instanceof Promise ? this.#stage.suspend(answer, call) : this.settle(answer)
  }

  #name(pointer: number, length: number, what: string): string {
    const bytes = this.#stage.memory.look(pointer, length, '__host_call')
    return this.#options.names.text(bytes, pointer >>> 0, length >>> 0, what)
  }

  #giveRequest(operation: number, payload: number): void {
    const { memory } = this.#stage
    memory.copyIn(operation, this.#operation, '__guest_request')
    memory.copyIn(payload, this.#request, '__guest_request')
    this.#burnCopy(this.#request.length)
  }

  /** A second response replaces the first, as with the reference hosts. */
  #takeResponse(pointer: number, length: number): void {
    const allowed = this.#options.payloadBytes
    if (length >>> 0 > allowed) throw tooLarge('response', length >>> 0, allowed)
    this.#response = this.#stage.memory.copyOut(pointer, length, '__guest_response')
    this.#burnCopy(length >>> 0)
  }

  #takeError(pointer: number, length: number): void {
    this.guestError = this.#stage.memory.text(pointer, length, maxErrorBytes, '__guest_error')
    this.#stage.burn(fuelPerLogLine + Math.min(length >>> 0, maxErrorBytes))
  }

  #giveHostResponse(pointer: number): void {
    this.#stage.memory.copyIn(pointer, this.#hostResponse, '__host_response')
    this.#burnCopy(this.#hostResponse.length)
  }

  #takeLog(pointer: number, length: number): void {
    const line = this.#stage.memory.text(pointer, length, maxLogBytes, '__console_log')
    this.#stage.burn(fuelPerLogLine + Math.min(length >>> 0, maxLogBytes))
    this.print(line)
  }

  #hostErrorText(): Uint8Array {
    if (this.#hostError === undefined) return nothing
    if (this.#hostErrorBytes === undefined) {
      const room = new Uint8Array(Math.min(this.#hostError.length * 3, maxErrorBytes))
      const { written } = textEncoder.encodeInto(this.#hostError, room)
      this.#hostErrorBytes = room.subarray(0, written)
    }
    return this.#hostErrorBytes
  }

  #burnCopy(bytes: number): void {
    if (bytes > 1024) this.#stage.burn(bytes / bytesPerFuel)
  }
}
