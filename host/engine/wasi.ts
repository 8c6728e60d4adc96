/**
 * The two functions of WASI that portable providers import, and nothing else of it: text that a
 * program prints, and random bytes. No files, no clock, no arguments, no environment.
 *
 * @see https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
 */
import { randomFillSync } from 'node:crypto'
import type { GuestMemory } from './guest-memory.ts'

/** The import module of these functions. */
export const wasiModule = 'wasi_snapshot_preview1'

/** How many parameters each takes. */
export const wasiParameters: Readonly<Record<string, readonly number[]>> = {
  fd_write: [4],
  random_get: [2],
}

/** Error numbers of WASI preview 1. */
const errno = { success: 0, badFile: 8, invalid: 28 } as const

/** Buffers of one write. As POSIX has it: what is more is an invalid argument. */
const maxBuffers = 1024

/** Bytes that one write takes, and that a line has before it is cut. What is longer is written in part. */
const maxWriteBytes: number = 8 * 1024

/** Bytes that one call may ask for: making more would hold up everybody else. */
const maxRandomBytes: number = 64 * 1024

/** Fuel for what the host does on a guest's behalf: about what it costs, in instructions. */
const fuelPerCall = 500
const fuelPerLine = 2_000

const newline = 0x0a
const lineDecoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** What these functions need from the instance they serve. */
export interface WasiStage {
  readonly memory: GuestMemory
  /** Takes fuel for work that the host did. */
  burn(units: number): void
  /** A line that the guest printed: its own words, not to be trusted. */
  print(line: string): void
}

/** One instance's side of WASI: it holds the lines that are not whole yet. */
export class Wasi {
  readonly #stage: WasiStage
  readonly #outputs: readonly LineBuffer[]

  constructor(stage: WasiStage) {
    this.#stage = stage
    const print = (line: string): void => {
      stage.burn(fuelPerLine)
      stage.print(line)
    }
    // Standard input cannot be written to.
    this.#outputs = [new LineBuffer(print), new LineBuffer(print)]
  }

  /** The functions by their import names. */
  functions(): WebAssembly.ModuleImports {
    return {
      fd_write: (file: number, buffers: number, count: number, written: number) =>
        this.#write(file, buffers, count >>> 0, written),
      random_get: (pointer: number, length: number) => this.#random(pointer, length >>> 0),
    }
  }

  /** Prints what was written since the last line break. */
  flush(): void {
    for (const output of this.#outputs) output.flush()
  }

  #write(file: number, buffers: number, count: number, written: number): number {
    const { memory } = this.#stage
    const output = this.#outputs[file - 1]
    if (output === undefined) return errno.badFile
    if (count > maxBuffers) return errno.invalid
    this.#stage.burn(fuelPerCall + count)
    const start = buffers >>> 0
    const bytes = memory.look(buffers, count * 8, 'fd_write')
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let total = 0
    for (let entry = start; entry < start + count * 8; entry += 8) {
      const from = view.getUint32(entry, true)
      const length = view.getUint32(entry + 4, true)
      memory.look(from, length, 'fd_write')
      const taken = Math.min(length, maxWriteBytes - total)
      output.append(bytes.subarray(from, from + taken))
      total += taken
    }
    this.#stage.burn(total)
    memory.look(written, 4, 'fd_write')
    view.setUint32(written >>> 0, total, true)
    return errno.success
  }

  #random(pointer: number, length: number): number {
    if (length > maxRandomBytes) return errno.invalid
    const bytes = this.#stage.memory.look(pointer, length, 'random_get')
    this.#stage.burn(fuelPerCall + length)
    randomFillSync(bytes, pointer >>> 0, length)
    return errno.success
  }
}

/** Puts together lines that are written piece by piece. */
class LineBuffer {
  readonly #print: (line: string) => void
  #bytes = new Uint8Array(0)
  #length = 0

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  append(chunk: Uint8Array): void {
    let from = 0
    for (;;) {
      const end = chunk.indexOf(newline, from)
      this.#take(chunk.subarray(from, end < 0 ? chunk.length : end))
      if (end < 0) return
      this.flush()
      from = end + 1
    }
  }

  /** An empty line says nothing, and is not printed. */
  flush(): void {
    if (this.#length === 0) return
    const line = lineDecoder.decode(this.#bytes.subarray(0, this.#length))
    this.#length = 0
    this.#print(line)
  }

  #take(piece: Uint8Array): void {
    if (piece.length === 0) return
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(maxWriteBytes)
    const taken = piece.subarray(0, maxWriteBytes - this.#length)
    this.#bytes.set(taken, this.#length)
    this.#length += taken.length
  }
}
