/** Public keys as text (nkeys): what names every actor, provider, host and signer. */

import { decodeBase32, encodeBase32 } from './base32.ts'
import { crc16 } from './crc16.ts'
import { type NkeyFault, SigningError } from './errors.ts'
import { keyLetter, type KeyType, prefixBytes, typeOfPrefix } from './key-type.ts'

declare const identity: unique symbol

/** An actor's public key, `M…`. */
export type ActorId = string & { readonly [identity]: 'module' }
/** A capability provider's public key, `V…`. */
export type ProviderId = string & { readonly [identity]: 'service' }
/** A host's public key, `N…`. */
export type HostId = string & { readonly [identity]: 'server' }
/** An account's public key, `A…`: who signs actors and providers. */
export type AccountId = string & { readonly [identity]: 'account' }

/** A public key taken apart. */
export interface PublicKey {
  readonly type: KeyType
  /** The 32 bytes of the Ed25519 public key. */
  readonly raw: Uint8Array
}

const publicKeyLength = 56
const seedLength = 58
const seedPrefix = 18 << 3

/** The text of a public key. `raw` is 32 bytes. */
export function encodePublicKey(type: KeyType, raw: Uint8Array): string {
  return encodeBase32(withChecksum([prefixBytes[type]], raw))
}

/**
 * Takes a public key's text apart, as strictly as nkeys: upper case, no padding, exact length, known
 * prefix, right CRC. Points of small order are refused as well: for those anybody can sign.
 *
 * @param type when given, the only type accepted
 * @throws SigningError `ERR_NKEY_INVALID`
 */
export function parsePublicKey(text: unknown, type?: KeyType): PublicKey {
  const fail = (reason: NkeyFault, why: string, actual?: KeyType): never => {
    const detail = { reason, ...(type && { expected: type }), ...(actual && { actual }) }
    throw new SigningError(
      'ERR_NKEY_INVALID',
      detail,
      `${quoteKey(text)} is not ${wanted(type)}: ${why}`,
    )
  }
  if (typeof text !== 'string') return fail('not-text', `it is a ${typeof text}`)
  if (text.length !== publicKeyLength) return fail('length', `${text.length} characters, not 56`)
  const bytes = decodeBase32(text)
  if (bytes === undefined) return fail('alphabet', 'not upper-case base32')
  const actual = typeOfPrefix(bytes[0]!)
  if (actual === undefined) return fail('prefix', 'its first letter names no key type')
  if (!checksumHolds(bytes)) return fail('checksum', 'wrong checksum')
  if (type !== undefined && actual !== type)
    return fail('type', `it is ${withArticle(actual)} key`, actual)
  const raw = bytes.slice(1, 33)
  if (isWeakPoint(raw)) return fail('weak', 'anybody could sign for it', actual)
  return { type: actual, raw }
}

/** Whether `text` is a public key, of `type` if one is given. */
export function isPublicKey(text: unknown, type?: KeyType): text is string {
  try {
    parsePublicKey(text, type)
    return true
  } catch {
    // the only thing thrown is the verdict
    return false
  }
}

/** @throws SigningError `ERR_NKEY_INVALID` unless `text` is an actor's public key, `M…` */
export function parseActorId(text: unknown): ActorId {
  parsePublicKey(text, 'module')
  return text as ActorId
}

/** @throws SigningError `ERR_NKEY_INVALID` unless `text` is a provider's public key, `V…` */
export function parseProviderId(text: unknown): ProviderId {
  parsePublicKey(text, 'service')
  return text as ProviderId
}

/** @throws SigningError `ERR_NKEY_INVALID` unless `text` is a host's public key, `N…` */
export function parseHostId(text: unknown): HostId {
  parsePublicKey(text, 'server')
  return text as HostId
}

/** @throws SigningError `ERR_NKEY_INVALID` unless `text` is an account's public key, `A…` */
export function parseAccountId(text: unknown): AccountId {
  parsePublicKey(text, 'account')
  return text as AccountId
}

/** The text of a seed. `raw` is 32 bytes. Secret. */
export function encodeSeed(type: KeyType, raw: Uint8Array): string {
  const prefix = prefixBytes[type]
  return encodeBase32(withChecksum([seedPrefix | (prefix >>> 5), (prefix & 31) << 3], raw))
}

/** @throws SigningError `ERR_SEED_INVALID`, which never repeats what was given */
export function parseSeed(text: unknown): { readonly type: KeyType; readonly raw: Uint8Array } {
  const fail = (reason: NkeyFault, why: string): never => {
    throw new SigningError('ERR_SEED_INVALID', { reason }, `not a seed: ${why}`)
  }
  if (typeof text !== 'string') return fail('not-text', `it is a ${typeof text}`)
  if (text.length !== seedLength) return fail('length', `${text.length} characters, not 58`)
  const bytes = decodeBase32(text)
  if (bytes === undefined) return fail('alphabet', 'not upper-case base32')
  const type = typeOfPrefix(((bytes[0]! & 7) << 5) | (bytes[1]! >>> 3))
  if ((bytes[0]! & 0xf8) !== seedPrefix || type === undefined || (bytes[1]! & 7) !== 0)
    return fail('prefix', 'its first letters are not those of a seed')
  if (!checksumHolds(bytes)) return fail('checksum', 'wrong checksum')
  return { type, raw: bytes.slice(2, 34) }
}

function withChecksum(prefix: readonly number[], raw: Uint8Array): Uint8Array {
  if (raw.length !== 32) throw new RangeError(`a raw key is 32 bytes, not ${raw.length}`)
  const bytes = new Uint8Array(prefix.length + 34)
  bytes.set(prefix)
  bytes.set(raw, prefix.length)
  new DataView(bytes.buffer).setUint16(prefix.length + 32, crc16(bytes.subarray(0, -2)), true)
  return bytes
}

function checksumHolds(bytes: Uint8Array): boolean {
  const body = bytes.subarray(0, -2)
  return crc16(body) === (bytes[body.length]! | (bytes[body.length + 1]! << 8))
}

/** The points whose order divides 8, as little-endian y; the sign bit does not matter. */
const smallOrder = new Set([
  `00${'00'.repeat(31)}`,
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

/** Of small order, or a second spelling (y at or above the field's prime) of some other point. */
function isWeakPoint(raw: Uint8Array): boolean {
  const y = Uint8Array.from(raw)
  y[31]! &= 0x7f
  const aboveField =
    y[31] === 0x7f && y[0]! >= 0xed && y.subarray(1, 31).every((byte) => byte === 0xff)
  return aboveField || smallOrder.has(Buffer.from(y.buffer).toString('hex'))
}

/** Names a bad key without ever repeating a seed: those are secret, and people do paste them. */
export function quoteKey(text: unknown): string {
  if (typeof text !== 'string') return 'that'
  if (looksLikeSeed(text)) return 'a text that looks like a seed'
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text)
}

/** Whether a text could be a seed, so that no error repeats it. */
export function looksLikeSeed(text: string): boolean {
  return /^\s*s/iu.test(text)
}

function wanted(type: KeyType | undefined): string {
  return type === undefined
    ? 'a public key'
    : `${withArticle(type)} public key (${keyLetter(type)}…)`
}

function withArticle(type: KeyType): string {
  return /^[ao]/u.test(type) ? `an ${type}` : `a ${type}`
}
