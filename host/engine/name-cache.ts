/**
 * Names that a guest passes at every call, such as the operation: the same few bytes again and
 * again. Comparing bytes is several times faster than decoding them.
 */
import { EngineError } from './errors.ts'
import { maxNameBytes } from './guest-memory.ts'

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A guest may pass any number of different names; only so many are kept. */
const maxNames = 256

interface Name {
  readonly bytes: Uint8Array
  readonly text: string
}

/** The names that instances of one guest passed, by a hash of their bytes. */
export class NameCache {
  readonly #names = new Map<number, Name>()

  /**
   * The text of a name.
   *
   * @param memory where the name is, from `start` for `length` bytes; not kept
   * @param what what is named, for the error: `operation`
   * @throws EngineError `ERR_GUEST_NAME` if it is longer than 256 bytes or not UTF-8
   */
  text(memory: Uint8Array, start: number, length: number, what: string): string {
    if (length === 0) return ''
    if (length > maxNameBytes) throw invalid(what, length, `longer than ${maxNameBytes} bytes`)
    let hash = length
    const end = start + length
    for (let at = start; at < end; at += 1) {
      hash = (Math.imul(hash, 31) + (memory[at] as number)) | 0
    }
    const known = this.#names.get(hash)
    if (known !== undefined && known.bytes.length === length && isAt(known.bytes, memory, start)) {
      return known.text
    }
    const bytes = memory.slice(start, end)
    let text: string
    try {
      text = strictDecoder.decode(bytes)
    } catch {
      // The decoder's error says nothing beyond that it is not UTF-8.
      throw invalid(what, length, 'not UTF-8')
    }
    if (known === undefined && this.#names.size < maxNames) {
      this.#names.set(hash, { bytes, text })
    }
    return text
  }
}

function isAt(name: Uint8Array, memory: Uint8Array, start: number): boolean {
  for (let at = 0; at < name.length; at += 1) if (name[at] !== memory[start + at]) return false
  return true
}

function invalid(what: string, bytes: number, why: string): EngineError<'ERR_GUEST_NAME'> {
  return new EngineError(
    'ERR_GUEST_NAME',
    { what, bytes, allowed: maxNameBytes },
    `actor passed ${what} of ${bytes} bytes that is ${why}`,
  )
}
