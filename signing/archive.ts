/** Provider archives: a provider's code for one or more targets, with the claims that sign for it. */

import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type ArchiveSource, tarStream } from './archive-stream.ts'
import type { ProviderClaims, ProviderClaimsInput } from './claims.ts'
import { SigningError } from './errors.ts'
import {
  type DecodedToken,
  judgeToken,
  readToken,
  type SigningKeys,
  type SignOptions,
  signToken,
} from './signed-token.ts'
import type { JsonObject } from './strict-json.ts'
import { archiveMalformed, archiveTooLarge, TarReader, type TarSink, writeTar } from './tar.ts'
import { type ValidityOptions, validityFailure } from './validity.ts'

/** A provider's code for one target, as it is in an archive. */
export interface ArchiveLibrary {
  /** `<arch>-<os>` such as `x86_64-linux`; `node` for one JavaScript file. */
  readonly target: string
  readonly bytes: number
  /** Upper-case hex SHA-256 of what is there, whatever the claims say. */
  readonly hash: string
}

/** An archive's claims as they are written, and what it really holds. Nothing is verified. */
export interface ProviderArchive {
  readonly token: string
  readonly header: JsonObject
  readonly claims: ProviderClaims
  readonly libraries: readonly ArchiveLibrary[]
}

/** An archive whose claims all hold. Only {@link verifyArchive} makes one. */
export interface VerifiedArchive extends ProviderArchive {
  /** The code for a target that was asked for. */
  readonly code: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
  readonly [verified]: true
}
declare const verified: unique symbol

/** All that can be said about an archive. */
export interface ArchiveInspection {
  /** What is written, as far as it can be read: trust none of it while there are failures. */
  readonly archive?: ProviderArchive
  /** Everything that speaks against it, most basic first; empty for one that may be used. */
  readonly failures: readonly SigningError[]
  readonly signatureValid: boolean
  /** Whether every library is the one that was signed. */
  readonly hashesValid: boolean
}

/** How an archive is verified. */
export interface VerifyArchiveOptions extends ValidityOptions {
  /** Targets whose code is wanted; `all` keeps every one. Default: none. */
  readonly targets?: readonly string[] | 'all'
}

/** What to claim for an archive; its hashes are computed from its libraries. */
export type ArchiveClaimsInput = Omit<ProviderClaimsInput, 'targetHashes'>

/** How an archive is written. */
export interface CreateArchiveOptions extends SignOptions {
  /** Whether it is compressed with gzip. Default: false. */
  readonly compress?: boolean
}

const claimsName = 'claims.jwt'
const libraryEnding = '.bin'
const maxClaimsBytes = 64 * 1024
/** The largest archive that is read, in bytes. */
export const maxArchiveBytes: number = 264 * 1024 * 1024
const limits = { files: 64, contentBytes: 256 * 1024 * 1024, totalBytes: maxArchiveBytes } as const
/** A target is part of a file name: letters, digits, `_`, `.` and `-`, and a letter or digit first. */
const targetPattern = /^[A-Za-z0-9][\w.-]{0,79}$/

/** Whether a file is an archive by its first bytes: gzip, or tar. */
export function looksLikeArchive(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512))
  return (start[0] === 0x1f && start[1] === 0x8b) || start.toString('latin1', 257, 262) === 'ustar'
}

/**
 * Makes an archive. The same claims, libraries, keys, clock and `jti` give the same bytes.
 *
 * @param libraries The code by target, at least one.
 * @throws SigningError `ERR_ARCHIVE_MALFORMED` for no library or a target that cannot be one,
 * `ERR_ARCHIVE_TOO_LARGE`, and what `signToken` throws
 */
export async function createArchive(
  claims: ArchiveClaimsInput,
  libraries: ReadonlyMap<string, Uint8Array>,
  keys: SigningKeys,
  options: CreateArchiveOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (libraries.size === 0) throw archiveMalformed('it holds no library', 0)
  const targets = [...libraries.keys()].sort()
  for (const target of targets) {
    if (!targetPattern.test(target))
      throw archiveMalformed(`${JSON.stringify(target)} cannot be a target`, 0)
  }
  const hashOf = (target: string): string => sha256(libraries.get(target) ?? new Uint8Array(0))
  const targetHashes = Object.fromEntries(targets.map((target) => [target, hashOf(target)]))
  const token = await signToken('provider', { ...claims, targetHashes }, keys, options)
  const tar = writeTar([
    { name: claimsName, content: Buffer.from(token) },
    ...targets.map((target) => ({
      name: target + libraryEnding,
      content: libraries.get(target) ?? new Uint8Array(0),
    })),
  ])
  if (tar.length > limits.contentBytes) throw archiveTooLarge('contentBytes', limits.contentBytes)
  if (options.compress !== true) return tar
  const compressed = gzipSync(tar, { level: 9 })
  compressed[9] = 0xff // "made on an unknown system", so that every system makes the same
  return compressed
}

/**
 * Puts a further library into an archive, or another one in the place of the one that is there for
 * the target, and signs anew what the claims said before. What is compressed stays so.
 *
 * @param keys The archive's own: its subject stays the same.
 * @throws SigningError `ERR_SUBJECT_INVALID` for another subject, and what {@link verifyArchive} and
 * {@link createArchive} throw
 */
