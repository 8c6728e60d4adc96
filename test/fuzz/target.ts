/** What the fuzzer calls. */

/** Something that reads bytes from outside. */
export interface FuzzTarget {
  readonly name: string
  /**
   * Reads one input. It may throw its folder's typed error and nothing else; anything it finds wrong
   * itself (an invariant that does not hold) it throws as a plain `Error`.
   */
  run(input: Uint8Array): void | Promise<void>
  /** Makes what the inputs are for, where that takes time: once, before the first. */
  open?(): Promise<void>
  /** Inputs to start from, good ones above all: they are run as they are, too. */
  seeds(): Uint8Array[]
}
