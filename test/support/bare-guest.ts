/** What an actor asked its host for. */
export interface BareHostCall {
  readonly link: string
  readonly namespace: string
  readonly operation: string
  /** In hex. */
  readonly payload: string
}

/** How one call of an actor ended. */
export interface BareOutcome {
  /** 1 for a response, 0 for an error. */
  readonly code: number
  readonly response: Uint8Array | undefined
  readonly error: string | undefined
}

/** The few lines of waPC an actor needs, so that actors are tested without the engine. */
export class BareGuest {
  /** Every host call so far. */
  readonly hostCalls: BareHostCall[] = []
  /** Every line the actor logged. */
  readonly lines: string[] = []
  /** Answers host calls; what it throws is the error the actor sees. */
  host: (call: BareHostCall) => Uint8Array = () => new Uint8Array()

  readonly #memory: WebAssembly.Memory
  readonly #call: (operationLength: number, payloadLength: number) => number
  #operation: Uint8Array = new Uint8Array()
  #payload: Uint8Array = new Uint8Array()
  #response: Uint8Array | undefined
  #error: string | undefined
  #hostResponse: Uint8Array = new Uint8Array()
  #hostError: Uint8Array = new Uint8Array()

  constructor(wasm: Uint8Array<ArrayBuffer>) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), {
      wapc: {
        __guest_request: (operation: number, payload: number) => {
          this.#write(operation, this.#operation)
          this.#write(payload, this.#payload)
        },
        __guest_response: (start: number, length: number) => {
          this.#response = this.#read(start, length)
        },
        __guest_error: (start: number, length: number) => {
          this.#error = this.#text(start, length)
        },
        __host_call: (...parameters: number[]) => this.#hostCall(parameters),
        __host_response_len: () => this.#hostResponse.length,
        __host_response: (start: number) => this.#write(start, this.#hostResponse),
        __host_error_len: () => this.#hostError.length,
        __host_error: (start: number) => this.#write(start, this.#hostError),
        __console_log: (start: number, length: number) => {
          this.lines.push(this.#text(start, length))
        },
      },
    })
    this.#memory = exports['memory'] as WebAssembly.Memory
    this.#call = exports['__guest_call'] as (operation: number, payload: number) => number
    const start = exports['_start'] as (() => void) | undefined
    start?.()
  }

  /** How large the actor's memory is. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength
  }

  /** @throws WebAssembly.RuntimeError when the actor traps */
  call(operation: string, payload: Uint8Array | string = new Uint8Array()): BareOutcome {
    this.#operation = new TextEncoder().encode(operation)
    this.#payload = typeof payload === 'string' ? Buffer.from(payload, 'hex') : payload
    this.#response = undefined
    this.#error = undefined
    const code = this.#call(this.#operation.length, this.#payload.length)
    return { code, response: this.#response, error: this.#error }
  }

  /** What the actor said before it trapped. */
  get lastError(): string | undefined {
    return this.#error
  }

  #hostCall(parameters: number[]): number {
    const part = (index: number): Uint8Array =>
      this.#read(parameters[index] ?? 0, parameters[index + 1] ?? 0)
    const call = {
      link: Buffer.from(part(0)).toString(),
      namespace: Buffer.from(part(2)).toString(),
      operation: Buffer.from(part(4)).toString(),
      payload: Buffer.from(part(6)).toString('hex'),
    }
    this.hostCalls.push(call)
    this.#hostResponse = new Uint8Array()
    this.#hostError = new Uint8Array()
    try {
      this.#hostResponse = this.host(call)
      return 1
    } catch (error) {
      this.#hostError = new TextEncoder().encode((error as Error).message)
      return 0
    }
  }

  #read(start: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, start, length).slice()
  }

  #text(start: number, length: number): string {
    return new TextDecoder('utf-8', { fatal: true }).decode(this.#read(start, length))
  }

  #write(start: number, bytes: Uint8Array): void {
    new Uint8Array(this.#memory.buffer).set(bytes, start)
  }
}

/** The error of a call that had to fail without a trap. */
export function refusal(outcome: BareOutcome): string {
  if (outcome.code !== 0 || outcome.error === undefined) throw new Error('the call succeeded')
  return outcome.error
}

/** The response of a call that had to succeed, in hex. */
export function answer(outcome: BareOutcome): string {
  if (outcome.code !== 1 || !outcome.response) throw new Error(outcome.error ?? 'no response')
  return Buffer.from(outcome.response).toString('hex')
}
