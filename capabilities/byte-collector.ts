/** Chunks below this many bytes are copied together: kept one by one, each takes 200 bytes besides. */
const smallBytes = 4096
const gatherBytes = 65_536

/** Puts bytes together that come in chunks, however small those are. */
export class ByteCollector {
  readonly #chunks: Buffer[] = []
  #length = 0
  /** Where small chunks are gathered, and how many bytes of them there are. */
  #gathering: Buffer | undefined
  #gathered = 0

  /** How many bytes there are so far. */
  get length(): number {
    return this.#length
  }

  /** The chunk is kept, not copied, where it is large or the only one. */
  add(chunk: Buffer): void {
    this.#length += chunk.length
    // The first one most often is all there is.
    if (this.#length === chunk.length || chunk.length >= smallBytes) {
      this.#closeGathering()
      this.#chunks.push(chunk)
      return
    }
    if (this.#gathering !== undefined && this.#gathered + chunk.length > gatherBytes) {
      this.#closeGathering()
    }
    this.#gathering ??= Buffer.allocUnsafeSlow(gatherBytes)
    this.#gathered += chunk.copy(this.#gathering, this.#gathered)
  }

  /** All of them, in one piece. */
  whole(): Uint8Array {
    this.#closeGathering()
    const [first] = this.#chunks
    return first !== undefined && this.#chunks.length === 1
      ? first
      : Buffer.concat(this.#chunks, this.#length)
  }

  #closeGathering(): void {
    if (this.#gathering !== undefined) {
      this.#chunks.push(this.#gathering.subarray(0, this.#gathered))
    }
    this.#gathering = undefined
    this.#gathered = 0
  }
}
