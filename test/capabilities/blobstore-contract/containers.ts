/** Containers, and what is in them. */
import { announcement, upload } from '../support/blob-actor.ts'
import { type BlobstoreSuite, blob, bytesOf, c, first } from './suite.ts'

export function testContainers({ it, refused, ids, test, name, open }: BlobstoreSuite): void {
  it('CreateContainer - makes a container once, and answers its name', async (t, { ask }) => {
    t.deepEqual(await ask('CreateContainer', { container: 'd' }), { container: 'd' })
    t.deepEqual(await ask('CreateContainer', { container: 'd' }), { container: 'd' })
    const { containers } = await ask('ListContainers', {})
    t.deepEqual([...containers].sort(), ['c', 'd'])
    t.deepEqual(await ask('ContainerExists', { container: 'd' }), { exists: true })
    t.deepEqual(await ask('ContainerExists', { container: 'e' }), { exists: false })
    t.deepEqual(await ask('GetContainerInfo', { container: 'd' }), { container: 'd' })
  })
  it('RemoveObject - removes a blob, and knows nothing of one that is gone', async (t, link) => {
    await upload(link, 'c', 'b', bytesOf('x'))
    await link.ask('RemoveObject', blob)
    await link.ask('RemoveObject', blob)
    await link.ask('RemoveObject', { container: 'nowhere', id: 'b' })
    t.deepEqual(await ids(link), [])
    t.deepEqual(await link.ask('GetObjectInfo', { ...blob, absent: 'empty' }), {
      exists: false,
      ...blob,
      byteSize: 0,
    })
    const asked = () => link.ask('GetObjectInfo', { ...blob, absent: 'error' })
    await refused(t, asked, 'ERR_BLOB_NOT_FOUND', blob)
  })
  it('RemoveContainer - removes one that is empty, and only that', async (t, link) => {
    await upload(link, 'c', 'b', bytesOf('x'))
    await refused(t, () => link.ask('RemoveContainer', c), 'ERR_CONTAINER_NOT_EMPTY', c)
    await link.ask('RemoveObject', blob)
    await link.ask('RemoveContainer', c)
    await link.ask('RemoveContainer', c)
    t.deepEqual(await link.ask('ContainerExists', c), { exists: false })
    t.deepEqual(await link.ask('ListContainers', {}), { containers: [] })
  })
  it('RemoveContainers - removes containers with what is in them', async (t, link) => {
    for (const id of ['a', 'b', 'x/y']) await upload(link, 'c', id, bytesOf(id))
    const asked = { containers: ['c', 'nowhere', ''] }
    const { failures } = await link.ask('RemoveContainers', asked)
    t.like(failures, { 0: { key: '' }, length: 1 })
    t.deepEqual(await link.ask('ContainerExists', c), { exists: false })
  })
  it('RemoveObjects - removes blobs, and says which it could not remove', async (t, link) => {
    for (const id of ['a', 'b', 'd']) await upload(link, 'c', id, bytesOf(id))
    const { failures } = await link.ask('RemoveObjects', { ...c, ids: ['a', '', 'x', 'd'] })
    t.like(failures, { 0: { key: '' }, length: 1 })
    t.deepEqual(await ids(link), ['b'])
  })
  it('every operation - says that there is no such container', async (t, { ask }) => {
    const nowhere = { container: 'nowhere', id: 'b' }
    const detail = { container: 'nowhere' }
    const code = 'ERR_BLOB_NOT_FOUND'
    await refused(t, () => ask('GetContainerInfo', nowhere), code, detail)
    await refused(t, () => ask('ListObjects', { ...nowhere, ...first }), code, detail)
    await refused(t, () => ask('StartUpload', announcement('nowhere', 'b', 1, 1)), code, detail)
    const whole = { ...nowhere, chunkSize: 1, context: '' }
    await refused(t, () => ask('StartDownload', whole), code, detail)
    const range = { ...nowhere, start: 0, end: 0 }
    await refused(t, () => ask('GetObject', range), code, detail)
    const part = { ...nowhere, bytes: bytesOf('x'), offset: 0, isLast: true }
    await refused(t, () => ask('PutObject', part), code, detail)
    t.deepEqual(await ask('ObjectExists', nowhere), { exists: false })
  })
  it('names - may be anything from 1 to 1024 bytes', async (t, { ask }) => {
    for (const wrong of ['', 'x'.repeat(1025), 'é'.repeat(513)]) {
      const detail = { name: wrong }
      const code = 'ERR_BLOB_NAME'
      await refused(t, () => ask('CreateContainer', { container: wrong }), code, detail)
      await refused(t, () => ask('StartUpload', announcement('c', wrong, 1, 1)), code, detail)
      await refused(t, () => ask('StartUpload', announcement(wrong, 'b', 1, 1)), code, detail)
      await refused(t, () => ask('RemoveObject', { ...blob, id: wrong }), code, detail)
    }
  })
  test(`${name} - links - keep apart what they store`, async (t) => {
    await using subject = await open()
    for (const facts of [{}, { actor: 'MB' }, { linkName: 'other' }]) {
      await using link = await subject.link(facts)
      t.deepEqual(await link.ask('ListContainers', {}), { containers: [] })
      await link.ask('CreateContainer', c)
      t.deepEqual(await ids(link), [])
      await upload(link, 'c', 'b', bytesOf('x'))
    }
    await using again = await subject.link({ linkName: 'other' })
    t.deepEqual(await ids(again), ['b'])
  })
  it('ListObjects - lists in pages, and what starts with a prefix', async (t, link) => {
    const all = ['a', 'b/1', 'b/2', 'b/3', 'b4', 'c', 'É']
    for (const id of all) await upload(link, 'c', id, bytesOf(id))
    const seen: string[] = []
    for (let after = ''; ; ) {
      const page = await link.ask('ListObjects', { ...c, ...first, after, maxBlobs: 2 })
      t.true(page.blobs.length <= 2)
      seen.push(...page.blobs.map(({ id }) => id))
      after = page.continuation
      if (after === '') break
    }
    t.deepEqual(seen.toSorted(), all.toSorted())
    const listed = async (request: object): Promise<string[]> => {
      const { blobs } = await link.ask('ListObjects', { ...c, ...first, ...request })
      return blobs.map(({ id }) => id).sort()
    }
    t.deepEqual(await listed({ startWith: 'b/' }), ['b/1', 'b/2', 'b/3'])
    t.deepEqual(await listed({ startWith: 'b', before: 'b/3' }), ['b/1', 'b/2'])
    t.deepEqual(await listed({ startWith: 'É' }), ['É'])
    t.deepEqual(await listed({ startWith: 'x' }), [])
  })
}