export async function insertIntoArchive(
  archive: Uint8Array,
  target: string,
  library: Uint8Array,
  keys: SigningKeys,
  options: CreateArchiveOptions & ValidityOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { claims, code } = await verifyArchive(archive, { ...options, targets: 'all' })
  const subject = typeof keys.subject === 'string' ? keys.subject : keys.subject.publicKey
  if (subject !== claims.subject)
    throw new SigningError(
      'ERR_SUBJECT_INVALID',
      { subject, expected: ['service'] },
      `the archive is that of ${claims.subject}, not of ${subject}`,
    )
  const { name, contractId, vendor, revision, version, configSchema, expiresAt, notBefore } = claims
  const kept: ArchiveClaimsInput = {
    contractId,
    vendor,
    ...(name !== undefined && { name }),
    ...(revision !== undefined && { revision }),
    ...(version !== undefined && { version }),
    ...(configSchema !== undefined && { configSchema }),
    ...(expiresAt && { expiresAt }),
    ...(notBefore && { notBefore }),
  }
  const libraries = new Map<string, Uint8Array>([...code, [target, library]])
  const compress = options.compress ?? (archive[0] === 0x1f && archive[1] === 0x8b)
  return createArchive(kept, libraries, keys, { ...options, compress })
}

/**
 * Verifies an archive: its form, its token, issuer, subject, signature, the hash of every library, and
 * the time, in this order. Nothing is written to a disk, and no more is kept in memory than the code
 * that is asked for.
 *
 * @throws SigningError the first failure that {@link inspectArchive} would list, and then
 * `ERR_ARCHIVE_TARGET` if there is no code for a target that is wanted
 */
export async function verifyArchive(
  source: ArchiveSource,
  options: VerifyArchiveOptions = {},
): Promise<VerifiedArchive> {
  const { targets = [] } = options
  const contents = await readContents(source, targets)
  const { archive, failures } = await judge(contents, options)
  if (failures[0]) throw failures[0]
  const { code } = contents
  const present = archive.libraries.map(({ target }) => target)
  for (const target of targets === 'all' ? [] : targets) {
    if (!code.has(target))
      throw new SigningError(
        'ERR_ARCHIVE_TARGET',
        { target, targets: present },
        `the provider archive holds no code for ${target}, only for ${present.join(', ')}`,
      )
  }
  return { ...archive, code } as unknown as VerifiedArchive
}

/**
 * Everything there is to say about an archive.
 *
 * @throws what the source throws, but nothing for what is in the archive
 */
export async function inspectArchive(
  source: ArchiveSource,
  options?: ValidityOptions,
): Promise<ArchiveInspection> {
  try {
    return await judge(await readContents(source, []), options)
  } catch (error) {
    if (!(error instanceof SigningError)) throw error
    return { failures: [error], signatureValid: false, hashesValid: false }
  }
}

interface Contents {
  readonly decoded: DecodedToken<'provider'>
  readonly libraries: readonly ArchiveLibrary[]
  readonly code: Map<string, Uint8Array<ArrayBuffer>>
}

async function readContents(
  source: ArchiveSource,
  wanted: readonly string[] | 'all',
): Promise<Contents> {
  const libraries: ArchiveLibrary[] = []
  const code = new Map<string, Uint8Array<ArrayBuffer>>()
  let token: string | undefined
  const reader = new TarReader(limits, (name, bytes): TarSink => {
    if (token === undefined) {
      if (name !== claimsName) throw archiveMalformed(`its first file is not ${claimsName}`, 0)
      if (bytes > maxClaimsBytes) throw archiveTooLarge('claimsBytes', maxClaimsBytes)
      token = ''
      return keeping(bytes, (content) => {
        token = content.toString('latin1')
      })
    }
    const target = name.slice(0, -libraryEnding.length)
    if (!name.endsWith(libraryEnding) || !targetPattern.test(target))
      throw archiveMalformed(`${JSON.stringify(name)} is neither claims nor a library`, 0)
    const hash = createHash('sha256')
    const isWanted = wanted === 'all' || wanted.includes(target)
    const keep = isWanted ? keeping(bytes, (content) => code.set(target, content)) : undefined
    return {
      take: (piece) => {
        hash.update(piece)
        keep?.take(piece)
      },
      end: () => {
        libraries.push({ target, bytes, hash: hash.digest('hex').toUpperCase() })
        keep?.end()
      },
    }
  })
  for await (const piece of tarStream(source)) reader.push(piece)
  reader.end()
  if (token === undefined) throw archiveMalformed('it is empty', 0)
  if (libraries.length === 0) throw archiveMalformed('it holds no library', 0)
  return { decoded: readToken('provider', token), libraries, code }
}

/** Grows with what really comes: a header may say any size. */
function keeping(bytes: number, done: (content: Buffer<ArrayBuffer>) => void): TarSink {
  const pieces: Uint8Array[] = []
  return {
    take: (piece) => pieces.push(Uint8Array.from(piece)),
    end: () => done(Buffer.concat(pieces, bytes)),
  }
}

async function judge(
  { decoded, libraries }: Contents,
  options?: ValidityOptions,
): Promise<ArchiveInspection & { readonly archive: ProviderArchive }> {
  const { token, header, claims } = decoded
  const { failures, signatureValid } = await judgeToken(decoded)
  const hashes = libraries.flatMap((library) => hashFailure(claims, library) ?? [])
  const time = validityFailure(claims, options)
  return {
    archive: { token, header, claims, libraries },
    failures: [...failures, ...hashes, ...(time ? [time] : [])],
    signatureValid,
    hashesValid: hashes.length === 0,
  }
}

function hashFailure(
  { targetHashes }: ProviderClaims,
  { target, hash }: ArchiveLibrary,
): SigningError | undefined {
  const claimed = Object.hasOwn(targetHashes, target) ? targetHashes[target] : undefined
  if (claimed === hash) return undefined
  const message =
    claimed === undefined
      ? `the claims of the provider archive do not know its library for ${target}`
      : `the library for ${target} was changed after signing: its hash is ${hash}, not ${claimed}`
  return new SigningError('ERR_ARCHIVE_HASH', { target, claimed, actual: hash }, message)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').toUpperCase()
}
