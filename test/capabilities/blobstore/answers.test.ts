import test from 'ava'
import type { BlobBackend } from '../../../capabilities/blobstore/backend.ts'
import { blobstoreLink } from '../../../capabilities/blobstore/operations.ts'
import { limitsOf } from '../../../capabilities/blobstore/limits.ts'
import { Usage } from '../../../capabilities/blobstore/usage.ts'
import { silentLogger } from '../../../host/index.ts'

/** A link to a store that has so many blobs in every container, and so many containers. */
function linkTo(count: number) {
  const names = Array.from({ length: count }, (_, index) => String(index))
  const backend = {
    async *containers() {
      yield* names
    },
    async *blobs() {
      for (const id of names) yield { id, byteSize: 1 }
    },
  } as unknown as BlobBackend
  const limits = limitsOf(
    {
      MAX_BLOB_BYTES: 1,
      MAX_CHUNK_BYTES: 1,
      MAX_UPLOADS: 1,
      UPLOAD_TIMEOUT_MS: 1,
      MAX_DOWNLOADS: 1,
      DOWNLOAD_TIMEOUT_MS: 1,
    },
    { maxBytes: 1, maxBlobs: 1, maxContainers: 1 },
  )
  const usage = new Usage({ containers: 0, blobs: 0, bytes: 0 })
  const { operations } = blobstoreLink({ backend, limits, usage, log: silentLogger }, () =>
    Promise.reject(new Error('this store calls no actor')),
  )
  const call = {
    operation: 'List',
    deadlineAt: Infinity,
    signal: new AbortController().signal,
    traceparent: undefined,
    depth: 0,
    within: undefined,
  }
  return {
    containers: async () => operations.ListContainers({}, call),
    blobs: async (maxBlobs: number) =>
      operations.ListObjects(
        { container: 'c', startWith: '', after: '', before: '', maxBlobs },
        call,
      ),
  }
}

test('lists - hold ten thousand, and more are an error where all were asked for', async (t) => {
  const full = linkTo(10_000)
  t.is((await full.blobs(0)).blobs.length, 10_000)
  t.is((await full.containers()).containers.length, 10_000)

  const more = linkTo(10_001)
  for (const asked of [() => more.blobs(0), () => more.containers()]) {
    const error = await t.throwsAsync(asked, { code: 'ERR_BLOB_LIMIT' })
    t.like(error, { detail: { limit: 'ANSWER_ITEMS', wanted: 10_001, allowed: 10_000 } })
  }
  const page = await more.blobs(20_000)
  t.is(page.blobs.length, 10_000)
  t.is(page.continuation, '9999')
})
