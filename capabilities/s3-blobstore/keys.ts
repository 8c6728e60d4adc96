/** What names of actors' making are called in a bucket. */
import { createHash } from 'node:crypto'

/**
 * Bytes of one segment of a key, and of the key of a blob below its container. S3 takes 1024 for a
 * whole key, and servers that keep objects in files take less than 255 for a segment.
 */
const mostSegmentBytes = 200
const mostBlobBytes = 500

/** The object that says that a container is there. No blob's key has a segment with a leading dot. */
export const markerName = '.container'

/**
 * The key of a blob below its container. Letters, digits and `!-_.()` stay as they are, so do slashes
 * between segments; every other byte of UTF-8 becomes `%` and two hexadecimal digits, and so do leading
 * dots and slashes that stand next to nothing. Long names become `~` and their SHA-256.
 */
export function blobKeyOf(id: string): string {
  const key = escaped(id, true)
  const isLong =
    key.length > mostBlobBytes ||
    key.split('/').some((segment) => segment.length > mostSegmentBytes)
  return isLong ? hashOf(id) : key
}

/** The segment of a container's name: as {@link blobKeyOf}, without any slash. */
export function containerKeyOf(container: string): string {
  const key = escaped(container, false)
  return key.length > mostSegmentBytes ? hashOf(container) : key
}

/** Whether a key says less than the name it stands for. */
export function isHashed(key: string): boolean {
  return key.startsWith('~')
}

/** The id that a key below a container stands for; `undefined` if it is none of ours, or hashed. */
export function idOfKey(key: string): string | undefined {
  const id = unescaped(key)
  return id !== undefined && blobKeyOf(id) === key ? id : undefined
}

/** The container that a segment stands for; `undefined` if it is none of ours, or hashed. */
export function containerOfKey(segment: string): string | undefined {
  const container = unescaped(segment)
  return container !== undefined && containerKeyOf(container) === segment ? container : undefined
}

function escaped(name: string, mayHaveSlashes: boolean): string {
  const bytes = Buffer.from(name)
  const slash = 0x2f
  let text = ''
  for (const [index, byte] of bytes.entries()) {
    const before = bytes[index - 1] ?? slash
    const after = bytes[index + 1] ?? slash
    const character = String.fromCharCode(byte)
    const isKept =
      character === '/'
        ? mayHaveSlashes && before !== slash && after !== slash
        : character === '.'
          ? before !== slash
          : /[\w!()-]/.test(character)
    text += isKept ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

function unescaped(key: string): string | undefined {
  if (!/^(?:[\w!()./-]|%[0-9A-F]{2})+$/.test(key)) return undefined
  const bytes = key.replaceAll(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

function hashOf(name: string): string {
  return `~${createHash('sha256').update(name).digest('hex')}`
}
