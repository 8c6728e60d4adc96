/**
 * Where the name of a blob is kept whose file's name is a hash: behind its bytes, so that both come and
 * go together. Behind the name are its length in two bytes, big end first, and eight bytes that mark it.
 */
import { storeFailure, type OpenFile, readFully } from './disk.ts'
import { fileNameOf } from './file-names.ts'

const mark = Buffer.from('\0blobnam', 'latin1')
const fixedBytes = 2 + mark.length

/** What goes behind the bytes of the blob. */
export function trailerOf(name: string): Uint8Array {
  const bytes = Buffer.from(name)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([bytes, length, mark])
}

/** How many bytes that is. */
export function trailerBytes(name: string): number {
  return Buffer.byteLength(name) + fixedBytes
}

/** The name behind the bytes of an open blob. `undefined` if the file is none of ours. */
export async function nameBehind(file: OpenFile, fileName: string): Promise<string | undefined> {
  if (file.size < fixedBytes) return undefined
  const fixed = Buffer.from(await readFully(file, file.size - fixedBytes, fixedBytes))
  const length = fixed.readUInt16BE(0)
  if (!fixed.subarray(2).equals(mark) || file.size < fixedBytes + length) return undefined
  const name = Buffer.from(
    await readFully(file, file.size - fixedBytes - length, length),
  ).toString()
  return fileNameOf(name) === fileName ? name : undefined
}

/** The bytes of a blob without what is behind them. */
export function withoutTrailer(fileSize: number, name: string): number {
  const bytes = fileSize - trailerBytes(name)
  if (bytes < 0) throw storeFailure('open a blob', 'its file has become shorter')
  return bytes
}
