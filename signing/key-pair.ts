/** A key pair: a seed, the public key it gives, and signing with it. */

import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto'
import type { KeyType } from './key-type.ts'
import { encodePublicKey, encodeSeed, parsePublicKey, parseSeed } from './nkey.ts'

// RFC 8410: what DER puts before the 32 bytes of an Ed25519 private or public key.
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')

/** Node's key for a public key's 32 bytes. */
export function publicKeyObject(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' })
}

/** Node's key for a pair's private half: for this folder only, so it is no member of the class. */
export let privateKeyObject: (pair: KeyPair) => KeyObject

/**
 * An identity that can sign. The seed is in no enumerable property: logging, `JSON.stringify` and
 * `util.inspect` show none of it.
 */
export class KeyPair {
  readonly type: KeyType
  /** 56 characters whose first letter is the type. */
  readonly publicKey: string
  readonly #raw: Uint8Array
  readonly #privateKey: KeyObject

  static {
    privateKeyObject = (pair) => pair.#privateKey
  }

  private constructor(type: KeyType, raw: Uint8Array) {
    this.type = type
    this.#raw = raw
    const der = Buffer.concat([pkcs8Prefix, raw])
    this.#privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const spki = createPublicKey(this.#privateKey).export({ format: 'der', type: 'spki' })
    this.publicKey = encodePublicKey(type, spki.subarray(spkiPrefix.length))
  }

  /** A new pair from the system's random source. */
  static generate(type: KeyType): KeyPair {
    return new KeyPair(type, randomBytes(32))
  }

  /**
   * The pair that a seed stands for: 58 upper-case characters.
   *
   * @throws SigningError `ERR_SEED_INVALID`
   */
  static fromSeed(seed: string): KeyPair {
    const { type, raw } = parseSeed(seed)
    return new KeyPair(type, raw)
  }

  /**
   * The pair in a `.nk` file: a seed with white space around it.
   *
   * @throws SigningError `ERR_SEED_INVALID`
   */
  static fromSeedFile(text: string): KeyPair {
    return KeyPair.fromSeed(text.trim())
  }

  /**
   * Another pair, of which whoever knows this one's seed knows the seed, and nobody else: the same for
   * the same type and label.
   */
  derive(type: KeyType, label: string): KeyPair {
    const raw = createHmac('sha256', this.#raw).update(`${type}:${label}`).digest()
    return new KeyPair(type, raw)
  }

  /** The seed's text. Secret: whoever has it is this identity. */
  get seed(): string {
    return encodeSeed(this.type, this.#raw)
  }

  /** What a `.nk` file holds: the seed and a newline. Secret. */
  get seedFile(): string {
    return `${this.seed}\n`
  }

  /** The 64 bytes of an Ed25519 signature. */
  sign(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(signBytes(null, bytes, this.#privateKey))
  }
}

/**
 * Whether `signature` is `publicKey`'s over `bytes`. A wrong length is a wrong signature.
 *
 * @throws SigningError `ERR_NKEY_INVALID`
 */
export function verifySignature(
  publicKey: string,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = publicKeyObject(parsePublicKey(publicKey).raw)
  return verifyBytes(null, bytes, key, signature)
}
