/** One operation of a guest, by its name on the wire, and what was learned about it. */

/** How many calls an operation must get by without its host before it is called directly. */
const calmCalls = 16

const textEncoder = new TextEncoder()

/**
 * An operation, its name encoded once.
 *
 * An operation that never calls its host and is soon done need not run where its stack can be set
 * aside. Called directly it is several times faster. If it does call its host after all, V8 refuses
 * before anything happened outside the guest; the instance is thrown away, the call made again where
 * it can be suspended, and this operation is never called directly again.
 */
export class Operation {
  readonly name: string
  readonly bytes: Uint8Array
  /** Whether to call it directly. */
  direct = false
  #calm: number

  /** @param mayBecomeDirect Whether it may be called directly once it has shown that it is calm. */
  constructor(name: string, mayBecomeDirect: boolean) {
    this.#calm = mayBecomeDirect ? 0 : Number.NaN
    this.name = name
    this.bytes = textEncoder.encode(name)
  }

  /** A call ended that needed nothing of its host but its payload. */
  wasCalm(): void {
    this.#calm += 1
    if (this.#calm === calmCalls) this.direct = true
  }

  /** A call needed to be suspended, or could have been. */
  wasNotCalm(): void {
    this.direct = false
    this.#calm = Number.NaN
  }
}
