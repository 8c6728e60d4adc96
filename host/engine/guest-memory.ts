/** A guest's memory as the host may touch it: every pointer and length is checked first. */
import { EngineError } from './errors.ts'
import { copyOf } from './slab.ts'

/** The longest name of a link, a namespace or an operation, in bytes. */
export const maxNameBytes: number = 256

const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** One instance's linear memory. Pointers and lengths are what the guest passed: any i32. */
export class GuestMemory {
  readonly #memory: WebAssembly.Memory
  #view: Uint8Array<ArrayBuffer>

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory
    this.#view = new Uint8Array(memory.buffer)
  }

  /** Its size now, in bytes. */
  get byteLength(): number {
    return this.#bytes().length
  }

  /**
   * A copy of the guest's bytes. Its memory may hold other copies too.
   *
   * @param caller the import that was called, for the error
   * @throws EngineError `ERR_GUEST_POINTER`
   */
  copyOut(pointer: number, length: number, caller: string): Uint8Array {
    const start = pointer >>> 0
    const end = start + (length >>> 0)
    const bytes = this.#bytes()
    if (end > bytes.length) throw this.#outside(start, length >>> 0, caller)
    return copyOf(bytes, start, end)
  }

  /**
   * All of its bytes in place, of which the guest named some: to be read before the guest runs on.
   *
   * @throws EngineError `ERR_GUEST_POINTER`
   */
  look(pointer: number, length: number, caller: string): Uint8Array {
    const bytes = this.#bytes()
    if ((pointer >>> 0) + (length >>> 0) > bytes.length) {
      throw this.#outside(pointer >>> 0, length >>> 0, caller)
    }
    return bytes
  }

  /**
   * Puts `source` where the guest asked for it.
   *
   * @throws EngineError `ERR_GUEST_POINTER`
   */
  copyIn(pointer: number, source: Uint8Array, caller: string): void {
    const start = pointer >>> 0
    const bytes = this.#bytes()
    if (start + source.length > bytes.length) throw this.#outside(start, source.length, caller)
    bytes.set(source, start)
  }

  /**
   * Text for people, such as an error or a log line: at most `maxBytes` of it, and what is not UTF-8
   * replaced by U+FFFD.
   *
   * @throws EngineError `ERR_GUEST_POINTER`
   */
  text(pointer: number, length: number, maxBytes: number, caller: string): string {
    const bytes = this.look(pointer, length, caller)
    const start = pointer >>> 0
    return textDecoder.decode(bytes.subarray(start, start + Math.min(length >>> 0, maxBytes)))
  }

  /** Growing detaches the buffer, inside the guest and without a word; the view is then empty. */
  #bytes(): Uint8Array<ArrayBuffer> {
    if (this.#view.length === 0) this.#view = new Uint8Array(this.#memory.buffer)
    return this.#view
  }

  #outside(pointer: number, length: number, caller: string): EngineError<'ERR_GUEST_POINTER'> {
    const memoryBytes = this.byteLength
    return new EngineError(
      'ERR_GUEST_POINTER',
      { function: caller, pointer, length, memoryBytes },
      `actor passed ${caller} ${length} bytes at ${pointer}, outside its ${memoryBytes} bytes of memory`,
    )
  }
}
