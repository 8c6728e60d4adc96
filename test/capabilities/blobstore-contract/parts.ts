/** Blobs whose size only the last part tells, and ranges of blobs. */
import { upload } from '../support/blob-actor.ts'
import { type BlobstoreSuite, blob, bytesOf } from './suite.ts'

export function testParts({ it, refused, ids }: BlobstoreSuite): void {
  it('PutObject - brings a blob of any size, and GetObject gets ranges of it', async (t, link, actor) => {
    const { ask } = link
    const part = { ...blob, bytes: bytesOf('0123'), offset: 0, isLast: false }
    const { streamId } = await ask('PutObject', part)
    const next = { ...part, streamId, cancelAndRemove: false }
    await ask('PutChunk', { ...next, bytes: bytesOf('45'), offset: 4 })
    await ask('PutChunk', { ...next, bytes: bytesOf('45'), offset: 4 })
    t.deepEqual(await ids(link), [])
    await ask('PutChunk', { ...next, bytes: bytesOf('6789'), offset: 6, isLast: true })
    for (const [start, end, expected] of [
      [0, Number.MAX_SAFE_INTEGER - 1, '0123456789'],
      [0, 1, '01'],
      [3, 5, '345'],
      [9, 100, '9'],
      [10, 100, ''],
      [50, 60, ''],
      [5, 2, ''],
    ] as const) {
      const { contentLength, first: got } = await ask('GetObject', { ...blob, start, end })
      t.is(contentLength, expected.length)
      t.is(Buffer.from(got.bytes).toString(), expected)
      t.true(got.isLast)
    }
    t.deepEqual(actor.chunks, [])
  })
  it(
    'GetObject - sends as parts what one answer does not hold',
    async (t, { ask }, actor) => {
      const part = { ...blob, bytes: bytesOf('0123456789'), offset: 0, isLast: true }
      const head = { ...part, bytes: bytesOf('0123'), isLast: false }
      const { streamId } = await ask('PutObject', head)
      const more = { ...part, streamId, cancelAndRemove: false }
      await ask('PutChunk', { ...more, bytes: bytesOf('4567'), offset: 4, isLast: false })
      await ask('PutChunk', { ...more, bytes: bytesOf('89'), offset: 8 })
      const { contentLength, first: got } = await ask('GetObject', { ...blob, start: 1, end: 99 })
      t.is(contentLength, 9)
      t.deepEqual(
        { ...got, bytes: Buffer.from(got.bytes).toString() },
        {
          ...blob,
          bytes: '1234',
          offset: 1,
          isLast: false,
        },
      )
      t.is((await actor.blob()).toString(), '56789')
      t.deepEqual(
        actor.chunks.map(({ offset, isLast }) => [offset, isLast]),
        [
          [5, false],
          [9, true],
        ],
      )
      const tooMuch = { ...part, id: 'x' }
      await refused(t, () => ask('PutObject', tooMuch), 'ERR_BLOB_LIMIT', {
        limit: 'MAX_CHUNK_BYTES',
      })
    },
    { MAX_CHUNK_BYTES: '4' },
  )
  it('PutChunk - refuses what does not follow, and ends where it is cancelled', async (t, link) => {
    const { ask } = link
    await upload(link, 'c', 'b', bytesOf('old'))
    const part = { ...blob, bytes: bytesOf('0123'), offset: 0, isLast: false }
    const wrong = 'ERR_BLOB_CHUNK'
    await refused(t, () => ask('PutObject', { ...part, offset: 1 }), wrong, blob)
    const { streamId } = await ask('PutObject', part)
    const next = { ...part, streamId, cancelAndRemove: false }
    await refused(t, () => ask('PutChunk', { ...next, offset: 5 }), wrong, blob)
    await refused(t, () => ask('PutChunk', { ...next, offset: 3 }), wrong, blob)
    await refused(t, () => ask('PutChunk', { ...next, offset: 4, streamId: 'x' }), wrong, blob)
    t.deepEqual(await ids(link), ['b'])
    await ask('PutChunk', { ...next, offset: 4, cancelAndRemove: true })
    t.deepEqual(await ids(link), [])
    await refused(t, () => ask('PutChunk', { ...next, offset: 4 }), wrong, blob)
  })
  it(
    'PutChunk - ends an upload that grows too large',
    async (t, link) => {
      const { ask } = link
      const part = { ...blob, bytes: bytesOf('0123'), offset: 0, isLast: false }
      const { streamId } = await ask('PutObject', part)
      const next = { ...part, streamId, offset: 4, cancelAndRemove: false }
      const detail = { limit: 'MAX_BYTES', wanted: 8, allowed: 6 }
      await refused(t, () => ask('PutChunk', next), 'ERR_BLOB_LIMIT', detail)
      await refused(t, () => ask('PutChunk', next), 'ERR_BLOB_CHUNK', blob)
      await upload(link, 'c', 'x', bytesOf('012345'))
    },
    { MAX_BYTES: '6' },
  )
}
