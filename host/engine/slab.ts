/**
 * Copies of short messages, next to each other in memory that they share. A memory of its own for
 * each costs about as much as a whole call of a guest; what is copied is never written again.
 */

/** Small, because a copy that somebody keeps keeps its whole slab. */
const slabBytes = 16 * 1024

/** Longer messages get a memory of their own, so that a slab is mostly full when it is left. */
const longestBytes = 2 * 1024

let slab = new Uint8Array(slabBytes)
let used = 0

/** A copy of `bytes` from `start` to `end`, as `slice` makes, but for whose memory it is in. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start
  if (length > longestBytes) return bytes.slice(start, end)
  if (used + length > slabBytes) {
    slab = new Uint8Array(slabBytes)
    used = 0
  }
  const copy = new Uint8Array(slab.buffer, used, length)
  copy.set(bytes.subarray(start, end))
  used += length
  return copy
}
