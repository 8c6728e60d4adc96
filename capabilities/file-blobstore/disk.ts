/** The file system as the store uses it: no link is followed, and every failure has the store's words. */
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, opendir } from 'node:fs/promises'
import { CapabilityError } from '../errors.ts'

/** Entries of one folder that are looked at; more were not put there by us. */
const mostEntries = 1_000_000

// Absent on Windows, where links are found out by lstat alone.
const noFollow = constants.O_NOFOLLOW ?? 0
// A FIFO would otherwise be waited for.
const noWait = constants.O_NONBLOCK ?? 0

/** How to open a file that should be ours for reading. */
const readingFlags: number = constants.O_RDONLY | noFollow | noWait
/** How to make a file that is not there. */
export const creatingFlags: number =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow

/** The file system failed, in words without a path: actors read them. */
export function diskFailure(operation: string, error: unknown): unknown {
  const code = errnoOf(error)
  if (code === undefined) return error
  return storeFailure(operation, code, error)
}

/** Something about the folder is not as it should be. */
export function storeFailure(
  operation: string,
  reason: string,
  cause?: unknown,
): CapabilityError<'ERR_BLOB_STORE'> {
  return new CapabilityError(
    'ERR_BLOB_STORE',
    { operation, reason },
    `the blob store could not ${operation}: ${reason}`,
    { cause },
  )
}

/** `ENOENT` and the like. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}

/** Runs a step of the file system, whose failure is then one of the store's. */
export async function onDisk<T>(operation: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    throw diskFailure(operation, error)
  }
}

/** Whether a folder is there. A link to one is none. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false
    throw diskFailure('look at its folder', error)
  }
}

/**
 * Makes a folder for the host alone, unless it is there.
 *
 * @returns whether it was made
 * @throws CapabilityError `ERR_BLOB_STORE` if something else is in its place
 */
export async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw diskFailure('make a folder', error)
  }
  if (!(await isFolder(path))) {
    throw storeFailure('make a folder', 'something else is in its place')
  }
  return false
}

/** Makes what was renamed or removed in a folder durable, where the system can. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  await onDisk('write its folder', async () => {
    await using folder = await open(path, 'r')
    await folder.sync()
  })
}

/** A regular file that only its own name leads to; `undefined` for anything else. */
export async function sizeOfOwnFile(path: string): Promise<number | undefined> {
  try {
    const stats = await lstat(path)
    return stats.isFile() && stats.nlink === 1 ? stats.size : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw diskFailure('look at a blob', error)
  }
}

/** An own file, open for reading, and its size. */
export interface OpenFile {
  readonly handle: FileHandle
  readonly size: number
}

/** Opens a file, if it is a regular one that only its own name leads to. */
export async function openOwnFile(path: string): Promise<OpenFile | undefined> {
  let handle: FileHandle
  try {
    handle = await open(path, readingFlags)
  } catch (error) {
    // A link is ELOOP, a socket ENXIO.
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '')) return undefined
    throw diskFailure('open a blob', error)
  }
  try {
    const stats = await handle.stat()
    // It may just have been replaced, and then has no name any more.
    if (stats.isFile() && stats.nlink <= 1) return { handle, size: stats.size }
  } catch (error) {
    await handle.close()
    throw diskFailure('open a blob', error)
  }
  await handle.close()
  return undefined
}

/** Reads exactly `length` bytes that are there. */
export async function readFully(
  { handle }: OpenFile,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await onDisk('read a blob', () =>
      handle.read(bytes, done, length - done, offset + done),
    )
    if (bytesRead === 0) throw storeFailure('read a blob', 'it has become shorter')
    done += bytesRead
  }
  return bytes
}

/** Writes all bytes behind those before. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await onDisk('write a blob', () =>
      handle.write(bytes, done, bytes.length - done),
    )
    if (bytesWritten === 0) throw storeFailure('write a blob', 'the disk takes no more')
    done += bytesWritten
  }
}

/** The names of files or folders in a folder, links and devices apart, sorted. Empty if it is gone. */
export async function namesIn(path: string, kind: 'files' | 'folders'): Promise<string[]> {
  const names: string[] = []
  let seen = 0
  try {
    for await (const entry of await opendir(path)) {
      if (++seen > mostEntries) {
        throw storeFailure('list its folder', `it has more than ${mostEntries} entries`)
      }
      if (kind === 'files' ? entry.isFile() : entry.isDirectory()) names.push(entry.name)
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw diskFailure('list its folder', error)
  }
  return names.sort()
}
