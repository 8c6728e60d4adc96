import test from 'ava'
import type { EngineError } from '../../../host/engine/index.ts'
import { NameCache } from '../../../host/engine/name-cache.ts'
import { bytes } from './support/guests.ts'

/** The text of a name that is somewhere in memory. */
function textOf(names: NameCache, name: Uint8Array, what: string): string {
  const memory = new Uint8Array(name.length + 20).fill(0x78)
  memory.set(name, 7)
  return names.text(memory, 7, name.length, what)
}

test('NameCache - gives the same text for the same bytes', (t) => {
  const names = new NameCache()
  for (let round = 0; round < 3; round += 1) {
    t.is(textOf(names, bytes('wascc:keyvalue'), 'namespace'), 'wascc:keyvalue')
    t.is(textOf(names, bytes('Größe'), 'operation'), 'Größe')
    t.is(textOf(names, bytes(''), 'link name'), '')
  }
})

test('NameCache - does not confuse names of one hash', (t) => {
  const names = new NameCache()
  // 31 * 'A' + 'b' is 31 * 'B' + 'C'.
  t.is(textOf(names, bytes('Ab'), 'operation'), 'Ab')
  t.is(textOf(names, bytes('BC'), 'operation'), 'BC')
  t.is(textOf(names, bytes('Ab'), 'operation'), 'Ab')
})

test('NameCache - does not keep the bytes it was shown', (t) => {
  const names = new NameCache()
  const shown = bytes('first')
  textOf(names, shown, 'operation')
  shown.set(bytes('other'))
  t.is(textOf(names, shown, 'operation'), 'other')
  t.is(textOf(names, bytes('first'), 'operation'), 'first')
})

test('NameCache - answers for any number of names', (t) => {
  const names = new NameCache()
  for (let index = 0; index < 2_000; index += 1) {
    t.is(textOf(names, bytes(`name ${index}`), 'operation'), `name ${index}`)
  }
})

test('NameCache - keeps a byte order mark', (t) => {
  t.is(textOf(new NameCache(), bytes('\ufeffx'), 'operation'), '\ufeffx')
})

for (const [what, name] of [
  ['a lone continuation byte', [0x80]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['an overlong zero', [0xc0, 0x80]],
  ['a cut character', [0x41, 0xe2, 0x82]],
] as const) {
  test(`NameCache - throws ERR_GUEST_NAME for ${what}`, (t) => {
    const error = t.throws<EngineError>(() =>
      textOf(new NameCache(), new Uint8Array(name), 'namespace'),
    )
    t.is(error.code, 'ERR_GUEST_NAME')
    t.deepEqual(error.detail, { what: 'namespace', bytes: name.length, allowed: 256 })
  })
}
