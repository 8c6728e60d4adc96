/** Blobs that are sent to actors in parts. */
import { announcement, BlobActor, upload } from '../support/blob-actor.ts'
import { type BlobstoreSuite, blob, bytesOf, c } from './suite.ts'

export function testDownloads({ it, ids, test, name, open }: BlobstoreSuite): void {
  it('StartDownload - waits for each part to be taken', async (t, link, actor) => {
    await upload(link, 'c', 'b', bytesOf('0123456789'))
    const gate = Promise.withResolvers<void>()
    actor.handle = async () => {
      await gate.promise
      return { cancel: false }
    }
    await link.ask('StartDownload', { ...blob, chunkSize: 2, context: '' })
    await upload(link, 'c', 'other', bytesOf('0123456789'))
    await actor.until(() => actor.chunks.length > 0)
    t.is(actor.chunks.length, 1)
    gate.resolve()
    t.is((await actor.blob()).toString(), '0123456789')
    t.is(actor.mostAtOnce, 1)
  })
  it('StartDownload - sends the blob that was there, whatever comes in its place', async (t, link, actor) => {
    await upload(link, 'c', 'b', bytesOf('0123456789'))
    actor.handle = async ({ sequenceNo }) => {
      if (sequenceNo === 0) await upload(link, 'c', 'b', bytesOf('other'))
      return { cancel: false }
    }
    await link.ask('StartDownload', { ...blob, chunkSize: 6, context: '' })
    await actor.until(() => actor.chunks.length === 2 || link.log.length > 0)
    // Either all of the one that was there, or an end: never parts of two blobs.
    const received = Buffer.concat(actor.chunks.map(({ bytes }) => bytes)).toString()
    t.true(received === '0123456789' || received === '012345', received)
  })
  it('StartDownload - stops where the actor fails', async (t, link, actor) => {
    await upload(link, 'c', 'b', bytesOf('0123456789'))
    actor.handle = ({ sequenceNo }) => {
      if (sequenceNo === 2) throw new Error('enough')
      return { cancel: false }
    }
    await link.ask('StartDownload', { ...blob, chunkSize: 2, context: '' })
    await actor.until(() => link.log.length > 0)
    t.is(actor.chunks.length, 3)
    t.like(link.log.at(-1), {
      message: 'download ended early',
      facts: { ...blob, sentBytes: 4 },
    })
  })
  it('StartDownload - stops where the actor wants no more', async (t, link, actor) => {
    await upload(link, 'c', 'b', bytesOf('0123456789'))
    actor.handle = ({ sequenceNo }) => ({ cancel: sequenceNo === 1 })
    await link.ask('StartDownload', { ...blob, chunkSize: 2, context: '' })
    await actor.handled(2)
    await link[Symbol.asyncDispose]()
    t.is(actor.chunks.length, 2)
    t.deepEqual(link.log, [])
  })
  it(
    'StartDownload - chooses the size of parts within bounds',
    async (t, link, actor) => {
      await upload(link, 'c', 'b', bytesOf('0123456789'))
      for (const chunkSize of [0, 5, 1e15]) {
        actor.chunks.length = 0
        await link.ask('StartDownload', { ...blob, chunkSize, context: '' })
        await actor.blob()
        t.deepEqual(
          actor.chunks.map(({ bytes }) => bytes.length),
          [4, 4, 2],
        )
      }
    },
    { MAX_CHUNK_BYTES: '4' },
  )
  it(
    'DOWNLOAD_TIMEOUT_MS - ends a download whose actor is slow',
    async (t, link, actor) => {
      await upload(link, 'c', 'b', bytesOf('0123456789'))
      actor.handle = (_, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error))
        })
      await link.ask('StartDownload', { ...blob, chunkSize: 2, context: '' })
      await actor.until(() => link.log.length > 0)
      t.is(actor.chunks.length, 1)
      t.is(link.log.at(-1)?.message, 'download ended early')
    },
    { DOWNLOAD_TIMEOUT_MS: '500' },
  )
  test(`${name} - disposal - ends what is under way`, async (t) => {
    await using subject = await open()
    const actor = new BlobActor()
    const link = await subject.link(actor.facts)
    await link.ask('CreateContainer', c)
    await upload(link, 'c', 'b', bytesOf('0123456789'))
    await link.ask('StartUpload', announcement('c', 'unfinished', 10, 4))
    await link.ask('PutObject', { ...c, id: 'u2', bytes: bytesOf('x'), offset: 0, isLast: false })
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    actor.handle = async () => {
      asked.resolve()
      await gate.promise
      return { cancel: false }
    }
    await link.ask('StartDownload', { ...blob, chunkSize: 2, context: '' })
    await asked.promise
    const disposal = link[Symbol.asyncDispose]()
    gate.resolve()
    await disposal
    t.is(actor.chunks.length, 1)
    await using again = await subject.link()
    t.deepEqual(await ids(again), ['b'])
  })
}
