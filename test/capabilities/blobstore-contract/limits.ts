/** What a link may fill, and how busy it may be. */
import { announcement, upload } from '../support/blob-actor.ts'
import { type BlobstoreSuite, blob, bytesOf } from './suite.ts'

export function testLimits({ it, refused, ids }: BlobstoreSuite): void {
  for (const [limit, values, wanted, asked] of [
    ['MAX_BLOB_BYTES', { MAX_BLOB_BYTES: '9' }, 10, announcement('c', 'b', 10, 4)],
    ['MAX_CHUNK_BYTES', { MAX_CHUNK_BYTES: '3' }, 4, announcement('c', 'b', 10, 4)],
    ['MAX_BYTES', { MAX_BYTES: '9' }, 10, announcement('c', 'b', 10, 4)],
  ] as const) {
    it(
      `${limit} - is what an upload may have`,
      async (t, { ask }) => {
        const allowed = wanted - 1
        const detail = { limit, wanted, allowed }
        await refused(t, () => ask('StartUpload', asked), 'ERR_BLOB_LIMIT', detail)
        const fits = announcement('c', 'b', allowed, Math.min(allowed, 3))
        await ask('StartUpload', fits)
      },
      values,
    )
  }
  it(
    'MAX_BYTES - counts what is there and what is under way, and forgets what is gone',
    async (t, link) => {
      const { ask } = link
      const full = (id: string): Promise<void> =>
        refused(t, () => ask('StartUpload', announcement('c', id, 4, 4)), 'ERR_BLOB_LIMIT', {
          limit: 'MAX_BYTES',
          wanted: 13,
          allowed: 12,
        })
      await upload(link, 'c', 'a', bytesOf('01234'))
      await ask('StartUpload', announcement('c', 'b', 4, 4))
      await full('d')
      await ask('RemoveObject', { container: 'c', id: 'a' })
      await upload(link, 'c', 'b', bytesOf('0123'))
      await upload(link, 'c', 'd', bytesOf('01234'))
      await full('e')
    },
    { MAX_BYTES: '12' },
  )
  it(
    'MAX_BLOBS - leaves room to replace blobs',
    async (t, link) => {
      await upload(link, 'c', 'a', bytesOf('1'))
      await upload(link, 'c', 'b', bytesOf('2'))
      await upload(link, 'c', 'b', bytesOf('3'))
      const more = announcement('c', 'd', 1, 1)
      const detail = { limit: 'MAX_BLOBS', wanted: 3, allowed: 2 }
      await refused(t, () => link.ask('StartUpload', more), 'ERR_BLOB_LIMIT', detail)
      await link.ask('RemoveObject', { container: 'c', id: 'a' })
      await upload(link, 'c', 'd', bytesOf('4'))
      t.deepEqual(await ids(link), ['b', 'd'])
    },
    { MAX_BLOBS: '2' },
  )
  it(
    'MAX_CONTAINERS - counts containers',
    async (t, { ask }) => {
      await ask('CreateContainer', { container: 'd' })
      const detail = { limit: 'MAX_CONTAINERS', wanted: 3, allowed: 2 }
      const asked = () => ask('CreateContainer', { container: 'e' })
      await refused(t, asked, 'ERR_BLOB_LIMIT', detail)
      await ask('CreateContainer', { container: 'd' })
      await ask('RemoveContainer', { container: 'd' })
      await ask('CreateContainer', { container: 'e' })
    },
    { MAX_CONTAINERS: '2' },
  )
  it(
    'MAX_UPLOADS - counts uploads that are under way',
    async (t, link) => {
      const { ask } = link
      await ask('StartUpload', announcement('c', 'a', 1, 1))
      await ask('StartUpload', announcement('c', 'a', 2, 1))
      const part = { ...blob, bytes: bytesOf('x'), offset: 0, isLast: false }
      await ask('PutObject', part)
      const detail = { limit: 'MAX_UPLOADS', wanted: 3, allowed: 2 }
      const more = announcement('c', 'd', 1, 1)
      await refused(t, () => ask('StartUpload', more), 'ERR_BLOB_LIMIT', detail)
      await upload(link, 'c', 'a', bytesOf('x'))
      await upload(link, 'c', 'd', bytesOf('x'))
    },
    { MAX_UPLOADS: '2' },
  )
  it(
    'MAX_DOWNLOADS - counts downloads that are under way',
    async (t, link, actor) => {
      await upload(link, 'c', 'b', bytesOf('x'))
      const gate = Promise.withResolvers<void>()
      actor.handle = async () => {
        await gate.promise
        return { cancel: false }
      }
      const asked = { ...blob, chunkSize: 2, context: '' }
      await link.ask('StartDownload', asked)
      await link.ask('StartDownload', asked)
      const detail = { limit: 'MAX_DOWNLOADS', wanted: 3, allowed: 2 }
      await refused(t, () => link.ask('StartDownload', asked), 'ERR_BLOB_LIMIT', detail)
      gate.resolve()
      await actor.handled(2)
      for (let round = 0; round < 4; round++) {
        await t.throwsAsync(async () => link.ask('StartDownload', { ...asked, id: 'none' }))
      }
      await actor.until(() => link.log.length === 0)
      await link.ask('StartDownload', asked)
      await actor.handled(3)
    },
    { MAX_DOWNLOADS: '2' },
  )
}
