import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { fileBlobstoreProvider } from '../../../capabilities/file-blobstore/index.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { announcement, upload } from '../support/blob-actor.ts'
import { linkProvider, valueProblems } from '../support/linked-provider.ts'

const everything = { container: 'c', startWith: '', after: '', before: '', maxBlobs: 0 }

test('STORE - is shared by links that name it, limits included', async (t) => {
  await using folder = await temporaryFolder()
  const provider = fileBlobstoreProvider()
  const values = { ROOT: folder.path, STORE: 'both', MAX_BYTES: '8' }
  await using one = await linkProvider(provider, { values })
  await using other = await linkProvider(provider, { values, actor: 'MB', linkName: 'x' })
  await one.ask('CreateContainer', { container: 'c' })
  await upload(one, 'c', 'b', Buffer.from('01234'))
  const { blobs } = await other.ask('ListObjects', everything)
  t.deepEqual(blobs, [{ container: 'c', id: 'b', byteSize: 5 }])
  await t.throwsAsync(async () => other.ask('StartUpload', announcement('c', 'd', 4, 4)), {
    code: 'ERR_BLOB_LIMIT',
  })
  t.deepEqual(one.info, { root: folder.path, store: 'both' })
})

test('limits - count what was there before, long names included', async (t) => {
  await using folder = await temporaryFolder()
  const values = { ROOT: folder.path, MAX_BYTES: '10', MAX_BLOBS: '2', MAX_CONTAINERS: '1' }
  {
    await using link = await linkProvider(fileBlobstoreProvider(), { values })
    await link.ask('CreateContainer', { container: 'c'.repeat(1000) })
    await upload(link, 'c'.repeat(1000), 'b'.repeat(1000), Buffer.from('01234'))
  }
  await using link = await linkProvider(fileBlobstoreProvider(), { values })
  const limited = async (limit: string, asked: () => unknown): Promise<void> => {
    const error = await t.throwsAsync(async () => asked(), { code: 'ERR_BLOB_LIMIT' })
    t.like(error, { detail: { limit } })
  }
  await limited('MAX_CONTAINERS', () => link.ask('CreateContainer', { container: 'd' }))
  const more = announcement('c'.repeat(1000), 'd', 6, 6)
  await limited('MAX_BYTES', () => link.ask('StartUpload', more))
  await upload(link, 'c'.repeat(1000), 'd', Buffer.from('01234'))
  await limited('MAX_BLOBS', () => link.ask('StartUpload', { ...more, id: 'e', totalBytes: 0 }))
})

test('folders and files - are for the host alone', async (t) => {
  await using folder = await temporaryFolder()
  const root = join(folder.path, 'a/b')
  await using link = await linkProvider(fileBlobstoreProvider(), {
    values: { ROOT: root },
    actor: `M${'A'.repeat(55)}`,
  })
  await link.ask('CreateContainer', { container: 'c' })
  await upload(link, 'c', 'b', Buffer.from('x'))
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  t.is(entries.filter((entry) => entry.isFile()).length, 1)
  for (const entry of entries) {
    const { mode } = await stat(join(entry.parentPath, entry.name))
    t.is(mode & 0o777, entry.isFile() ? 0o600 : 0o700, entry.name)
  }
  t.true(entries.some(({ name }) => name === `m${'a'.repeat(55)}`))
})

test('ROOT - may be a link of the operator, and must be a folder', async (t) => {
  await using folder = await temporaryFolder()
  const real = join(folder.path, 'real')
  const linked = join(folder.path, 'linked')
  const file = join(folder.path, 'file')
  await mkdir(real)
  await symlink(real, linked)
  await writeFile(file, '')
  await using link = await linkProvider(fileBlobstoreProvider(), { values: { ROOT: linked } })
  await link.ask('CreateContainer', { container: 'c' })
  t.deepEqual(await readdir(real), ['links'])
  for (const ROOT of [file, join(file, 'below'), '/dev/null/x']) {
    await t.throwsAsync(() => linkProvider(fileBlobstoreProvider(), { values: { ROOT } }), {
      code: 'ERR_BLOB_STORE',
    })
  }
})

test('values - are refused by name', async (t) => {
  const provider = fileBlobstoreProvider()
  for (const [values, problem] of [
    [{ ROOT: '' }, /^ROOT: "" is not a folder/],
    [{ ROOT: 'a\0b' }, /^ROOT: "a\\u0000b" is not a folder/],
    [{ STORE: '../x' }, /^STORE: "\.\.\/x" is not a store's name/],
    [{ MAX_BYTES: '0' }, /^MAX_BYTES: "0" is not a whole number from 1/],
    [{ MAX_CHUNK_BYTES: '1e6' }, /^MAX_CHUNK_BYTES: "1e6" is not a whole number/],
    [{ UPLOAD_TIMEOUT_MS: '5' }, /^UPLOAD_TIMEOUT_MS: "5" is not a whole number from 10/],
    [{ root: '/tmp' }, /unknown key "root"; there are ROOT, STORE, MAX_BYTES/],
  ] as const) {
    const [line = ''] = await valueProblems(provider, values)
    t.regex(line, problem)
  }
  t.deepEqual(await valueProblems(provider, {}), [])
})
