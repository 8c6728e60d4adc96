/** What becomes of blobs in a bucket, and what the bucket held before. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'ava'
import { s3BlobstoreProvider } from '../../../capabilities/s3-blobstore/index.ts'
import { type S3Server, startS3 } from '../../support/s3-server.ts'
import { announcement, BlobActor, upload } from '../support/blob-actor.ts'
import { linkProvider, valueProblems } from '../support/linked-provider.ts'

const mebibyte = 2 ** 20
const everything = { container: 'c', startWith: '', after: '', before: '', maxBlobs: 0 }

async function linkTo(server: S3Server, values: Readonly<Record<string, string>> = {}) {
  const actor = new BlobActor()
  const link = await linkProvider(s3BlobstoreProvider(), {
    ...actor.facts,
    values: { ...server.values, ...values },
  })
  return { ...link, actor }
}

/** Puts an object into the bucket behind everybody's back. */
async function place({ folder, bucket }: S3Server, key: string, text: string): Promise<void> {
  const path = join(folder, bucket, `${key}._S3rver_object`)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

const partsFolder = ({ folder, bucket }: S3Server): string =>
  join(folder, bucket, '._S3rver_uploads')

test('blobs - of several parts are uploaded part by part', async (t) => {
  await using server = await startS3()
  await using link = await linkTo(server)
  await link.ask('CreateContainer', { container: 'c' })
  for (const size of [5 * mebibyte, 5 * mebibyte + 1, 12 * mebibyte]) {
    const bytes = Buffer.from(Array.from({ length: size }, (_, index) => (index * 7) % 253))
    await upload(link, 'c', `b${size}`, bytes, 700_000)
    link.actor.chunks.length = 0
    const asked = { container: 'c', id: `b${size}`, chunkSize: mebibyte, context: '' }
    await link.ask('StartDownload', asked)
    t.true(bytes.equals(await link.actor.blob()))
  }
})

test('an upload that is given up - leaves nothing on the server', async (t) => {
  await using server = await startS3()
  await using link = await linkTo(server)
  await link.ask('CreateContainer', { container: 'c' })
  const bytes = new Uint8Array(mebibyte)
  const whole = announcement('c', 'b', 20 * mebibyte, mebibyte)
  await link.ask('StartUpload', whole)
  for (let sequenceNo = 0; sequenceNo < 7; sequenceNo++) {
    await link.ask('UploadChunk', { ...whole, sequenceNo, bytes })
  }
  t.is((await readdir(partsFolder(server))).length, 1)
  await link[Symbol.asyncDispose]()
  const left = existsSync(partsFolder(server)) ? await readdir(partsFolder(server)) : []
  t.deepEqual(left, [])
})

test('PREFIX - is shared by links that give it, and shows what the bucket held before', async (t) => {
  await using server = await startS3()
  await place(server, 'team/photos/2026/cat.png', 'miau')
  await place(server, 'team/photos/not one of ours', 'x')
  await place(server, 'team/loose', 'x')
  await place(server, 'other/dog.png', 'wuff')
  await using one = await linkTo(server, { PREFIX: 'team' })
  t.deepEqual(await one.ask('ListContainers', {}), { containers: ['photos'] })
  t.deepEqual(await one.ask('ListObjects', { ...everything, container: 'photos' }), {
    blobs: [{ container: 'photos', id: '2026/cat.png', byteSize: 4 }],
    continuation: '',
  })
  await upload(one, 'photos', 'b', Buffer.from('x'))
  await using other = await linkTo(server, { PREFIX: 'team/' })
  t.deepEqual(await other.ask('ObjectExists', { container: 'photos', id: 'b' }), { exists: true })
  await using bucket = await linkTo(server, { PREFIX: '/' })
  const { containers } = await bucket.ask('ListContainers', {})
  t.deepEqual([...containers].sort(), ['other', 'team'])
  t.deepEqual(one.info, { endpoint: server.url, bucket: server.bucket, prefix: 'team/' })
})

test('listings - go on where one answer of the server is not enough', async (t) => {
  await using server = await startS3()
  const ids = Array.from({ length: 1100 }, (_, index) => `b${String(index).padStart(4, '0')}`)
  for (const id of ids) await place(server, `team/c/${id}`, '')
  await using link = await linkTo(server, { PREFIX: 'team' })
  const { blobs } = await link.ask('ListObjects', everything)
  t.deepEqual(
    blobs.map(({ id }) => id),
    ids,
  )
  const page = await link.ask('ListObjects', { ...everything, after: 'b0999', maxBlobs: 3 })
  t.deepEqual(
    page.blobs.map(({ id }) => id),
    ['b1000', 'b1001', 'b1002'],
  )
  t.is(page.continuation, 'b1002')
})

test('limits - count what the bucket held before, and nothing unless they are given', async (t) => {
  await using server = await startS3()
  await place(server, 'team/photos/a', '01234')
  await place(server, 'team/songs/b', '01234')
  for (const [values, limit, wanted] of [
    [{ MAX_BYTES: '12' }, 'MAX_BYTES', 13],
    [{ MAX_BLOBS: '2' }, 'MAX_BLOBS', 3],
    [{ MAX_CONTAINERS: '2' }, 'MAX_CONTAINERS', 3],
  ] as const) {
    await using link = await linkTo(server, { PREFIX: 'team', ...values })
    const asked = async () => {
      if (limit === 'MAX_CONTAINERS') await link.ask('CreateContainer', { container: 'x' })
      await link.ask('StartUpload', announcement('songs', 'c', 3, 3))
    }
    const error = await t.throwsAsync(asked, { code: 'ERR_BLOB_LIMIT' })
    t.like(error, { detail: { limit, wanted, allowed: wanted - 1 } })
  }
  await using link = await linkTo(server, { PREFIX: 'team' })
  await link.ask('StartUpload', announcement('songs', 'c', 1000, 3))
})

test('values - are refused by name, and never shown where they are secret', async (t) => {
  const provider = s3BlobstoreProvider()
  const good = { BUCKET: 'things', ACCESS_KEY_ID: 'id', SECRET_ACCESS_KEY: 'hush' }
  t.deepEqual(await valueProblems(provider, good), [])
  t.deepEqual(await valueProblems(provider, {}), [
    'BUCKET: is missing: an S3 link needs the name of a bucket that exists',
    'ACCESS_KEY_ID: is missing: an S3 link needs a key to ask the server with',
    'SECRET_ACCESS_KEY: is missing: an S3 link needs the secret of its key',
  ])
  for (const [values, problem] of [
    [{ ENDPOINT: 'ftp://h' }, /^ENDPOINT: is not the URL of a server/],
    [{ ENDPOINT: 'https://me:hush@h' }, /^ENDPOINT: is not the URL of a server/],
    [{ ENDPOINT: 'https://h/?a=b' }, /^ENDPOINT: is not the URL of a server/],
    [{ BUCKET: 'Things' }, /^BUCKET: "Things" is not a bucket's name/],
    [{ BUCKET: '../x' }, /^BUCKET: "..\/x" is not a bucket's name/],
    [{ REGION: 'a/b' }, /^REGION: "a\/b" is not a region/],
    [{ SECRET_ACCESS_KEY: 'hush hush' }, /^SECRET_ACCESS_KEY: is not a key/],
    [
      { ENDPOINT: 'http://127.0.0.1:9000', PATH_STYLE: 'false' },
      /^PATH_STYLE: .*127\.0\.0\.1:9000.*true/,
    ],
    [{ ENDPOINT: 'http://[::1]:9000', PATH_STYLE: 'false' }, /^PATH_STYLE: .*true/],
    [{ PATH_STYLE: 'yes' }, /^PATH_STYLE: "yes" is not one of true, false/],
    [{ PREFIX: '../x' }, /^PREFIX: "..\/x" is not a prefix/],
    [{ PREFIX: 'a//b' }, /^PREFIX: "a\/\/b" is not a prefix/],
    [{ PART_BYTES: '1000' }, /^PART_BYTES: "1000" is not a whole number from 5242880/],
  ] as const) {
    const [line = ''] = await valueProblems(provider, { ...good, ...values })
    t.regex(line, problem)
    t.notRegex(line, /hush/)
  }
})
