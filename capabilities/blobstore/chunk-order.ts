/** What is wrong with a part. Its upload goes on without it. */
export class ChunkFault extends Error {}

/** More bytes would wait for parts before them than there is room for. */
export class TooFarAhead extends Error {
  /** Bytes that would wait. */
  readonly wanted: number

  constructor(wanted: number) {
    super('too many bytes wait for parts before them')
    this.wanted = wanted
  }
}

/**
 * Puts the parts of a blob of known size into their order. Parts that come twice count once; parts that
 * come early wait.
 *
 * Providers of waSCC took parts that were numbered from 0 and parts that were numbered from 1. Which it
 * is, the first part tells: a number 1 that could be either waits for the second.
 */
export class ChunkOrder {
  /** How many parts the blob has. */
  readonly count: number
  readonly #totalBytes: number
  readonly #chunkSize: number
  #first: 0 | 1 | undefined
  /** Number 1, while it may be the first part or the second. */
  #undecided: Uint8Array | undefined
  #next = 0
  readonly #early = new Map<number, Uint8Array>()
  #heldBytes = 0

  constructor(totalBytes: number, chunkSize: number) {
    this.#totalBytes = totalBytes
    this.#chunkSize = chunkSize
    this.count = Math.ceil(totalBytes / chunkSize)
  }

  /** Bytes of parts that wait. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Whether every part has been given out. */
  get isComplete(): boolean {
    return this.#next === this.count
  }

  /**
   * Takes a part.
   *
   * @param room How many bytes may wait; the parts that wait are copied.
   * @returns the parts whose turn it is now, in their order
   * @throws ChunkFault, TooFarAhead; the part is then as if it had not come
   */
  accept(sequenceNo: number, bytes: Uint8Array, room: number): Uint8Array[] {
    const first = this.#first ?? this.#guessFirst(sequenceNo, bytes.length)
    if (first === undefined) {
      if (this.#undecided === undefined) this.#undecided = this.#hold(bytes, room)
      return []
    }
    const index = sequenceNo - first
    this.#check(index, bytes.length)
    const isNew = index >= this.#next && !this.#early.has(index)
    const undecided = this.#undecided
    const isNext = index === this.#next
    if (isNew && !isNext) this.#early.set(index, this.#hold(bytes, room))
    this.#first = first
    if (undecided !== undefined) {
      this.#undecided = undefined
      this.#early.set(1 - first, undecided)
    }
    const ready: Uint8Array[] = []
    if (isNew && isNext) {
      ready.push(bytes)
      this.#next++
    }
    for (let early = this.#early.get(this.#next); early; early = this.#early.get(this.#next)) {
      ready.push(early)
      this.#early.delete(this.#next++)
      this.#heldBytes -= early.length
    }
    return ready
  }

  #lengthAt(index: number): number {
    return Math.min(this.#chunkSize, this.#totalBytes - index * this.#chunkSize)
  }

  #guessFirst(sequenceNo: number, length: number): 0 | 1 | undefined {
    if (this.#undecided !== undefined) {
      if (sequenceNo === 1) return undefined
      return sequenceNo === 0 ? 0 : 1
    }
    if (sequenceNo !== 1) return 0
    const mayBeSecond = this.count > 1 && length === this.#lengthAt(1)
    if (!mayBeSecond) return 1
    return length === this.#lengthAt(0) ? undefined : 0
  }

  #check(index: number, length: number): void {
    if (index < 0) throw new ChunkFault('the parts of this upload are numbered from 1')
    if (index >= this.count) {
      throw new ChunkFault(`the upload has ${this.count} ${this.count === 1 ? 'part' : 'parts'}`)
    }
    const expected = this.#lengthAt(index)
    if (length !== expected) throw new ChunkFault(`it has ${length} bytes instead of ${expected}`)
  }

  #hold(bytes: Uint8Array, room: number): Uint8Array {
    if (bytes.length > room) throw new TooFarAhead(this.#heldBytes + bytes.length)
    this.#heldBytes += bytes.length
    // Not `slice`, which makes a view of a Buffer.
    return new Uint8Array(bytes)
  }
}
