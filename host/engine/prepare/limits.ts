/**
 * How much of everything a module may have. The two that an operator sets come in; the rest are
 * ceilings that real modules stay far below and that keep preparing, compiling and instantiating
 * in proportion to the module's size.
 */

import { EngineError } from '../errors.ts'

/** What the operator allows one instance. */
export interface PrepareLimits {
  /** Bytes of linear memory; rounded down to whole 64 KiB pages. */
  readonly memoryBytes: number
  /** Elements of all tables together. */
  readonly tableElements: number
}

/** Bytes in a page of linear memory. */
export const pageBytes = 65_536

/** Ceilings of the module itself. Those with V8's figure in the comment are below it so that what is added fits. */
export const ceilings = {
  moduleBytes: 33_554_432,
  /** Of the rewritten module: at worst a loop of three bytes becomes one of some thirty. */
  preparedBytes: 67_108_864,
  types: 50_000,
  params: 255,
  results: 64,
  imports: 1_000,
  /** V8: 1,000,000 */
  functions: 200_000,
  tables: 16,
  globals: 50_000,
  exports: 2_000,
  elementSegments: 50_000,
  /** Of all segments together: V8 makes an object of each for every instance, in the event loop. */
  elements: 200_000,
  /** V8: 100,000 */
  dataSegments: 100_000,
  customSections: 1_000,
  nameBytes: 10_000,
  /** V8: 50,000, parameters included. */
  locals: 40_000,
  /** Of all functions together: V8 sets up each function's locals when it validates. */
  localsTotal: 4_000_000,
  /**
   * Of a rewritten body. V8 takes 7,654,321, but its optimizing compiler, which takes over functions
   * that run much, needs time and memory beyond proportion: gigabytes, and then it ends the process.
   */
  functionBytes: 524_288,
  /** Of one function, for the same reason. */
  loops: 1_000,
  /**
   * Of one function: its locals times the blocks in it, a loop being several. V8's compilers note at
   * each block where every local is, some 100 ns each, and the first of them in the event loop.
   */
  localsTimesBlocks: 4_000_000,
  /** Loops within loops. */
  loopNesting: 200,
  /** Blocks within blocks. */
  nesting: 5_000,
} as const

/** @throws EngineError `ERR_WASM_LIMIT` if `wanted` is more than the ceiling of that name */
export function checkCeiling(limit: keyof typeof ceilings, wanted: number): void {
  if (wanted > ceilings[limit]) throw limitExceeded(limit, wanted, ceilings[limit])
}

/** The error for a module that wants more than it may have. */
export function limitExceeded(
  limit: string,
  wanted: number,
  allowed: number,
): EngineError<'ERR_WASM_LIMIT'> {
  return new EngineError(
    'ERR_WASM_LIMIT',
    { limit, wanted, allowed },
    `module wants ${wanted} of ${limit}, ${allowed} allowed`,
  )
}
