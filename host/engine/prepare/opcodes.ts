/**
 * Which opcodes this host runs, and what follows each.
 *
 * @see https://webassembly.github.io/spec/core/appendix/index-instructions.html
 */

/**
 * What follows an opcode; the decoder switches on it. The first ones are the most frequent. Values
 * are dense so that the switch is a jump.
 */
export const immediate = {
  none: 0,
  local: 1,
  /** One LEB128 of up to 32 bits. */
  index: 2,
  /** Alignment and offset. */
  memory: 3,
  i64: 4,
  f32: 5,
  f64: 6,
  /** block, loop, if */
  block: 7,
  else: 8,
  end: 9,
  return: 10,
  branch: 11,
  branchTable: 12,
  call: 13,
  callIndirect: 14,
  global: 15,
  /** Nothing, but a feature of its own. */
  signExtension: 16,
  /** The index of a table. */
  table: 17,
  selectTyped: 18,
  memoryIndex: 19,
  memoryGrow: 20,
  refNull: 21,
  refIsNull: 22,
  refFunc: 23,
  prefixFC: 24,
  prefixFD: 25,
  /** 16 bytes: v128.const and i8x16.shuffle. */
  bytes16: 26,
  lane: 27,
  /** Alignment, offset and lane. */
  memoryLane: 28,
  memoryInit: 29,
  memoryCopy: 30,
  memoryFill: 31,
  /** Two indices: table.init, table.copy. */
  tableInit: 32,
  refused: 33,
} as const

/** A feature that modules may use, as a bit. */
export const feature = {
  signExtension: 1,
  saturating: 2,
  bulkMemory: 4,
  multiValue: 8,
  referenceTypes: 16,
  simd: 32,
  mutableGlobals: 64,
} as const

/** The names of {@link feature}'s bits, lowest first. */
export const featureNames = [
  'sign-extension',
  'saturating-float-to-int',
  'bulk-memory',
  'multi-value',
  'reference-types',
  'simd',
  'mutable-globals',
] as const

/** A table over one byte: `[first, last, value]` ranges, everything else `rest`. */
function table(rest: number, ranges: readonly (readonly [number, number, number])[]): Uint8Array {
  const values = new Uint8Array(256).fill(rest)
  for (const [first, last, value] of ranges) values.fill(value, first, last + 1)
  return values
}

/** What follows each one-byte opcode. */
export const plain: Uint8Array = table(immediate.refused, [
  [0x00, 0x01, immediate.none],
  [0x02, 0x04, immediate.block],
  [0x05, 0x05, immediate.else],
  [0x0b, 0x0b, immediate.end],
  [0x0c, 0x0d, immediate.branch],
  [0x0e, 0x0e, immediate.branchTable],
  [0x0f, 0x0f, immediate.return],
  [0x10, 0x10, immediate.call],
  [0x11, 0x11, immediate.callIndirect],
  [0x1a, 0x1b, immediate.none],
  [0x1c, 0x1c, immediate.selectTyped],
  [0x20, 0x22, immediate.local],
  [0x23, 0x24, immediate.global],
  [0x25, 0x26, immediate.table],
  [0x28, 0x3e, immediate.memory],
  [0x3f, 0x3f, immediate.memoryIndex],
  [0x40, 0x40, immediate.memoryGrow],
  [0x41, 0x41, immediate.index],
  [0x42, 0x42, immediate.i64],
  [0x43, 0x43, immediate.f32],
  [0x44, 0x44, immediate.f64],
  [0x45, 0xbf, immediate.none],
  [0xc0, 0xc4, immediate.signExtension],
  [0xd0, 0xd0, immediate.refNull],
  [0xd1, 0xd1, immediate.refIsNull],
  [0xd2, 0xd2, immediate.refFunc],
  [0xfc, 0xfc, immediate.prefixFC],
  [0xfd, 0xfd, immediate.prefixFD],
])

/** What follows each opcode after the prefix 0xFC. */
export const prefixFC: Uint8Array = table(immediate.refused, [
  [0, 7, immediate.none],
  [8, 8, immediate.memoryInit],
  [9, 9, immediate.index],
  [10, 10, immediate.memoryCopy],
  [11, 11, immediate.memoryFill],
  [12, 12, immediate.tableInit],
  [13, 13, immediate.index],
  [14, 14, immediate.tableInit],
  [15, 15, immediate.table],
  [16, 16, immediate.index],
  [17, 17, immediate.table],
])

/** Numbers below 256 that follow 0xFD and name nothing. */
const simdGaps = [
  0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2,
  0xd3, 0xd4, 0xe2, 0xee,
]

/** What follows each opcode after the prefix 0xFD, below 256. */
export const prefixFD: Uint8Array = table(immediate.none, [
  [0x00, 0x0b, immediate.memory],
  [0x0c, 0x0d, immediate.bytes16],
  [0x15, 0x22, immediate.lane],
  [0x54, 0x5b, immediate.memoryLane],
  [0x5c, 0x5d, immediate.memory],
  ...simdGaps.map((gap) => [gap, gap, immediate.refused] as const),
])

/** The refused feature that a one-byte opcode belongs to; `undefined` if it names nothing. */
export function refusedBy(opcode: number): string | undefined {
  switch (opcode) {
    case 0x06:
    case 0x07:
    case 0x08:
    case 0x09:
    case 0x0a:
    case 0x18:
    case 0x19:
    case 0x1f:
      return 'exceptions'
    case 0x12:
    case 0x13:
      return 'tail-calls'
    case 0x14:
    case 0x15:
    case 0xd4:
    case 0xd5:
    case 0xd6:
      return 'function-references'
    case 0xd3:
    case 0xfb:
      return 'gc'
    case 0xfe:
      return 'threads'
    default:
      return opcode >= 0xe0 && opcode <= 0xe6 ? 'stack-switching' : undefined
  }
}

/** As {@link refusedBy}, for the number after 0xFC. */
export function refusedByFC(opcode: number): string | undefined {
  if (opcode === 18) return 'memory-control'
  if (opcode >= 19 && opcode <= 22) return 'wide-arithmetic'
  return opcode === 48 || opcode === 49 ? 'half-precision' : undefined
}

/** As {@link refusedBy}, for the number after 0xFD. */
export function refusedByFD(opcode: number): string | undefined {
  if (opcode < 0x100) return undefined
  return opcode <= 0x11f ? 'relaxed-simd' : 'half-precision'
}

/** The refused feature that a value type's byte belongs to; `undefined` if it names nothing. */
export function refusedByType(byte: number): string | undefined {
  switch (byte) {
    case 0x63:
    case 0x64:
      return 'function-references'
    case 0x69:
    case 0x74:
      return 'exceptions'
    case 0x68:
    case 0x75:
      return 'stack-switching'
    case 0x6a:
    case 0x6b:
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x71:
    case 0x72:
    case 0x73:
    case 0x77:
    case 0x78:
      return 'gc'
    case 0x65:
      return 'shared-everything-threads'
    case 0x67:
      return 'stringref'
    default:
      return undefined
  }
}
