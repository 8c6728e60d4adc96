/** Random numbers that a seed repeats. */

/** A generator of whole numbers: `next(n)` is from 0 up to, not including, `n`. */
export interface Random {
  next(limit: number): number
}

/** Mulberry32: small, fast, good enough to choose bytes by. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return {
    next(limit) {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
    },
  }
}
