/**
 * The part of tar that provider archives are made of: plain files with short names, in the headers
 * that GNU tar and POSIX ustar have in common. Everything else that tar can say is refused, for it
 * has no place in an archive and has been a way into programs that understood it.
 */

import { SigningError } from './errors.ts'

/** One file of an archive. */
export interface TarFile {
  readonly name: string
  readonly content: Uint8Array
}

/** Takes the content of one file, piece by piece. */
export interface TarSink {
  take(piece: Uint8Array): void
  end(): void
}

/** What a {@link TarReader} may be asked to take. In bytes, but for the first. */
export interface TarLimits {
  readonly files: number
  /** Content of all files together. */
  readonly contentBytes: number
  /** All that is given, headers and padding with it. */
  readonly totalBytes: number
}

const blockBytes = 512
const nameBytes = 100
const zeros = Buffer.alloc(blockBytes)

/** Where the fields of a header are that are read. */
const fields = {
  name: [0, nameBytes],
  size: [124, 136],
  checksum: [148, 156],
  linkName: [157, 257],
  magic: [257, 265],
  device: [329, 345],
  prefix: [345, 500],
  rest: [500, 512],
} as const

/** The kinds of entry that there are, for what is said of those that are refused. */
const refusedKinds: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '5': 'a folder',
  '6': 'a pipe',
  '7': 'a contiguous file',
  D: 'a folder of GNU tar',
  K: 'a long link name of GNU tar',
  L: 'a long name of GNU tar',
  M: 'a part of a file of GNU tar',
  N: 'an old long name of GNU tar',
  S: 'a sparse file',
  V: 'a volume header',
  X: 'an extended header of Solaris',
  g: 'a global PAX header',
  x: 'a PAX header',
}

/**
 * Reads a tar stream as it comes, keeping nothing but the header it is in: memory does not grow with
 * the archive. Names are unique, plain and of at most 99 bytes; sizes and checksums are octal; the
 * padding is zero, as is everything after the two empty blocks that end an archive.
 */
export class TarReader {
  readonly #limits: TarLimits
  readonly #open: (name: string, bytes: number) => TarSink
  readonly #names = new Set<string>()
  readonly #header = Buffer.alloc(blockBytes)
  #filled = 0
  #total = 0
  #content = 0
  #sink: TarSink | undefined
  /** Of the content of the file at hand, and of the zeros that fill its last block. */
  #left = 0
  #padding = 0
  #emptyBlocks = 0

  /** @param open Asked at each file what is to be done with its content. */
  constructor(limits: TarLimits, open: (name: string, bytes: number) => TarSink) {
    this.#limits = limits
    this.#open = open
  }

