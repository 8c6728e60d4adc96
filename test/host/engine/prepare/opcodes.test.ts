import test from 'ava'
import { prepare } from '../../../../host/engine/prepare/index.ts'
import { leb, moduleOf, section } from '../../../support/module-bytes.ts'
import { body, moduleWithCode, sized, vector } from './support/assemble.ts'
import { verdict } from './support/verdict.ts'
import { instantiate, limits, outcome, prepareAndRun } from './support/run.ts'

/** i32, i64, f32, f64, v128, and a memory address. */
type Operand = 'i' | 'l' | 'f' | 'd' | 'v' | 'a'

interface Instruction {
  readonly code: readonly number[]
  readonly takes: string
  readonly gives: Operand | ''
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at)
}

/** `0x46-0x4f ii>i` and the like: opcodes, what they take, what they give. */
function numeric(table: string, prefix: readonly number[] = []): Instruction[] {
  return table
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [opcodes = '', signature = ''] = line.trim().split(/ +/)
      const [takes = '', gives = ''] = signature.split('>')
      return opcodes.split(',').flatMap((item) => {
        const [first = '', last = first] = item.split('-')
        return range(Number.parseInt(first, 16), Number.parseInt(last, 16)).map((opcode) => ({
          code: [...prefix, ...(prefix.length > 0 ? leb(opcode) : [opcode])],
          takes,
          gives: gives as Operand | '',
        }))
      })
    })
}

const scalar = numeric(`
  45,67-69 i>i
  46-4f,6a-78 ii>i
  50,a7 l>i
  51-5a ll>i
  5b-60 ff>i
  61-66 dd>i
  79-7b l>l
  7c-8a ll>l
  8b-91 f>f
  92-98 ff>f
  99-9f d>d
  a0-a6 dd>d
  a8-a9,bc f>i
  aa-ab d>i
  ac-ad i>l
  ae-af f>l
  b0-b1,bd d>l
  b2-b3,be i>f
  b4-b5 l>f
  b6 d>f
  b7-b8 i>d
  b9-ba,bf l>d
  bb f>d
  c0-c1 i>i
  c2-c4 l>l
`)

const saturating = numeric('0-1 f>i\n2-3 d>i\n4-5 f>l\n6-7 d>l', [0xfc])

const vectors = numeric(
  `
  e,23-4c,4e-51,65-66,6e-73,76-79,7b,82,85-86,8e-93,95-99,9b-9f vv>v
  ae,b1,b5-ba,bc-bf,ce,d1,d5-df,e4-eb vv>v
  f0-f7 vv>v
  f i>v
  10-11 i>v
  12 l>v
  13 f>v
  14 d>v
  4d,5e-62,67-6a,74-75,7a,7c-81,87-8a,94,a0-a1,a7-aa,c0-c1,c7-ca,e0-e1,e3,ec-ed,ef,f8-ff v>v
  52 vvv>v
  53,63-64,83-84,a3-a4,c3-c4 v>i
  6b-6d,8b-8d,ab-ad,cb-cd vi>v
`,
  [0xfd],
)

const withLane = numeric(
  '15-16,18-19,1b v>i\n1d v>l\n1f v>f\n21 v>d\n17,1a,1c vi>v\n1e vl>v\n20 vf>v\n22 vd>v',
  [0xfd],
).map((item) => ({ ...item, code: [...item.code, 1] }))

const memoryImmediate = [0, 3]
const withMemory = [
  ...numeric(
    '28,2c-2f a>i\n29,30-35 a>l\n2a a>f\n2b a>d\n36,3a-3b ai>\n37,3c-3e al>\n38 af>\n39 ad>',
  ),
  ...numeric('0-a,5c-5d a>v\nb av>', [0xfd]),
].map((item) => ({ ...item, code: [...item.code, ...memoryImmediate] }))
const withMemoryAndLane = numeric('54-57 av>v\n58-5b av>', [0xfd]).map((item) => ({
  ...item,
  code: [...item.code, ...memoryImmediate, 1],
}))
const with16Bytes = [
  { code: [0xfd, 12, ...range(240, 255)], takes: '', gives: 'v' as const },
  { code: [0xfd, 13, ...range(5, 20)], takes: 'vv', gives: 'v' as const },
]

const instructions: Instruction[] = [
  ...scalar,
  ...saturating,
  ...vectors,
  ...withLane,
  ...withMemory,
  ...withMemoryAndLane,
  ...with16Bytes,
]

/** Loads operand number `at` of a kind from where the test puts operands. */
function load(operand: Operand, at: number): number[] {
  const loads = { i: [0x28], l: [0x29], f: [0x2a], d: [0x2b], v: [0xfd, 0], a: [0x28] }
  const address = [0x41, ...leb(at * 16)]
  const mask = operand === 'a' ? [0x41, 0xff, 0x01, 0x71] : []
  return [...address, ...loads[operand], 0, 0, ...mask]
}

