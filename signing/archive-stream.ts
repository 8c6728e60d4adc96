/** The bytes of a provider archive, taken out of their compression where they are compressed. */

import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { archiveMalformed, archiveTooLarge } from './tar.ts'

/** A provider archive: its bytes, or a stream of them such as `fs.createReadStream` opens. */
export type ArchiveSource = Uint8Array | AsyncIterable<Uint8Array>

/**
 * Bytes that a compressed byte may stand for. Code comes to 3 or 4; 1032 is the most that gzip can
 * say, and only what was made to exhaust its reader comes near it.
 */
const maxRatio = 100
/** Up to here the ratio is nobody's business: a short run of zeros is no attack. */
const ratioFloorBytes = 1024 * 1024
const pieceBytes = 64 * 1024

/**
 * The tar stream of an archive; gzip is known by its first two bytes. It is decompressed as it is
 * read, and no further than its ratio is believable.
 *
 * @throws SigningError `ERR_ARCHIVE_MALFORMED`, `ERR_ARCHIVE_TOO_LARGE`, and what the source throws
 */
export async function* tarStream(source: ArchiveSource): AsyncGenerator<Uint8Array> {
  const given = inPieces(source)
  const head: Uint8Array[] = []
  let headBytes = 0
  while (headBytes < 2) {
    const next = await given.next()
    if (next.done === true) break
    head.push(next.value)
    headBytes += next.value.length
  }
  const start = Buffer.concat(head)
  const whole = chained(start, given)
  if (start[0] === 0x1f && start[1] === 0x8b) yield* gunzipped(whole)
  else yield* whole
}

async function* gunzipped(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let given = 0
  let failure: unknown
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of compressed) {
      given += piece.length
      yield piece
    }
  }
  const input = Readable.from(counted(), { objectMode: false })
  const gunzip = createGunzip({ chunkSize: pieceBytes })
  input.on('error', (error) => {
    failure = error
    gunzip.destroy(error)
  })
  input.pipe(gunzip)
  let produced = 0
  try {
    for await (const piece of gunzip as AsyncIterable<Uint8Array>) {
      produced += piece.length
      if (produced > ratioFloorBytes && produced > maxRatio * gunzip.bytesWritten)
        throw archiveTooLarge('compressionRatio', maxRatio)
      yield piece
    }
  } catch (error) {
    const code = (error as { code?: unknown }).code
    if (failure === undefined && typeof code === 'string' && code.startsWith('Z_'))
      throw archiveMalformed('its compression is damaged', produced, error)
    throw error
  } finally {
    input.destroy()
    gunzip.destroy()
  }
  if (given !== gunzip.bytesWritten)
    throw archiveMalformed('something follows its compressed content', produced)
}

async function* inPieces(source: ArchiveSource): AsyncGenerator<Uint8Array> {
  if (!(source instanceof Uint8Array)) {
    yield* source
    return
  }
  for (let at = 0; at < source.length; at += pieceBytes) {
    yield source.subarray(at, at + pieceBytes)
  }
}

async function* chained(
  start: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (start.length > 0) yield start
  yield* rest
}