  /** @throws SigningError `ERR_ARCHIVE_MALFORMED`, `ERR_ARCHIVE_TOO_LARGE`, and what `open` throws */
  push(chunk: Uint8Array): void {
    if (this.#total + chunk.length > this.#limits.totalBytes)
      throw archiveTooLarge('totalBytes', this.#limits.totalBytes)
    let at = 0
    while (at < chunk.length) {
      const taken = this.#take(chunk.subarray(at))
      at += taken
      this.#total += taken
    }
  }

  /** Says that nothing more comes. @throws SigningError `ERR_ARCHIVE_MALFORMED` */
  end(): void {
    if (this.#emptyBlocks < 2 || this.#filled > 0)
      this.#malformed('it ends early: two empty blocks are missing at its end')
  }

  #take(piece: Uint8Array): number {
    if (this.#left > 0) {
      const content = piece.subarray(0, this.#left)
      this.#left -= content.length
      this.#sink?.take(content)
      if (this.#left === 0) this.#endFile()
      return content.length
    }
    if (this.#padding > 0) {
      const padding = piece.subarray(0, this.#padding)
      if (!isZero(padding)) this.#malformed('what fills a block is not zero')
      this.#padding -= padding.length
      return padding.length
    }
    const part = piece.subarray(0, blockBytes - this.#filled)
    this.#header.set(part, this.#filled)
    this.#filled += part.length
    if (this.#filled === blockBytes) {
      this.#filled = 0
      this.#readHeader(this.#header)
    }
    return part.length
  }

  #readHeader(header: Buffer): void {
    if (isZero(header)) {
      this.#emptyBlocks++
      return
    }
    if (this.#emptyBlocks > 0) this.#malformed('something follows its end')
    const field = ([from, to]: readonly [number, number]): Buffer => header.subarray(from, to)
    // Tar begins with nothing that tells it from other files: its checksum does.
    if (this.#names.size === 0 && !/^[0-7 \0]*$/.test(field(fields.checksum).toString('latin1')))
      this.#malformed('it is no tar archive, plain or compressed with gzip')
    const claimed = this.#octal(field(fields.checksum), 'checksum')
    if (claimed !== checksum(header)) this.#malformed('the checksum of a header is wrong')
    const kind = header.toString('latin1', 156, 157)
    if (kind !== '0' && kind !== '\0')
      this.#malformed(`it holds ${refusedKinds[kind] ?? 'an entry of an unknown kind'}`)
    const magic = field(fields.magic).toString('latin1')
    if (magic !== 'ustar  \0' && magic !== 'ustar\x0000') this.#malformed('a header is not tar’s')
    for (const name of ['linkName', 'prefix', 'rest'] as const) {
      if (!isZero(field(fields[name]))) this.#malformed(`a header uses its ${name}`)
    }
    if (!/^[0 \0]*$/.test(field(fields.device).toString('latin1')))
      this.#malformed('a header names a device')
    this.#openFile(this.#name(field(fields.name)), this.#octal(field(fields.size), 'size'))
  }

  #openFile(name: string, bytes: number): void {
    if (this.#names.has(name)) this.#malformed(`it holds ${JSON.stringify(name)} twice`)
    this.#names.add(name)
    if (this.#names.size > this.#limits.files) throw archiveTooLarge('files', this.#limits.files)
    this.#content += bytes
    if (this.#content > this.#limits.contentBytes)
      throw archiveTooLarge('contentBytes', this.#limits.contentBytes)
    this.#sink = this.#open(name, bytes)
    this.#left = bytes
    this.#padding = -bytes & (blockBytes - 1)
    if (bytes === 0) this.#endFile()
  }

  #endFile(): void {
    this.#sink?.end()
    this.#sink = undefined
  }

  #name(field: Buffer): string {
    const end = field.indexOf(0)
    if (end <= 0) this.#malformed(end === 0 ? 'a file has no name' : 'a name is too long')
    if (!isZero(field.subarray(end))) this.#malformed('something follows the end of a name')
    const name = field.toString('latin1', 0, end)
    if (!/^[\w.-]+$/.test(name) || /^\.+$/.test(name))
      this.#malformed(`${JSON.stringify(name)} is not a plain file name`)
    return name
  }

  /** A number as tar writes it: octal digits that a zero byte or a space ends; no digits are 0. */
  #octal(field: Buffer, what: string): number {
    const text = /^ *([0-7]{0,11})[ \0]*$/.exec(field.toString('latin1'))?.[1]
    if (text === undefined) return this.#malformed(`a ${what} is not an octal number`)
    return text === '' ? 0 : Number.parseInt(text, 8)
  }

  #malformed(reason: string): never {
    throw archiveMalformed(reason, this.#total)
  }
}

/** A tar archive with GNU headers. The same files give the same bytes: no owner, no time. */
export function writeTar(files: readonly TarFile[]): Buffer<ArrayBuffer> {
  const blocks = files.flatMap(({ name, content }) => [
    tarHeader(name, content.length),
    content,
    Buffer.alloc(-content.length & (blockBytes - 1)),
  ])
  return Buffer.concat([...blocks, zeros, zeros])
}

function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(blockBytes)
  header.write(name, 0, nameBytes - 1, 'latin1')
  for (const at of [100, 108, 116]) header.write('0000000', at, 'latin1') // mode, uid, gid
  header.write(size.toString(8).padStart(11, '0'), fields.size[0], 'latin1')
  header.write('00000000000', 136, 'latin1') // mtime
  header.write('0', 156, 'latin1')
  header.write('ustar  \0', fields.magic[0], 'latin1')
  const sum = checksum(header).toString(8).padStart(6, '0')
  header.write(`${sum}\0 `, fields.checksum[0], 'latin1')
  return header
}

/** The sum of a header's bytes, those of the checksum itself taken for spaces. */
function checksum(header: Buffer): number {
  const [from, to] = fields.checksum
  let sum = 0
  for (let at = 0; at < blockBytes; at++) {
    sum += at >= from && at < to ? 0x20 : (header[at] as number)
  }
  return sum
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const part = bytes.subarray(at, at + blockBytes)
    if (zeros.compare(part, 0, part.length, 0, part.length) !== 0) return false
  }
  return true
}

/** An `ERR_ARCHIVE_MALFORMED`. */
export function archiveMalformed(reason: string, offset: number, cause?: unknown): SigningError {
  const message = `the provider archive is malformed: ${reason}`
  return new SigningError('ERR_ARCHIVE_MALFORMED', { reason, offset }, message, { cause })
}

/** An `ERR_ARCHIVE_TOO_LARGE`. */
export function archiveTooLarge(
  limit: keyof TarLimits | 'compressionRatio' | 'claimsBytes',
  allowed: number,
): SigningError {
  const message = `the provider archive is larger than is accepted: ${limit} is more than ${allowed}`
  return new SigningError('ERR_ARCHIVE_TOO_LARGE', { limit, allowed }, message)
}
