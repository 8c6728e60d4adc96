import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { HostError } from './errors.ts'

/** A module's bytes, or the path of a file that holds them. */
export type ModuleSource = Uint8Array | string

/** Bytes of the largest file that is read for a module: more than the engine takes, claims included. */
export const maxFileBytes: number = 64 * 1024 * 1024

/**
 * Reads the bytes of a module.
 *
 * @throws HostError `ERR_MODULE_NOT_FOUND`
 */
export async function readModule(source: ModuleSource): Promise<Uint8Array> {
  if (typeof source !== 'string') return source
  const path = resolve(source)
  try {
    return await readWithin(path, maxFileBytes)
  } catch (cause) {
    const message = `cannot read ${path}: ${fileReason(cause)}`
    throw new HostError('ERR_MODULE_NOT_FOUND', { path }, message, { cause })
  }
}

/**
 * Reads a file of at most so many bytes, whatever its size is said to be: a device has none.
 *
 * @throws what the file system says; an error with code `EFBIG` if there is more
 */
export async function readWithin(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  await using file = await open(path)
  const { size } = await file.stat()
  if (size > maxBytes) throw tooLarge()
  let bytes = new Uint8Array(size + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await file.read(bytes, length)
    if (bytesRead === 0) return bytes.slice(0, length)
    length += bytesRead
    if (length > maxBytes) throw tooLarge()
    if (length < bytes.length) continue
    const larger = new Uint8Array(Math.min(Math.max(2 * length, 65_536), maxBytes + 1))
    larger.set(bytes)
    bytes = larger
  }
}

function tooLarge(): NodeJS.ErrnoException {
  return Object.assign(new Error('file too large'), { code: 'EFBIG' })
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EFBIG: 'it is too large',
  EISDIR: 'it is a folder',
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
}

/** Why a file could not be read or written, in words. */
export function fileReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code
  return code === undefined ? 'unknown error' : (reasons[code] ?? code)
}
