/**
 * Messages of the wasmbus between a host and a process of its own: what NATS would carry (a subject,
 * headers, where the answer goes, and bytes), each behind its length in four bytes, big-endian.
 */
import { asMap } from './codec.ts'
import { asContractError, ContractError } from './errors.ts'
import { bytes, noBytes, struct, text } from './shape.ts'
import { textMap } from './wasmbus.ts'

/** One message on the way. */
export interface WasmbusFrame {
  readonly subject: string
  /** The subject that the answer is sent to; empty if none is wanted. */
  readonly reply: string
  readonly headers: Readonly<Record<string, string>>
  readonly payload: Uint8Array
}

/**
 * Bytes of the longest frame: the longest payload that an actor may give or get, 16 MiB, and what is
 * said around it.
 */
export const maxFrameBytes: number = 16 * 1024 * 1024 + 64 * 1024

/** The headers of most frames. */
export const noHeaders: Readonly<Record<string, string>> = Object.freeze({})

const lengthBytes = 4
const body = asMap(
  struct<WasmbusFrame>({
    subject: { shape: text },
    reply: { shape: text, absent: '', omit: '' },
    headers: { shape: textMap, absent: noHeaders, omit: noHeaders },
    payload: { shape: bytes, absent: noBytes },
  }),
)

/** A frame with its length before it. @throws ContractError `ERR_MESSAGE_INVALID` for one too long */
export function encodeFrame(frame: WasmbusFrame): Uint8Array {
  const encoded = body.encode(frame)
  if (encoded.length > maxFrameBytes) throw tooLong(encoded.length)
  const whole = Buffer.allocUnsafe(lengthBytes + encoded.length)
  whole.writeUInt32BE(encoded.length)
  whole.set(encoded, lengthBytes)
  return whole
}

/** Takes frames out of a stream as it comes, however it is cut. */
export class FrameReader {
  #pieces: Uint8Array[] = []
  #bytes = 0
  /** Of the frame at hand with its length; `undefined` until that is there. */
  #wanted: number | undefined

  /** Adds what came. @throws ContractError `ERR_MESSAGE_INVALID` as soon as a frame is too long */
  push(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#bytes += piece.length
    this.#measure()
  }

  /**
   * The next whole frame; `undefined` until more has come. Its payload is a view of what came.
   *
   * @throws ContractError `ERR_MESSAGE_INVALID`
   */
  next(): WasmbusFrame | undefined {
    const wanted = this.#wanted
    if (wanted === undefined || this.#bytes < wanted) return undefined
    const whole = this.#joined()
    this.#pieces = whole.length === wanted ? [] : [whole.subarray(wanted)]
    this.#bytes -= wanted
    this.#wanted = undefined
    this.#measure()
    try {
      return body.decode(whole.subarray(lengthBytes, wanted))
    } catch (error) {
      throw asContractError(error, 'wasmbus', 'frame')
    }
  }

  #measure(): void {
    if (this.#wanted !== undefined || this.#bytes < lengthBytes) return
    const head = this.#joined().subarray(0, lengthBytes)
    const length = head.reduce((value, byte) => value * 0x100 + byte, 0)
    if (length > maxFrameBytes) throw tooLong(length)
    this.#wanted = lengthBytes + length
  }

  #joined(): Uint8Array {
    const [first, ...more] = this.#pieces
    if (first === undefined) return noBytes
    if (more.length === 0) return first
    const whole = Buffer.concat(this.#pieces, this.#bytes)
    this.#pieces = [whole]
    return whole
  }
}

function tooLong(length: number): ContractError {
  const reason = `${length} bytes, at most ${maxFrameBytes} are carried`
  return new ContractError(
    'ERR_MESSAGE_INVALID',
    { contractId: 'wasmbus', operation: 'frame', path: '', reason },
    `invalid frame of wasmbus: ${reason}`,
  )
}
