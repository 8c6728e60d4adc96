/** Small modules that would keep V8, and with it the event loop, busy for seconds or fill the heap. */
import test from 'ava'
import { prepare } from '../../../../host/engine/prepare/index.ts'
import { leb, moduleOf, section } from '../../../support/module-bytes.ts'
import { sized, vector } from './support/assemble.ts'
import { limits } from './support/run.ts'
import { refusal } from './support/verdict.ts'

function limitOf(wasm: Uint8Array): string | undefined {
  const error = refusal(wasm)
  return error?.code === 'ERR_WASM_LIMIT' ? error.detail.limit : error?.code
}

const times = (count: number, ...code: number[]): number[] =>
  Array.from({ length: count }, () => code).flat()

/** One function with this many i64 locals and this code. */
function withLocals(locals: number, code: readonly number[]): Uint8Array {
  return moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector([0])),
    section(10, vector(sized([1, ...leb(locals), 0x7e, ...code, 0x0b]))),
  )
}

const block = [0x02, 0x40, 0x0b]
const branch = [0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b]
const loop = [0x03, 0x40, 0x0b]
const choice = [0x41, 0, 0x04, 0x40, 0x05, 0x0b]

for (const [what, locals, code] of [
  ['blocks in a row', 39_000, times(200, ...block)],
  ['branches in a row', 4_000, times(1_001, ...branch)],
  ['nested blocks', 1_000, [...times(4_001, 0x02, 0x40), ...times(4_001, 0x0b)]],
  ['loops', 1_000, times(501, ...loop)],
  ['choices', 4_000, times(501, ...choice)],
] as const) {
  test(`prepare - too many ${what} for ${locals} locals are refused`, (t) => {
    t.is(limitOf(withLocals(locals, code)), 'localsTimesBlocks')
  })
}

test('prepare - many locals, or many blocks, are taken', (t) => {
  t.notThrows(() => prepare(withLocals(39_000, times(100, ...block)), limits))
  t.notThrows(() => prepare(withLocals(50, times(50_000, ...block)), limits))
})

/** One table, one function, and segments of `count` elements each. */
function withElements(form: readonly number[], segments: number, count: number): Uint8Array {
  const segment = [...form, ...leb(count), ...times(count, 0)]
  return moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector([0])),
    section(4, vector([0x70, 0, 1])),
    section(9, [...leb(segments), ...times(segments, ...segment)]),
    section(10, vector(sized([0, 0x0b]))),
  )
}

for (const [what, form] of [
  ['active', [0, 0x41, 0, 0x0b]],
  ['passive', [1, 0]],
  ['declarative', [3, 0]],
] as const) {
  test(`prepare - more than 200,000 elements in ${what} segments are refused`, (t) => {
    t.notThrows(() => prepare(withElements(form, 20, 10_000), limits))
    t.is(limitOf(withElements(form, 21, 10_000)), 'elements')
  })
}

test('prepare - more than 2,000 exports are refused', (t) => {
  const names = Array.from({ length: 2_001 }, (_, at) => [...sized(`e${at}`), 0, 0])
  const wasm = moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector([0])),
    section(7, vector(...names)),
    section(10, vector(sized([0, 0x0b]))),
  )
  t.is(limitOf(wasm), 'exports')
})

for (const [what, subsection] of [
  ['the module', [0, ...sized(sized('M'.repeat(10_001)))]],
  ['a function', [1, ...sized([1, 0, ...sized('F'.repeat(10_001))])]],
  ['a local', [2, ...sized([1, 0, 1, 0, ...sized('L'.repeat(10_001))])]],
] as const) {
  test(`prepare - names go if that of ${what} is very long: every trap would show it`, (t) => {
    const wasm = moduleOf(
      section(1, vector([0x60, 0, 0])),
      section(3, vector([0])),
      section(10, vector(sized([0, 0x0b]))),
      section(0, [...sized('name'), ...subsection]),
    )
    const module = new WebAssembly.Module(prepare(wasm, limits).bytes)
    t.deepEqual(WebAssembly.Module.customSections(module, 'name'), [])
  })
}
