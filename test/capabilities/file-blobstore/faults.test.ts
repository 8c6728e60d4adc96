/** Processes that end in the middle, and disks that take no more. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test from 'ava'
import { fileBlobstoreProvider } from '../../../capabilities/file-blobstore/index.ts'
import { seededRandom } from '../../fuzz/random.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { announcement, BlobActor } from '../support/blob-actor.ts'
import { linkProvider } from '../support/linked-provider.ts'

const uploader = join(import.meta.dirname, 'support/uploader.ts')
const folderOf = (root: string): string => join(root, 'links/%4d%41/default')
const everything = { container: 'c', startWith: '', after: '', before: '', maxBlobs: 0 }

/** What the store holds in blob `b`, read by a provider that has just started. */
async function readBack(root: string): Promise<{ ids: string[]; bytes: Buffer }> {
  const actor = new BlobActor()
  await using link = await linkProvider(fileBlobstoreProvider(), {
    ...actor.facts,
    values: { ROOT: root },
  })
  const { blobs } = await link.ask('ListObjects', everything)
  await link.ask('StartDownload', { container: 'c', id: 'b', chunkSize: 0, context: '' })
  return { ids: blobs.map(({ id }) => id), bytes: await actor.blob() }
}

test('kill -9 - leaves one whole version of a blob, and nothing of an upload (seed 3)', async (t) => {
  const random = seededRandom(3)
  await using folder = await temporaryFolder()
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, [uploader, folder.path, 'versions'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    const versions = 1 + random.next(20)
    let seen = 0
    for await (const line of createInterface(child.stdout)) {
      seen = Number(line)
      if (seen === versions) child.kill('SIGKILL')
    }
    await exited
    t.true((await readdir(join(folderOf(folder.path), 'uploads'))).length > 0)

    const { ids, bytes } = await readBack(folder.path)
    t.deepEqual(ids, ['b'])
    const version = bytes[0] ?? 0
    t.true(version >= seen && version <= seen + 1, `${version} after ${seen}`)
    t.deepEqual(bytes, Buffer.alloc(64 * 1024, version))
    t.deepEqual(await readdir(join(folderOf(folder.path), 'uploads')), [])
  }
})

test('a full disk - is an error, and leaves what was there', async (t) => {
  await using folder = await temporaryFolder()
  // 64 KiB: what the shell counts in is a kibibyte.
  const limited = `ulimit -f 64; exec "$0" "$@"`
  const command = [limited, process.execPath, uploader, folder.path, 'sizes']
  const child = spawn('bash', ['-c', ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) lines.push(line)
  await exited
  t.deepEqual(JSON.parse(lines[0] ?? ''), {
    code: 'ERR_BLOB_STORE',
    detail: { operation: 'write a blob', reason: 'EFBIG' },
  })
  const { ids, bytes } = await readBack(folder.path)
  t.deepEqual(ids, ['b'])
  t.deepEqual(bytes, Buffer.alloc(32 * 1024, 1))
})

test('uploads of others - are cleared away only where their process is over', async (t) => {
  await using folder = await temporaryFolder()
  const provider = fileBlobstoreProvider()
  const values = { ROOT: folder.path, STORE: 's' }
  await using link = await linkProvider(provider, { values })
  await link.ask('CreateContainer', { container: 'c' })
  await link.ask('StartUpload', announcement('c', 'b', 4, 4))
  const uploads = join(folder.path, 'stores/s/uploads')
  const run = '11111111-2222-4333-8444-555555555555'
  const over = spawn(process.execPath, ['-e', ''])
  await once(over, 'exit')
  const left = [`${over.pid}-${run}-${run}.part`, `${process.pid}-${run}-${run}.part`]
  const kept = [`${process.ppid}-${run}-${run}.part`, 'mine.txt']
  for (const name of [...left, ...kept]) await writeFile(join(uploads, name), '')

  await using _other = await linkProvider(fileBlobstoreProvider(), { values })
  const names = await readdir(uploads)
  t.is(names.length, 3)
  t.deepEqual(
    kept.filter((name) => names.includes(name)),
    kept,
  )
})
