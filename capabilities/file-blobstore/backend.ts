import { rename, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type {
  BlobBackend,
  BlobReader,
  BlobWriter,
  ListFrom,
  StoredBlob,
} from '../blobstore/backend.ts'
import { notEmpty, notFound } from '../blobstore/failures.ts'
import type { StoreTotals } from '../blobstore/usage.ts'
import {
  diskFailure,
  errnoOf,
  isFolder,
  makeFolder,
  namesIn,
  onDisk,
  openOwnFile,
  readFully,
  sizeOfOwnFile,
  syncFolder,
  writeFully,
} from './disk.ts'
import { fileNameOf, isHashed, nameOfFile } from './file-names.ts'
import { nameBehind, trailerBytes, trailerOf, withoutTrailer } from './long-names.ts'
import { sweepUploads, UploadFiles } from './upload-files.ts'

/** Files whose size is asked for at a time. */
const statsAtOnce = 32

/** In a container's folder whose own name is a hash: its name. No blob's file is called so. */
const nameFile = '~name'

/**
 * A store of blobs in a folder: `containers/CONTAINER/BLOB`, and `uploads/` for what is not complete.
 * Only regular files and folders that are there under one name count; links, devices and whatever else
 * somebody put there do not exist.
 */
export class FileBackend implements BlobBackend {
  readonly #containers: string
  readonly #uploads: UploadFiles
  /** By folder: what changes what is in it goes one after the other. */
  readonly #changes = new Map<string, Promise<unknown>>()

  private constructor(containers: string, uploads: string) {
    this.#containers = containers
    this.#uploads = new UploadFiles(uploads)
  }

  /** Opens the store in a folder that is there, and clears away what uploads of earlier days left. */
  static async open(folder: string): Promise<FileBackend> {
    const containers = join(folder, 'containers')
    const uploads = join(folder, 'uploads')
    await makeFolder(containers)
    await makeFolder(uploads)
    await sweepUploads(uploads)
    return new FileBackend(containers, uploads)
  }

  /** Counts what is there. */
  async totals(): Promise<StoreTotals> {
    let [containers, blobs, bytes] = [0, 0, 0]
    for (const name of await namesIn(this.#containers, 'folders')) {
      containers++
      for await (const blob of this.#blobsIn(join(this.#containers, name), everything)) {
        blobs++
        bytes += blob.byteSize
      }
    }
    return { containers, blobs, bytes }
  }

  async createContainer(container: string): Promise<boolean> {
    const folder = this.#folderOf(container)
    return this.#alone(folder, async () => {
      const isNew = await makeFolder(folder)
      if (isHashed(fileNameOf(container))) await this.#writeName(folder, container)
      if (isNew) await syncFolder(this.#containers)
      return isNew
    })
  }

  hasContainer(container: string): Promise<boolean> {
    return isFolder(this.#folderOf(container))
  }

  async *containers(signal: AbortSignal): AsyncIterable<string> {
    for (const fileName of await namesIn(this.#containers, 'folders')) {
      signal.throwIfAborted()
      const name = isHashed(fileName)
        ? await readName(join(this.#containers, fileName), fileName)
        : nameOfFile(fileName)
      if (name !== undefined) yield name
    }
  }

  async removeContainer(container: string): Promise<boolean> {
    const folder = this.#folderOf(container)
    return this.#alone(folder, async () => {
      if (!(await isFolder(folder))) return false
      const [first, second] = await namesIn(folder, 'files')
      if (second === undefined && first === nameFile) {
        await onDisk('remove a container', () => unlink(join(folder, nameFile)))
      }
      try {
        await rmdir(folder)
      } catch (error) {
        if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') {
          throw diskFailure('remove a container', error)
        }
        if (isHashed(fileNameOf(container))) await this.#writeName(folder, container)
        throw notEmpty(container)
      }
      await syncFolder(this.#containers)
      return true
    })
  }

  async byteSize(container: string, id: string): Promise<number | undefined> {
    if (!(await this.hasContainer(container))) return undefined
    return this.#sizeOf(this.#fileOf(container, id), id)
  }

  async *blobs(container: string, from: ListFrom, signal: AbortSignal): AsyncIterable<StoredBlob> {
    const folder = this.#folderOf(container)
    if (!(await isFolder(folder))) throw notFound(container)
    yield* this.#blobsIn(folder, from, signal)
  }

  async removeBlob(container: string, id: string): Promise<number | undefined> {
    const folder = this.#folderOf(container)
    return this.#alone(folder, async () => {
      if (!(await isFolder(folder))) return undefined
      const path = this.#fileOf(container, id)
      const size = await this.#sizeOf(path, id)
      if (size === undefined) return undefined
      await onDisk('remove a blob', () => unlink(path))
      await syncFolder(folder)
      return size
    })
  }

  async write(container: string, id: string): Promise<BlobWriter> {
    const folder = this.#folderOf(container)
    if (!(await isFolder(folder))) throw notFound(container)
    const { handle, path } = await this.#uploads.create()
    const discard = async (): Promise<void> => {
      // The next start of the host clears away what cannot be cleared away now.
      await handle.close().catch(() => undefined)
      await unlink(path).catch(() => undefined)
    }
    return {
      append: (bytes) => writeFully(handle, bytes),
      commit: async () => {
        try {
          if (isHashed(fileNameOf(id))) await writeFully(handle, trailerOf(id))
          await onDisk('write a blob', async () => {
            await handle.datasync()
            await handle.close()
          })
          return await this.#alone(folder, async () => {
            if (!(await isFolder(folder))) throw notFound(container)
            const target = this.#fileOf(container, id)
            const replacedBytes = await this.#sizeOf(target, id)
            await onDisk('put a blob in its place', () => rename(path, target))
            await syncFolder(folder)
            return replacedBytes
          })
        } catch (error) {
          await discard()
          throw error
        }
      },
      abort: discard,
    }
  }

  async read(container: string, id: string): Promise<BlobReader> {
    const isThere = await this.hasContainer(container)
    const file = isThere ? await openOwnFile(this.#fileOf(container, id)) : undefined
    if (file === undefined) throw notFound(container, isThere ? id : undefined)
    return {
      byteSize: isHashed(fileNameOf(id)) ? withoutTrailer(file.size, id) : file.size,
      read: (offset, length) => readFully(file, offset, length),
      [Symbol.asyncDispose]: () => file.handle.close(),
    }
  }

  #folderOf(container: string): string {
    return join(this.#containers, fileNameOf(container))
  }

  #fileOf(container: string, id: string): string {
    return join(this.#folderOf(container), fileNameOf(id))
  }

  async #sizeOf(path: string, id: string): Promise<number | undefined> {
    const size = await sizeOfOwnFile(path)
    if (size === undefined || !isHashed(fileNameOf(id))) return size
    return size < trailerBytes(id) ? undefined : withoutTrailer(size, id)
  }

  async *#blobsIn(
    folder: string,
    { startWith, after }: ListFrom,
    signal?: AbortSignal,
  ): AsyncIterable<StoredBlob> {
    const behind = after === '' ? '' : fileNameOf(after)
    const files = (await namesIn(folder, 'files')).filter((name) => name > behind)
    for (let start = 0; start < files.length; start += statsAtOnce) {
      signal?.throwIfAborted()
      const some = files.slice(start, start + statsAtOnce)
      const blobs = await Promise.all(some.map((fileName) => this.#blobAt(folder, fileName)))
      for (const blob of blobs) if (blob?.id.startsWith(startWith)) yield blob
    }
  }

  async #blobAt(folder: string, fileName: string): Promise<StoredBlob | undefined> {
    const path = join(folder, fileName)
    if (!isHashed(fileName)) {
      const id = nameOfFile(fileName)
      const byteSize = id === undefined ? undefined : await sizeOfOwnFile(path)
      return id === undefined || byteSize === undefined ? undefined : { id, byteSize }
    }
    const file = await openOwnFile(path)
    if (file === undefined) return undefined
    try {
      const id = await nameBehind(file, fileName)
      return id === undefined ? undefined : { id, byteSize: withoutTrailer(file.size, id) }
    } finally {
      await file.handle.close()
    }
  }

  async #writeName(folder: string, name: string): Promise<void> {
    const path = join(folder, nameFile)
    if ((await sizeOfOwnFile(path)) === Buffer.byteLength(name)) return
    const passing = await this.#uploads.create()
    await onDisk('make a container', async () => {
      await using handle = passing.handle
      await handle.writeFile(name)
      await handle.sync()
      await rename(passing.path, path)
    })
  }

  async #alone<T>(folder: string, change: () => Promise<T>): Promise<T> {
    const before = this.#changes.get(folder) ?? Promise.resolve()
    const result = before.then(change)
    const settled = result.catch(() => undefined)
    this.#changes.set(folder, settled)
    try {
      return await result
    } finally {
      if (this.#changes.get(folder) === settled) this.#changes.delete(folder)
    }
  }
}

const everything: ListFrom = { startWith: '', after: '' }

async function readName(folder: string, fileName: string): Promise<string | undefined> {
  const file = await openOwnFile(join(folder, nameFile))
  if (file === undefined) return undefined
  try {
    if (file.size > 1024) return undefined
    const name = Buffer.from(await readFully(file, 0, file.size)).toString()
    return fileNameOf(name) === fileName ? name : undefined
  } finally {
    await file.handle.close()
  }
}