/** A function of one instruction in a loop that runs once, its result left at address 1024. */
function functionOf({ code, takes, gives }: Instruction): number[] {
  const operands = takes.split('').flatMap((operand, at) => load(operand as Operand, at))
  const stores = { i: [0x36], l: [0x37], f: [0x38], d: [0x39], v: [0xfd, 11], a: [] }
  const store = gives === '' ? [] : [...stores[gives], 0, 0]
  const address = gives === '' ? [] : [0x41, ...leb(1024, 2)]
  return body(0x03, 0x40, ...address, ...operands, ...code, ...store, 0x0b)
}

const everyInstruction = moduleOf(
  section(1, vector([0x60, 0, 0])),
  section(3, vector(...instructions.map(() => [0]))),
  section(5, vector([0, 1])),
  section(
    7,
    vector(
      [...sized('memory'), 2, 0],
      ...instructions.map((_, at) => [...sized(`f${at}`), 0, ...leb(at)]),
    ),
  ),
  section(10, vector(...instructions.map(functionOf))),
)

/** Operands that make instructions do something different each. */
function fill(memory: WebAssembly.Memory, seed: number): void {
  const view = new DataView(memory.buffer)
  for (let at = 0; at < 2048; at += 4) view.setInt32(at, Math.imul(at + seed, 0x9e3779b1) | 0, true)
  const floats = [0, 1.5, -3.25, 1e10, -7]
  if (seed % 2 === 1) {
    for (let at = 0; at < 3; at++) {
      view.setFloat64(at * 16, floats[(seed + at) % floats.length] as number, true)
    }
  }
  if (seed % 4 === 2) {
    for (let at = 0; at < 3; at++) {
      view.setFloat32(at * 16, floats[(seed + at) % floats.length] as number, true)
    }
  }
}

test('prepare - every numeric, vector and memory instruction computes the same', (t) => {
  // 0x45 to 0xc4 and 23 that reach memory; 8 after 0xfc; 236 after 0xfd.
  t.is(new Set(instructions.map(({ code }) => code.slice(0, 3).join())).size, 128 + 23 + 8 + 236)
  const plain = instantiate(everyInstruction)
  const { exports } = prepareAndRun(everyInstruction)
  for (let seed = 0; seed < 8; seed++) {
    for (const [at, { code }] of instructions.entries()) {
      fill(plain.memory, seed)
      fill(exports.memory, seed)
      const expected = outcome(() => plain[`f${at}`]?.())
      const actual = outcome(() => exports[`f${at}`]?.())
      const same =
        expected === actual &&
        Buffer.from(plain.memory.buffer).equals(Buffer.from(exports.memory.buffer))
      if (!same) t.fail(`${code.map((byte) => byte.toString(16)).join(' ')}, operands ${seed}`)
    }
  }
  t.pass()
})

/** After `unreachable` every operand is there, so that only the opcode and its immediates matter. */
function afterUnreachable(...code: readonly number[]): Uint8Array<ArrayBuffer> {
  return moduleWithCode([0x00, ...code, 0x00])
}

test('prepare - accepts exactly the one-byte opcodes of its features, and no length differs from V8', (t) => {
  const immediates = [
    [],
    [0],
    [0, 0],
    [0x40, 0x0b],
    [0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0],
    [1, 0x7f],
    [0x70],
  ]
  const taken = new Set<number>()
  for (let opcode = 0; opcode < 256; opcode++) {
    for (const bytes of immediates) {
      const wasm = afterUnreachable(opcode, ...bytes)
      const found = verdict(wasm)
      if (found !== 'ok') continue
      taken.add(opcode)
      t.is(
        WebAssembly.validate(prepare(wasm, limits).bytes),
        WebAssembly.validate(wasm),
        `opcode 0x${opcode.toString(16)} ${bytes.join(' ')}`,
      )
    }
  }
  // All but those that need an `if`, a further type, or end the body too soon.
  t.is(taken.size, 179)
})

test('prepare - accepts exactly the vector opcodes that V8 has below 256', (t) => {
  const immediates = (opcode: number): number[] => {
    if (opcode <= 11 || opcode === 0x5c || opcode === 0x5d) return [0, 0]
    if (opcode === 12 || opcode === 13) return range(0, 15)
    if (opcode >= 0x15 && opcode <= 0x22) return [0]
    return opcode >= 0x54 && opcode <= 0x5b ? [0, 0, 0] : []
  }
  for (let opcode = 0; opcode < 256; opcode++) {
    const wasm = afterUnreachable(0xfd, ...leb(opcode), ...immediates(opcode))
    t.is(verdict(wasm), WebAssembly.validate(wasm) ? 'ok' : 'ERR_WASM_INVALID', `0xfd ${opcode}`)
  }
})
