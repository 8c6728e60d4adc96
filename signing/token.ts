/**
 * A token: a JWT of exactly three segments, read so strictly that each token has one spelling, and
 * signed with Ed25519 and nothing else.
 */

import { checkTokenSize } from './claims-section.ts'
import { SigningError, type TokenPart } from './errors.ts'
import { type KeyPair, privateKeyObject, publicKeyObject } from './key-pair.ts'
import { parsePublicKey } from './nkey.ts'
import { isJsonObject, type JsonObject, type JsonValue, parseStrictJson } from './strict-json.ts'

/** A token taken apart, nothing verified. */
export interface TokenParts {
  /** The text it was made from. */
  readonly token: string
  readonly header: JsonObject
  readonly payload: JsonObject
}

const algorithm = 'Ed25519'
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Takes a token apart: at most 64 KiB, three segments of canonical unpadded base64url, strict UTF-8
 * and strict JSON (no duplicate keys) in the first two.
 *
 * @throws SigningError `ERR_CLAIMS_TOO_LARGE`, `ERR_TOKEN_MALFORMED`
 */
export function parseToken(token: string): TokenParts {
  checkTokenSize(token.length)
  const segments = token.split('.')
  if (segments.length !== 3) malformed('token', `${segments.length} segments, not 3`)
  const [header, payload, signature] = segments as [string, string, string]
  decodeSegment('signature', signature)
  return {
    token,
    header: parseObject('header', decodeSegment('header', header)),
    payload: parseObject('payload', decodeSegment('payload', payload)),
  }
}

/**
 * What is wrong with a token's header, if anything: it says `"alg":"Ed25519"` and `"typ":"jwt"` and
 * nothing else. So `none`, `EdDSA`, another case, `crit` and embedded keys are all refused.
 *
 * @returns SigningError `ERR_TOKEN_ALGORITHM` or `ERR_TOKEN_HEADER`
 */
export function headerFailure(header: JsonObject): SigningError | undefined {
  const { alg, typ } = header
  if (alg !== algorithm) {
    const shown = alg === undefined ? 'no algorithm' : `algorithm ${JSON.stringify(alg)}`
    return new SigningError('ERR_TOKEN_ALGORITHM', { alg }, `${shown} where Ed25519 is required`)
  }
  const member =
    typ === 'jwt' ? Object.keys(header).find((key) => !'alg typ'.split(' ').includes(key)) : 'typ'
  if (member === undefined) return undefined
  const message = `the token's header may not say ${JSON.stringify(member)}: ${JSON.stringify(header[member])}`
  return new SigningError('ERR_TOKEN_HEADER', { member }, message)
}

/**
 * Whether the signature is the issuer's.
 *
 * @param issuer the public key to verify with
 * @throws SigningError `ERR_NKEY_INVALID` if the issuer is no public key
 */
export async function signatureHolds(token: string, issuer: string): Promise<boolean> {
  const key = publicKeyObject(parsePublicKey(issuer).raw)
  const { compactVerify } = await import('jose/jws/compact/verify')
  try {
    await compactVerify(token, key, { algorithms: [algorithm] })
    return true
  } catch {
    // jose refuses by throwing; whatever its reason, this token is not shown to be the issuer's
    return false
  }
}

/**
 * Signs a payload.
 *
 * @param payload as JSON text: byte for byte what is signed
 */
export async function makeToken(payload: string, issuer: KeyPair): Promise<string> {
  const { CompactSign } = await import('jose/jws/compact/sign')
  const token = await new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ typ: 'jwt', alg: algorithm })
    .sign(privateKeyObject(issuer))
  checkTokenSize(token.length)
  return token
}

function decodeSegment(part: TokenPart, segment: string): Uint8Array {
  const bytes = Buffer.from(segment, 'base64url')
  // Node decodes leniently; only the one spelling it would write itself is accepted
  if (bytes.toString('base64url') !== segment)
    malformed(part, 'not canonical base64url without padding')
  return bytes
}

function parseObject(part: TokenPart, bytes: Uint8Array): JsonObject {
  let value: JsonValue
  try {
    value = parseStrictJson(utf8.decode(bytes))
  } catch (cause) {
    return malformed(part, cause instanceof SyntaxError ? cause.message : 'not UTF-8', cause)
  }
  return isJsonObject(value) ? value : malformed(part, 'not a JSON object')
}

function malformed(part: TokenPart, reason: string, cause?: unknown): never {
  const where = part === 'token' ? 'the token' : `the token’s ${part}`
  const message = `${where} is malformed: ${reason}`
  throw new SigningError('ERR_TOKEN_MALFORMED', { part, reason }, message, { cause })
}
