/**
 * A process that uploads, for tests that end it: `node uploader.ts ROOT versions` replaces blob `b` with
 * version after version, each of 64 KiB of one byte, and leaves another upload unfinished;
 * `node uploader.ts ROOT sizes` uploads 32 KiB, then 128 KiB, and says what came of it.
 */
import { fileBlobstoreProvider } from '../../../../capabilities/file-blobstore/index.ts'
import { announcement, partsOf, upload } from '../../support/blob-actor.ts'
import { linkProvider } from '../../support/linked-provider.ts'

const [root = '', what] = process.argv.slice(2)
// Its default is to end the process, which would hide the error that the write gives.
process.on('SIGXFSZ', () => undefined)
const link = await linkProvider(fileBlobstoreProvider(), { values: { ROOT: root } })
await link.ask('CreateContainer', { container: 'c' })
const size = 64 * 1024

if (what === 'versions') {
  await link.ask('StartUpload', announcement('c', 'unfinished', 2 * size, size))
  const [part] = partsOf('c', 'unfinished', new Uint8Array(2 * size), size)
  if (part) await link.ask('UploadChunk', part)
  for (let version = 1; ; version++) {
    await upload(link, 'c', 'b', new Uint8Array(size).fill(version % 256), 8192)
    process.stdout.write(`${version}\n`)
  }
}

await upload(link, 'c', 'b', new Uint8Array(size / 2).fill(1), 8192)
try {
  await upload(link, 'c', 'b', new Uint8Array(size * 2).fill(2), 8192)
  process.stdout.write('all was uploaded\n')
} catch (error) {
  const { code, detail } = error as { code: unknown; detail: unknown }
  process.stdout.write(`${JSON.stringify({ code, detail })}\n`)
}
