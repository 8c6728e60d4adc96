/** Changes inputs the way broken and hostile files are changed. */

import type { Random } from './random.ts'

/** Longer inputs are cut: time goes into many inputs, not into large ones. */
const maxBytes = 1 << 18

const interesting = [
  0, 1, 2, 3, 7, 8, 0x10, 0x7f, 0x80, 0xff, 0x100, 0x3fff, 0x4000, 0xffff, 0x10000, 0x7fffffff,
  0x80000000, 0xfffffffe, 0xffffffff,
]

type Mutation = (input: Uint8Array, random: Random, other: Uint8Array) => Uint8Array

const mutations: readonly Mutation[] = [
  flipBit,
  setByte,
  nudgeByte,
  truncate,
  removeRange,
  repeatRange,
  insertBytes,
  spliceOther,
  overwriteWithOther,
  writeInteger,
  writeLeb,
  padLeb,
  swapRanges,
]

/** `input` with one to eight changes; `other` lends bytes for splices. Both stay as they are. */
export function mutate(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let changed: Uint8Array = Uint8Array.from(input)
  const rounds = 1 << random.next(4)
  for (let round = 0; round < rounds; round++)
    changed = mutations[random.next(mutations.length)]!(changed, random, other)
  return changed.subarray(0, maxBytes)
}

function joined(...parts: readonly Iterable<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** A start and a length within the input, short ones more often. */
function pickRange(input: Uint8Array, random: Random): [start: number, end: number] {
  const start = random.next(input.length + 1)
  const most = Math.min(input.length - start, 1 << random.next(12))
  return [start, start + random.next(most + 1)]
}

function replaceRange(
  input: Uint8Array,
  start: number,
  end: number,
  by: Iterable<number>,
): Uint8Array {
  return joined(input.subarray(0, start), by, input.subarray(end))
}

function flipBit(input: Uint8Array, random: Random): Uint8Array {
  if (input.length > 0) input[random.next(input.length)]! ^= 1 << random.next(8)
  return input
}

function setByte(input: Uint8Array, random: Random): Uint8Array {
  if (input.length > 0) input[random.next(input.length)] = random.next(256)
  return input
}

function nudgeByte(input: Uint8Array, random: Random): Uint8Array {
  if (input.length > 0) input[random.next(input.length)]! += random.next(2) === 0 ? 1 : -1
  return input
}

function truncate(input: Uint8Array, random: Random): Uint8Array {
  return input.slice(0, random.next(input.length + 1))
}

function removeRange(input: Uint8Array, random: Random): Uint8Array {
  return replaceRange(input, ...pickRange(input, random), [])
}

function repeatRange(input: Uint8Array, random: Random): Uint8Array {
  const [start, end] = pickRange(input, random)
  const times = 1 + random.next(4)
  const range = [...input.subarray(start, end)]
  return replaceRange(input, end, end, Array.from({ length: times }, () => range).flat())
}

function insertBytes(input: Uint8Array, random: Random): Uint8Array {
  const at = random.next(input.length + 1)
  const bytes = Array.from({ length: 1 + random.next(8) }, () => random.next(256))
  return replaceRange(input, at, at, bytes)
}

function spliceOther(input: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  return joined(
    input.subarray(0, random.next(input.length + 1)),
    other.subarray(random.next(other.length + 1)),
  )
}

function overwriteWithOther(input: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  const [start, end] = pickRange(input, random)
  return replaceRange(input, start, end, other.subarray(...pickRange(other, random)))
}

function writeInteger(input: Uint8Array, random: Random): Uint8Array {
  if (input.length < 4) return input
  const value = interesting[random.next(interesting.length)]!
  const view = new DataView(input.buffer, input.byteOffset, input.length)
  view.setUint32(random.next(input.length - 3), value, random.next(2) === 0)
  return input
}

function writeLeb(input: Uint8Array, random: Random): Uint8Array {
  const at = random.next(input.length + 1)
  const bytes: number[] = []
  let rest = interesting[random.next(interesting.length)]!
  do {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? low | 0x80 : low)
  } while (rest > 0)
  return replaceRange(input, at, Math.min(input.length, at + random.next(6)), bytes)
}

/** Turns a byte into the same number in more bytes. */
function padLeb(input: Uint8Array, random: Random): Uint8Array {
  if (input.length === 0) return input
  const at = random.next(input.length)
  const padding = Array.from({ length: random.next(5) }, () => 0x80)
  return replaceRange(input, at, at + 1, [input[at]! | 0x80, ...padding, 0])
}

function swapRanges(input: Uint8Array, random: Random): Uint8Array {
  const cuts = [0, 0, 0].map(() => random.next(input.length + 1)).sort((a, b) => a - b)
  const [first = 0, second = 0, third = 0] = cuts
  return joined(
    input.subarray(0, first),
    input.subarray(second, third),
    input.subarray(first, second),
    input.subarray(third),
  )
}
