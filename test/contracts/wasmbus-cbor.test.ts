/** CBOR of actors of dialect E: what is read of it, and what is not. */
import test from 'ava'
import { called, fromHex, refusal, toHex } from '../support/contract-bytes.ts'

const exists = called('wasmcloud:blobstore', 'E', 'Blobstore.ContainerExists')
const removal = called('wasmcloud:blobstore', 'E', 'Blobstore.RemoveContainers')
const putChunk = called('wasmcloud:blobstore', 'E', 'Blobstore.PutChunk')

for (const [title, hex, reason] of [
  ['nothing after the mark', '7f', /integer|text|expected/],
  ['text cut short', '7f 63 61', /ends early/],
  ['text that is not UTF-8', '7f 61 ff', /UTF-8/],
  ['text of a length without end', '7f 7f 61 61 ff', /indefinite/],
  ['a tag', '7f c0 61 61', /tag/],
  ['a float', '7f fb 0000000000000000', /float/],
  ['an array larger than the message', '7f 9b 00000000ffffffff', /ends early/],
  ['a number beyond 2^53', '7f 1b 0020000000000000', /2\^53/],
  ['levels without end', `7f ${'81'.repeat(100)}`, /levels/],
] as const) {
  test(`CBOR - refuses ${title}`, (t) => {
    const refused = refusal(() => exists.decodeRequest(fromHex(hex))) as Record<string, string>
    t.is(refused['code'], 'ERR_MESSAGE_INVALID')
    t.regex(refused['reason'] ?? '', reason)
  })
}

test('CBOR - holds texts, bytes and numbers of every length', (t) => {
  const codec = putChunk
  for (const length of [0, 1, 23, 24, 31, 32, 255, 256, 65_535, 65_536, 70_000]) {
    const request = {
      container: 'c'.repeat(length),
      id: 'é'.repeat(length),
      bytes: new Uint8Array(length).fill(length),
      offset: length ** 3,
      isLast: length % 2 === 0,
      streamId: 's',
      cancelAndRemove: false,
    }
    const bytes = codec.encodeRequest(request)
    t.is(bytes[0], 0x7f)
    t.deepEqual(codec.decodeRequest(bytes), request)
  }
  for (const offset of [2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    const part = { container: 'c', id: 'b', bytes: new Uint8Array(1), offset, isLast: false }
    const request = { ...part, streamId: '', cancelAndRemove: true }
    t.deepEqual(codec.decodeRequest(codec.encodeRequest(request)), request)
  }
})

test('CBOR - holds lists of every length', (t) => {
  for (const length of [0, 15, 16, 23, 24, 300, 65_000]) {
    const request = { containers: Array.from({ length }, (_, index) => `c${index}`) }
    t.deepEqual(removal.decodeRequest(removal.encodeRequest(request)), request)
  }
  t.is(toHex(removal.encodeRequest({ containers: ['a'] })), '7f816161')
})
