import test from 'ava'
import { copyOf } from '../../../host/engine/slab.ts'

const source = Uint8Array.from({ length: 20_000 }, (_, index) => index % 251)

test('copyOf - copies what slice does, of any length', (t) => {
  for (const length of [0, 1, 2047, 2048, 2049, 20_000]) {
    t.deepEqual(copyOf(source, 0, length), source.slice(0, length), `${length} bytes`)
    t.deepEqual(copyOf(source, 20_000 - length, 20_000), source.slice(20_000 - length))
  }
})

test('copyOf - never writes to a copy again', (t) => {
  const copies = Array.from({ length: 100 }, (_, index) => copyOf(source, index, index + 700))
  for (const [index, copy] of copies.entries()) {
    t.deepEqual(copy, source.slice(index, index + 700), `copy ${index}`)
  }
})

test('copyOf - does not see what becomes of the source', (t) => {
  const changing = source.slice(0, 10)
  const copy = copyOf(changing, 0, 10)
  changing.fill(0xff)
  t.deepEqual(copy, source.slice(0, 10))
})
