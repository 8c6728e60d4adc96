/** Names and parts that nobody would send by mistake. */
import type { FileChunk } from '../../../contracts/index.ts'
import { hostileNames } from '../../support/hostile-names.ts'
import { seededRandom } from '../../fuzz/random.ts'
import { announcement, BlobActor, partsOf } from '../support/blob-actor.ts'
import { type BlobstoreSuite, bytesOf, c, first } from './suite.ts'

export function testHostileInput({ ids, test, name, open }: BlobstoreSuite): void {
  test(`${name} - names - lead to nothing but their own blobs: ${hostileNames.length} of them`, async (t) => {
    t.timeout(120_000)
    await using subject = await open()
    await using link = await subject.link({ values: { MAX_CONTAINERS: '1000' } })
    const { ask } = link
    await ask('CreateContainer', c)
    for (const id of hostileNames) {
      const part = { ...c, id, bytes: bytesOf(id), offset: 0, isLast: true }
      await ask('PutObject', part)
    }
    const { blobs } = await ask('ListObjects', { ...c, ...first })
    t.deepEqual(blobs.map(({ id }) => id).toSorted(), hostileNames.toSorted())
    for (const id of hostileNames) {
      const { first: got } = await ask('GetObject', { ...c, id, start: 0, end: 2000 })
      if (Buffer.from(got.bytes).toString() !== id) t.fail(JSON.stringify(id))
      await ask('RemoveObject', { ...c, id })
    }
    t.deepEqual(await ids(link), [])
    await ask('RemoveContainer', c)

    const part = { id: 'b', bytes: bytesOf('x'), offset: 0, isLast: true }
    for (const container of hostileNames) {
      await ask('CreateContainer', { container })
      await ask('PutObject', { ...part, container })
    }
    const { containers } = await ask('ListContainers', {})
    t.deepEqual([...containers].toSorted(), hostileNames.toSorted())
    const { failures } = await ask('RemoveContainers', { containers: hostileNames })
    t.deepEqual(failures, [])
    t.deepEqual(await ask('ListContainers', {}), { containers: [] })
  })
  test(`${name} - uploads - end as one whole blob or in an error, whatever comes (seed 7)`, async (t) => {
    const random = seededRandom(7)
    await using subject = await open()
    const actor = new BlobActor()
    await using link = await subject.link({ ...actor.facts, values: { MAX_UPLOADS: '100' } })
    await link.ask('CreateContainer', c)
    let complete = 0
    for (let round = 0; round < 60; round++) {
      const bytes = Buffer.from(Array.from({ length: random.next(40) }, () => random.next(256)))
      const chunkSize = 1 + random.next(9)
      const id = `b${round}`
      await link.ask('StartUpload', announcement('c', id, bytes.length, chunkSize))
      const parts = partsOf('c', id, bytes, chunkSize, random.next(4) === 0 ? 1 : 0)
      const sent: FileChunk[] = []
      while (parts.length > 0) {
        const near = random.next(Math.min(3, parts.length))
        sent.push(parts.splice(near, 1)[0] as FileChunk)
        if (random.next(4) === 0) sent.push(sent[random.next(sent.length)] as FileChunk)
        if (random.next(6) === 0) {
          const one = sent.at(-1) as FileChunk
          sent.push({ ...one, sequenceNo: random.next(9) * 7, bytes: one.bytes.subarray(1) })
        }
      }
      for (const part of sent) {
        try {
          await link.ask('UploadChunk', part)
        } catch (error) {
          if ((error as { code?: unknown }).code !== 'ERR_BLOB_CHUNK') throw error
        }
      }
      if (!(await link.ask('ObjectExists', { ...c, id })).exists) continue
      complete++
      actor.chunks.length = 0
      await link.ask('StartDownload', { ...c, id, chunkSize: 7, context: '' })
      t.deepEqual(await actor.blob(), bytes)
    }
    t.true(complete > 30, `${complete} complete`)
  })
}
