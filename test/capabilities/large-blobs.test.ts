/** Blobs of a hundred megabytes, which never are in memory as a whole. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { fileBlobstoreProvider } from '../../capabilities/file-blobstore/index.ts'
import { s3BlobstoreProvider } from '../../capabilities/s3-blobstore/index.ts'
import { startS3 } from '../support/s3-server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { announcement, BlobActor } from './support/blob-actor.ts'
import { linkProvider } from './support/linked-provider.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const mebibyte = 2 ** 20
const parts = 100

for (const [name, provider, mostGrowth] of [
  ['file-blobstore', fileBlobstoreProvider(), 40],
  // A part of an upload is 5 MiB, and the server is in this process too.
  ['s3-blobstore', s3BlobstoreProvider(), 80],
] as const) {
  test.serial(`${name} - takes and gives ${parts} MiB in little memory`, async (t) => {
    await using folder = await temporaryFolder()
    await using s3 = await startS3()
    const values = provider.name === 's3-blobstore' ? s3.values : { ROOT: folder.path }
    const actor = new BlobActor()
    await using link = await linkProvider(provider, { ...actor.facts, values })
    await link.ask('CreateContainer', { container: 'c' })
    // What is in use, that is: how much the process has depends on when garbage is collected.
    const used = (): number => {
      collectGarbage()
      return process.memoryUsage().arrayBuffers
    }
    const before = used()
    let most = before
    const look = (part: number): void => {
      if (part % 7 === 0) most = Math.max(most, used())
    }

    const whole = announcement('c', 'b', parts * mebibyte, mebibyte)
    await link.ask('StartUpload', whole)
    const bytes = Buffer.alloc(mebibyte)
    for (let sequenceNo = 0; sequenceNo < parts; sequenceNo++) {
      bytes.fill(sequenceNo)
      await link.ask('UploadChunk', { ...whole, sequenceNo, bytes })
      look(sequenceNo)
    }
    let right = 0
    actor.handle = (chunk) => {
      if (Buffer.alloc(mebibyte, chunk.sequenceNo).equals(chunk.bytes)) right++
      actor.chunks.length = 0
      look(chunk.sequenceNo)
      return { cancel: false }
    }
    await link.ask('StartDownload', { container: 'c', id: 'b', chunkSize: mebibyte, context: '' })
    await actor.until(() => right === parts || link.log.length > 0)
    t.is(right, parts)
    const growth = Math.round((most - before) / mebibyte)
    t.log(`${growth} MiB`)
    t.true(growth < mostGrowth, `grew by ${growth} MiB`)
  })
}
