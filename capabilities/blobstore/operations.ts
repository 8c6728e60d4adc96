import type {
  BlobRequest,
  BlobstoreToActor,
  BlobstoreToProvider,
  ListBlobsRequest,
  ListBlobsResponse,
  RemovalResponse,
} from '../../contracts/index.ts'
import type { LinkContext, ProviderLink } from '../../host/index.ts'
import type { StoredBlob } from './backend.ts'
import { Downloads } from './downloads.ts'
import { limitExceeded, notFound } from './failures.ts'
import { checkName } from './names.ts'
import { type TransferContext, Uploads } from './uploads.ts'

/** Blobs or containers that one answer holds. */
const mostListed = 10_000

/** Serves a link from a store of blobs. Disposal gives up what is under way. */
export function blobstoreLink(
  context: TransferContext,
  invoke: LinkContext<unknown, BlobstoreToActor>['invoke'],
): ProviderLink<BlobstoreToProvider> & AsyncDisposable {
  const { backend, usage, limits } = context
  const uploads = new Uploads(context)
  const downloads = new Downloads(context, invoke)

  const removeBlob = async (blob: BlobRequest, signal: AbortSignal): Promise<void> => {
    checkBlob(blob)
    const bytes = await backend.removeBlob(blob.container, blob.id, signal)
    if (bytes !== undefined) usage.removed(bytes)
  }
  const removeContainer = async (container: string, signal: AbortSignal): Promise<void> => {
    checkName('container', container)
    if (await backend.removeContainer(container, signal)) usage.containersChanged(-1)
  }
  const emptyContainer = async (container: string, signal: AbortSignal): Promise<void> => {
    checkName('container', container)
    if (!(await backend.hasContainer(container, signal))) return
    const ids: string[] = []
    for await (const { id } of backend.blobs(container, fromFirst, signal)) ids.push(id)
    for (const id of ids) await removeBlob({ container, id }, signal)
    await removeContainer(container, signal)
  }

  return {
    operations: {
      CreateContainer: async ({ container }, { signal }) => {
        checkName('container', container)
        if (!(await backend.hasContainer(container, signal))) {
          usage.checkContainer(limits)
          if (await backend.createContainer(container, signal)) usage.containersChanged(1)
        }
        return { container }
      },
      RemoveContainer: ({ container }, { signal }) => removeContainer(container, signal),
      RemoveContainers: ({ containers }, { signal }) =>
        removeEach(containers, (container) => emptyContainer(container, signal)),
      ContainerExists: async ({ container }, { signal }) => {
        checkName('container', container)
        return { exists: await backend.hasContainer(container, signal) }
      },
      GetContainerInfo: async ({ container }, { signal }) => {
        checkName('container', container)
        if (!(await backend.hasContainer(container, signal))) throw notFound(container)
        return { container }
      },
      ListContainers: async (_, { signal }) => {
        const containers: string[] = []
        for await (const container of backend.containers(signal)) {
          containers.push(container)
          checkAnswer(containers.length)
        }
        return { containers }
      },
      RemoveObject: (blob, { signal }) => removeBlob(blob, signal),
      RemoveObjects: ({ container, ids }, { signal }) =>
        removeEach(ids, (id) => removeBlob({ container, id }, signal)),
      ObjectExists: async (blob, { signal }) => {
        checkBlob(blob)
        return { exists: (await backend.byteSize(blob.container, blob.id, signal)) !== undefined }
      },
      GetObjectInfo: async ({ container, id, absent }, { signal }) => {
        checkBlob({ container, id })
        const byteSize = await backend.byteSize(container, id, signal)
        if (byteSize !== undefined) return { exists: true, container, id, byteSize }
        if (absent === 'error') throw notFound(container, id)
        return { exists: false, container, id, byteSize: 0 }
      },
      ListObjects: async (request, { signal }) => {
        checkName('container', request.container)
        return listed(request, backend.blobs(request.container, request, signal))
      },
      StartUpload: (chunk, { signal }) => uploads.start(chunk, signal),
      UploadChunk: (chunk, { signal }) => uploads.add(chunk, signal),
      StartDownload: (request, { signal }) => downloads.start(request, signal),
      PutObject: (part, { signal }) => uploads.put(part, signal),
      PutChunk: async (part, { signal }) => {
        if (!part.cancelAndRemove) return uploads.putMore(part, signal)
        await uploads.cancel(part)
        await removeBlob(part, signal)
      },
      GetObject: (request, { signal }) => downloads.get(request, signal),
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([uploads[Symbol.asyncDispose](), downloads[Symbol.asyncDispose]()])
    },
  }
}

const fromFirst = { startWith: '', after: '' }

function checkBlob({ container, id }: BlobRequest): void {
  checkName('container', container)
  checkName('blob', id)
}

function checkAnswer(items: number): void {
  if (items > mostListed) throw limitExceeded('ANSWER_ITEMS', items, mostListed)
}

async function listed(
  { container, before, maxBlobs }: ListBlobsRequest,
  found: AsyncIterable<StoredBlob>,
): Promise<ListBlobsResponse> {
  const most = Math.min(maxBlobs || Infinity, mostListed)
  const blobs: { container: string; id: string; byteSize: number }[] = []
  for await (const { id, byteSize } of found) {
    if (before !== '' && id >= before) continue
    if (blobs.length === most) {
      if (maxBlobs === 0) checkAnswer(most + 1)
      return { blobs, continuation: blobs.at(-1)?.id ?? '' }
    }
    blobs.push({ container, id, byteSize })
  }
  return { blobs, continuation: '' }
}

async function removeEach(
  keys: readonly string[],
  remove: (key: string) => Promise<void>,
): Promise<RemovalResponse> {
  const failures: { key: string; reason: string }[] = []
  for (const key of keys) {
    try {
      await remove(key)
    } catch (error) {
      failures.push({ key, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { failures }
}
