/** What somebody put into the folder of a store who can write to it. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { link as hardLink, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { fileBlobstoreProvider } from '../../../capabilities/file-blobstore/index.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { BlobActor, upload } from '../support/blob-actor.ts'
import { linkProvider } from '../support/linked-provider.ts'

const everything = { container: 'c', startWith: '', after: '', before: '', maxBlobs: 0 }

/** A store with an empty container, the container's folder, and a secret elsewhere. */
async function plantedStore() {
  const folder = await temporaryFolder()
  const root = join(folder.path, 'root')
  const secret = join(folder.path, 'secret')
  await writeFile(secret, 'secret')
  const actor = new BlobActor()
  const open = () =>
    linkProvider(fileBlobstoreProvider(), {
      ...actor.facts,
      values: { ROOT: root, STORE: 's' },
    })
  const link = await open()
  await link.ask('CreateContainer', { container: 'c' })
  return {
    ...link,
    root,
    secret,
    actor,
    open,
    store: join(root, 'stores/s'),
    inside: (name: string) => join(root, 'stores/s/containers/c', name),
    [Symbol.asyncDispose]: async () => {
      await link[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

type Planted = Awaited<ReturnType<typeof plantedStore>>

const plants: Readonly<Record<string, (store: Planted, path: string) => Promise<unknown>>> = {
  'a symbolic link to a file': ({ secret }, path) => symlink(secret, path),
  'a symbolic link to a folder': ({ root }, path) => symlink(root, path),
  'a symbolic link to itself': (_, path) => symlink(path, path),
  'a symbolic link to nothing': (_, path) => symlink('/nowhere/at/all', path),
  'a symbolic link to a device': (_, path) => symlink('/dev/zero', path),
  'a second name of a file': ({ secret }, path) => hardLink(secret, path),
  'a FIFO': async (_, path) => execFileSync('mkfifo', [path]),
  'a folder': (_, path) => mkdir(path),
}

for (const [what, plant] of Object.entries(plants)) {
  test(`planted - ${what} in the place of a blob does not exist`, async (t) => {
    await using store = await plantedStore()
    const { ask } = store
    const blob = { container: 'c', id: 'b' }
    await plant(store, store.inside('b'))

    t.deepEqual(await ask('ObjectExists', blob), { exists: false })
    t.deepEqual(await ask('ListObjects', everything), { blobs: [], continuation: '' })
    await t.throwsAsync(async () => ask('StartDownload', { ...blob, chunkSize: 0, context: '' }), {
      code: 'ERR_BLOB_NOT_FOUND',
    })
    await ask('RemoveObject', blob)
    await t.throwsAsync(async () => ask('RemoveContainer', { container: 'c' }), {
      code: 'ERR_CONTAINER_NOT_EMPTY',
    })
    if (what === 'a folder') {
      await t.throwsAsync(() => upload(store, 'c', 'b', Buffer.from('mine')), {
        code: 'ERR_BLOB_STORE',
      })
    } else {
      await upload(store, 'c', 'b', Buffer.from('mine'))
      t.deepEqual(await ask('ObjectExists', blob), { exists: true })
      t.is(await readFile(store.inside('b'), 'utf8'), 'mine')
    }
    t.is(await readFile(store.secret, 'utf8'), 'secret')
    await using again = await store.open()
    t.deepEqual(await again.ask('ListContainers', {}), { containers: ['c'] })
  })
}

test('planted - a socket in the place of a blob does not exist', async (t) => {
  await using store = await plantedStore()
  const server = createServer().listen(store.inside('b'))
  await once(server, 'listening')
  t.deepEqual(await store.ask('ObjectExists', { container: 'c', id: 'b' }), { exists: false })
  t.deepEqual(await store.ask('ListObjects', everything), { blobs: [], continuation: '' })
  server.close()
  await once(server, 'close')
})

test('planted - a link in the place of a container leads nowhere', async (t) => {
  await using store = await plantedStore()
  const { ask } = store
  const elsewhere = join(store.root, 'elsewhere')
  await mkdir(elsewhere)
  await writeFile(join(elsewhere, 'b'), 'secret')
  await symlink(elsewhere, join(store.store, 'containers/d'))
  const d = { container: 'd' }

  t.deepEqual(await ask('ContainerExists', d), { exists: false })
  t.deepEqual(await ask('ListContainers', {}), { containers: ['c'] })
  await t.throwsAsync(async () => ask('ListObjects', { ...everything, ...d }), {
    code: 'ERR_BLOB_NOT_FOUND',
  })
  await t.throwsAsync(() => upload(store, 'd', 'b', Buffer.from('x')), {
    code: 'ERR_BLOB_NOT_FOUND',
  })
  await t.throwsAsync(async () => ask('CreateContainer', d), { code: 'ERR_BLOB_STORE' })
  await ask('RemoveObject', { ...d, id: 'b' })
  await ask('RemoveContainers', { containers: ['d'] })
  t.is(await readFile(join(elsewhere, 'b'), 'utf8'), 'secret')
})

test('planted - a link in the place of a folder of ours keeps the store shut', async (t) => {
  for (const path of ['stores', 'stores/s', 'stores/s/containers', 'stores/s/uploads']) {
    await using folder = await temporaryFolder()
    const elsewhere = join(folder.path, 'elsewhere')
    const root = join(folder.path, 'root')
    await mkdir(elsewhere)
    await mkdir(join(root, path, '..'), { recursive: true })
    await symlink(elsewhere, join(root, path))
    await t.throwsAsync(
      () => linkProvider(fileBlobstoreProvider(), { values: { ROOT: root, STORE: 's' } }),
      { code: 'ERR_BLOB_STORE' },
      path,
    )
  }
})

test('planted - files that no name stands for are left alone', async (t) => {
  await using store = await plantedStore()
  for (const name of ['README', 'A', '.hidden', 'a b', `~${'0'.repeat(64)}`, 'con', '%61']) {
    await writeFile(store.inside(name), 'x'.repeat(100))
  }
  await upload(store, 'c', 'b', Buffer.from('mine'))
  const { blobs } = await store.ask('ListObjects', everything)
  t.deepEqual(blobs, [{ container: 'c', id: 'b', byteSize: 4 }])
})

test('planted - a blob that grows shorter ends its download with an error', async (t) => {
  await using store = await plantedStore()
  await upload(store, 'c', 'b', Buffer.alloc(100), 50)
  store.actor.handle = async () => {
    await writeFile(store.inside('b'), '')
    return { cancel: false }
  }
  await store.ask('StartDownload', { container: 'c', id: 'b', chunkSize: 50, context: '' })
  await store.actor.until(() => store.log.length > 0)
  t.is(store.actor.chunks.length, 1)
  t.like(store.log[0]?.facts['error'], {
    code: 'ERR_BLOB_STORE',
    detail: { reason: 'it has become shorter' },
  })
})
