/** Blobs of known size that come in parts. */
import type { FileChunk } from '../../../contracts/index.ts'
import { announcement, partsOf, upload } from '../support/blob-actor.ts'
import { type BlobstoreSuite, blob, bytesOf, c, first } from './suite.ts'

export function testUploads({ it, refused, download, ids }: BlobstoreSuite): void {
  it('StartUpload - brings a blob in parts, which comes back in parts', async (t, link, actor) => {
    const { ask } = link
    await upload(link, 'c', 'b', bytesOf('0123456789'))
    t.deepEqual(await ask('GetObjectInfo', { ...blob, absent: 'empty' }), {
      exists: true,
      ...blob,
      byteSize: 10,
    })
    t.deepEqual(await ask('ListObjects', { ...c, ...first }), {
      blobs: [{ ...blob, byteSize: 10 }],
      continuation: '',
    })
    await ask('StartDownload', { ...blob, chunkSize: 4, context: 'mine' })
    t.is((await actor.blob()).toString(), '0123456789')
    t.deepEqual(
      actor.chunks.map((chunk) => ({ ...chunk, bytes: Buffer.from(chunk.bytes).toString() })),
      ['0123', '4567', '89'].map((bytes, sequenceNo) => ({
        ...blob,
        sequenceNo,
        totalBytes: 10,
        chunkSize: 4,
        context: 'mine',
        bytes,
        offset: sequenceNo * 4,
        isLast: sequenceNo === 2,
      })),
    )
  })
  it('StartUpload - makes an empty blob at once, which comes back as one empty part', async (t, link, actor) => {
    await link.ask('StartUpload', announcement('c', 'b', 0, 0))
    t.deepEqual(await link.ask('ObjectExists', blob), { exists: true })
    t.is(await download(link, actor), '')
    t.like(actor.chunks, { 0: { totalBytes: 0, isLast: true }, length: 1 })
  })
  it('StartUpload - takes the first part with it, and again after it', async (t, link, actor) => {
    const parts = partsOf('c', 'b', bytesOf('012345'), 4)
    await link.ask('StartUpload', parts[0] as FileChunk)
    for (const part of parts) await link.ask('UploadChunk', part)
    t.is(await download(link, actor), '012345')
  })
  it('StartUpload - replaces a blob only once the new one is complete', async (t, link, actor) => {
    await upload(link, 'c', 'b', bytesOf('old one'))
    const [head, tail] = partsOf('c', 'b', bytesOf('newer'), 4) as [FileChunk, FileChunk]
    await link.ask('StartUpload', announcement('c', 'b', 5, 4))
    await link.ask('UploadChunk', head)
    t.is(await download(link, actor), 'old one')
    await link.ask('UploadChunk', tail)
    t.is(await download(link, actor), 'newer')
    t.deepEqual(await ids(link), ['b'])
  })
  it('StartUpload - shows nothing of a blob that is not complete', async (t, link) => {
    const [head] = partsOf('c', 'b', bytesOf('012345'), 4) as [FileChunk]
    await link.ask('StartUpload', announcement('c', 'b', 6, 4))
    await link.ask('UploadChunk', head)
    t.deepEqual(await ids(link), [])
    t.deepEqual(await link.ask('ObjectExists', blob), { exists: false })
    await refused(
      t,
      () => link.ask('StartDownload', { ...blob, chunkSize: 4, context: '' }),
      'ERR_BLOB_NOT_FOUND',
      blob,
    )
  })
  it('StartUpload - starts over where an upload of the blob is under way', async (t, link, actor) => {
    const [head] = partsOf('c', 'b', bytesOf('xxxxxx'), 4) as [FileChunk]
    await link.ask('StartUpload', announcement('c', 'b', 6, 4))
    await link.ask('UploadChunk', head)
    await upload(link, 'c', 'b', bytesOf('012345'))
    t.is(await download(link, actor), '012345')
  })
  for (const [title, order] of [
    ['backwards', [3, 2, 1, 0]],
    ['the second last', [0, 2, 3, 1]],
    ['twice', [0, 0, 1, 1, 2, 0, 2, 3, 3, 0]],
    ['the second first', [1, 0, 3, 2]],
  ] as const) {
    it(`UploadChunk - takes parts in any order: ${title}`, async (t, link, actor) => {
      const parts = partsOf('c', 'b', bytesOf('0123456789ABCD'), 4)
      await link.ask('StartUpload', announcement('c', 'b', 14, 4))
      for (const index of order) await link.ask('UploadChunk', parts[index] as FileChunk)
      t.is(await download(link, actor), '0123456789ABCD')
    })
  }
  it('UploadChunk - keeps nothing of the memory that a part came in', async (t, link, actor) => {
    const memory = Buffer.alloc(4)
    await link.ask('StartUpload', announcement('c', 'b', 16, 4))
    for (const index of [3, 1, 0, 2]) {
      const part = partsOf('c', 'b', bytesOf('0123456789ABCDEF'), 4)[index] as FileChunk
      memory.set(part.bytes)
      await link.ask('UploadChunk', { ...part, bytes: memory })
      memory.fill('x')
    }
    t.is(await download(link, actor), '0123456789ABCDEF')
  })
  for (const text of ['0', '0123', '01234567', '0123456789AB', '0123456789ABCD']) {
    it(`UploadChunk - takes ${text} with parts numbered from 1`, async (t, link, actor) => {
      await link.ask('StartUpload', announcement('c', 'b', text.length, 4))
      for (const part of partsOf('c', 'b', bytesOf(text), 4, 1)) {
        await link.ask('UploadChunk', part)
      }
      t.is(await download(link, actor), text)
    })
  }
  it('UploadChunk - takes parts that come at the same time', async (t, link, actor) => {
    const bytes = Buffer.from(Array.from({ length: 64 }, (_, index) => index))
    await link.ask('StartUpload', announcement('c', 'b', 64, 4))
    const [head, ...rest] = partsOf('c', 'b', bytes, 4) as [FileChunk, ...FileChunk[]]
    await link.ask('UploadChunk', head)
    await Promise.all(rest.map(async (part) => link.ask('UploadChunk', part)))
    await link.ask('StartDownload', { ...blob, chunkSize: 64, context: '' })
    t.deepEqual(await actor.blob(), bytes)
  })
  it('StartUpload - refuses parts of no size', async (t, { ask }) => {
    const announced = announcement('c', 'b', 1, 0)
    await refused(t, () => ask('StartUpload', announced), 'ERR_BLOB_CHUNK', { sequenceNo: 0 })
  })
  it('StartUpload - holds early parts within bounds', async (t, { ask }) => {
    const size = 2 ** 20
    await ask('StartUpload', announcement('c', 'b', 12 * size, size))
    const part = { ...announcement('c', 'b', 12 * size, size), bytes: new Uint8Array(size) }
    for (let sequenceNo = 2; sequenceNo < 10; sequenceNo++) {
      await ask('UploadChunk', { ...part, sequenceNo })
    }
    await refused(t, () => ask('UploadChunk', { ...part, sequenceNo: 10 }), 'ERR_BLOB_LIMIT', {
      limit: 'CHUNKS_AHEAD',
      wanted: 9 * size,
      allowed: 8 * size,
    })
  })
  it(
    'StartUpload - gives up an upload without parts, and its room with it',
    async (t, { ask, log }, actor) => {
      await ask('StartUpload', announcement('c', 'a', 9, 3))
      await actor.until(() => log.some(({ message }) => message === 'unfinished upload given up'))
      const [part] = partsOf('c', 'a', new Uint8Array(9), 3) as [FileChunk]
      await refused(t, () => ask('UploadChunk', part), 'ERR_BLOB_CHUNK', { id: 'a' })
      await upload({ ask }, 'c', 'b', bytesOf('0123456789'))
    },
    { UPLOAD_TIMEOUT_MS: '2000', MAX_BYTES: '10' },
  )
  for (const [title, change, reason] of [
    ['too short', { bytes: bytesOf('456') }, /3 bytes instead of 4/],
    ['too long', { bytes: bytesOf('45678') }, /5 bytes instead of 4/],
    ['empty', { bytes: bytesOf('') }, /0 bytes instead of 4/],
    ['beyond the end', { sequenceNo: 3 }, /has 3 parts/],
    ['far beyond the end', { sequenceNo: Number.MAX_SAFE_INTEGER }, /has 3 parts/],
    ['of another size', { totalBytes: 11 }, /started with 10 bytes in parts of 4/],
    ['of another chunk size', { chunkSize: 5 }, /started with 10 bytes in parts of 4/],
    ['of another blob', { id: 'other' }, /no upload/],
    ['of another container', { container: 'other' }, /no upload/],
  ] as const) {
    it(`UploadChunk - refuses a part that is ${title}, and goes on`, async (t, link, actor) => {
      const parts = partsOf('c', 'b', bytesOf('0123456789'), 4) as [FileChunk, FileChunk, FileChunk]
      await link.ask('StartUpload', announcement('c', 'b', 10, 4))
      await link.ask('UploadChunk', parts[0])
      const wrong = { ...parts[1], ...change }
      const error = await t.throwsAsync(async () => link.ask('UploadChunk', wrong), {
        code: 'ERR_BLOB_CHUNK',
      })
      t.regex(error?.message ?? '', reason)
      for (const part of parts.slice(1)) await link.ask('UploadChunk', part)
      t.is(await download(link, actor), '0123456789')
    })
  }
}
