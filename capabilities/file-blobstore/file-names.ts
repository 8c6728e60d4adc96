/** What names of actors' making are called on disk. */
import { createHash } from 'node:crypto'

/** Bytes of a file's name. File systems take 255; what is longer is hashed. */
const mostFileNameBytes = 200

/** What Windows takes for a device, whatever follows the dot. */
const device = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/

/**
 * The name of the file or folder for any name. Lower case letters, digits, `_`, `-` and inner dots stay
 * as they are, every other byte of UTF-8 becomes `%` and two hexadecimal digits: what comes out is
 * one path segment on every system, and differs wherever the names differ, also where upper and lower
 * case are one. Long names become `~` and their SHA-256.
 */
export function fileNameOf(name: string): string {
  const bytes = Buffer.from(name)
  let text = ''
  for (const [index, byte] of bytes.entries()) {
    const isDot = byte === 0x2e && index > 0 && index < bytes.length - 1
    text += isDot || isPlain(byte) ? String.fromCharCode(byte) : escaped(byte)
  }
  if (device.test(text)) text = escaped(bytes[0] as number) + text.slice(1)
  return text.length > mostFileNameBytes
    ? `~${createHash('sha256').update(bytes).digest('hex')}`
    : text
}

/** Whether a file's name says less than the name it stands for. */
export function isHashed(fileName: string): boolean {
  return fileName.startsWith('~')
}

/** The name that a file's name stands for; `undefined` if it is none of ours, or hashed. */
export function nameOfFile(fileName: string): string | undefined {
  if (!/^(?:[a-z0-9_.-]|%[0-9a-f]{2})+$/.test(fileName)) return undefined
  const bytes = Buffer.from(
    fileName.replaceAll(/%(..)/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  )
  const name = bytes.toString('utf8')
  return fileNameOf(name) === fileName ? name : undefined
}

function isPlain(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x5f ||
    byte === 0x2d
  )
}

function escaped(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`
}
