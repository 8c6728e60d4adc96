/** Tokens of every kind: make, take apart, verify. */

import type { ClaimsInputOf, ClaimsOf, TokenKind } from './claims.ts'
import { claimKinds, readCommonClaims, readOwnClaims } from './claim-kinds.ts'
import { SigningError } from './errors.ts'
import { invalidClaim } from './claims-reader.ts'
import { makeTokenId } from './jti.ts'
import { KeyPair } from './key-pair.ts'
import { keyLetter, type KeyType } from './key-type.ts'
import { isPublicKey, looksLikeSeed, quoteKey } from './nkey.ts'
import type { JsonObject } from './strict-json.ts'
import { headerFailure, makeToken, parseToken, signatureHolds } from './token.ts'
import { type ValidityOptions, validityFailure } from './validity.ts'

/** A token taken apart and read, nothing verified. */
export interface DecodedToken<K extends TokenKind = TokenKind> {
  readonly kind: K
  readonly token: string
  readonly header: JsonObject
  readonly claims: ClaimsOf[K]
}

/** A token whose header, shape, issuer, signature and time all hold. */
export interface VerifiedToken<K extends TokenKind = TokenKind> extends DecodedToken<K> {
  readonly [verified]: true
}
declare const verified: unique symbol

/** Who signs, and whom the claims are about. */
export interface SigningKeys {
  readonly issuer: KeyPair
  /** A key pair or a public key; an invocation's id for that kind. */
  readonly subject: KeyPair | string
}

/** What is otherwise taken from the clock and the random source. */
export interface SignOptions {
  /** The issue time. Default: the system's clock. */
  readonly now?: Date
  /** The token's id. Default: a random one. */
  readonly jti?: string
}

/** What wascap 0.10.1 and later write. */
const wascapRevision = 3

/**
 * Makes a token as current wascap does, key for key.
 *
 * @throws SigningError `ERR_ISSUER_INVALID`, `ERR_SUBJECT_INVALID` for keys of the wrong type,
 * `ERR_CLAIMS_INVALID`, `ERR_CLAIMS_TOO_LARGE`
 */
export async function signToken<K extends TokenKind>(
  kind: K,
  input: ClaimsInputOf[K],
  keys: SigningKeys,
  options: SignOptions = {},
): Promise<string> {
  const subject = keys.subject instanceof KeyPair ? keys.subject.publicKey : keys.subject
  if (input.expiresAt && input.notBefore && input.expiresAt <= input.notBefore)
    invalidClaim('exp', 'not after nbf')
  const payload = JSON.stringify({
    exp: input.expiresAt && toSeconds('exp', input.expiresAt),
    jti: options.jti ?? makeTokenId(),
    iat: toSeconds('iat', options.now ?? new Date()),
    iss: keys.issuer.publicKey,
    sub: subject,
    nbf: input.notBefore && toSeconds('nbf', input.notBefore),
    wascap: claimKinds[kind].write(input),
    wascap_revision: wascapRevision,
  })
  const token = await makeToken(payload, keys.issuer)
  // whatever was asked for: what cannot be read back is not given out
  decodeToken(kind, token)
  return token
}

/**
 * Takes a token apart and reads its claims. Nothing is verified: not even the header's algorithm.
 *
 * @throws SigningError `ERR_CLAIMS_TOO_LARGE`, `ERR_TOKEN_MALFORMED`, `ERR_CLAIMS_INVALID`,
 * `ERR_ISSUER_INVALID`, `ERR_SUBJECT_INVALID`
 */
export function decodeToken<K extends TokenKind>(kind: K, token: string): DecodedToken<K> {
  const decoded = readToken(kind, token)
  const [failure] = identityFailures(kind, decoded.claims)
  if (failure) throw failure
  return decoded
}

/**
 * Takes a token apart, reads it and verifies it: header, shape, issuer, subject, signature, time.
 *
 * @throws SigningError the first of `ERR_CLAIMS_TOO_LARGE`, `ERR_TOKEN_MALFORMED`, `ERR_CLAIMS_INVALID`,
 * `ERR_TOKEN_ALGORITHM`, `ERR_TOKEN_HEADER`, `ERR_ISSUER_INVALID`, `ERR_SUBJECT_INVALID`,
 * `ERR_SIGNATURE_INVALID`, `ERR_CLAIMS_EXPIRED`, `ERR_CLAIMS_NOT_YET_VALID` that applies
 */
export async function verifyToken<K extends TokenKind>(
  kind: K,
  token: string,
  options?: ValidityOptions,
): Promise<VerifiedToken<K>> {
  const decoded = readToken(kind, token)
  const verdict = await judgeToken(decoded)
  const failure = verdict.failures[0] ?? validityFailure(decoded.claims, options)
  if (failure) throw failure
  return decoded as VerifiedToken<K>
}

/** The kind a token must be by its subject: each kind of key has its own. */
export function tokenKindOf(token: string): TokenKind {
  const { sub } = parseToken(token).payload
  const kinds = Object.keys(claimKinds) as TokenKind[]
  const kind = kinds.find((each) =>
    claimKinds[each].subjects.some((type) => isPublicKey(sub, type)),
  )
  return kind ?? 'invocation'
}

/** As {@link decodeToken}, but issuer and subject are whatever is written, and empty if nothing is. */
export function readToken<K extends TokenKind>(kind: K, token: string): DecodedToken<K> {
  const { header, payload } = parseToken(token)
  const claims = { ...readCommonClaims(payload), ...readOwnClaims(kind, payload) }
  return { kind, token, header, claims: claims as unknown as ClaimsOf[K] }
}

/** What speaks against a token whatever the time: header, issuer, subject, signature, in this order. */
export async function judgeToken(
  decoded: DecodedToken,
): Promise<{ readonly failures: readonly SigningError[]; readonly signatureValid: boolean }> {
  const { claims } = decoded
  const header = headerFailure(decoded.header)
  const failures = [...(header ? [header] : []), ...identityFailures(decoded.kind, claims)]
  const signatureValid =
    isPublicKey(claims.issuer) && (await signatureHolds(decoded.token, claims.issuer))
  // with a header or an issuer that is refused there is no signature to speak of
  if (!signatureValid && header === undefined && isPublicKey(claims.issuer)) {
    const message = `the signature is not that of ${claims.issuer}`
    failures.push(new SigningError('ERR_SIGNATURE_INVALID', { issuer: claims.issuer }, message))
  }
  return { failures, signatureValid }
}

function identityFailures(
  kind: TokenKind,
  claims: { readonly issuer: string; readonly subject: string },
): SigningError[] {
  const { issuers, subjects } = claimKinds[kind]
  const { issuer, subject } = claims
  const failures: SigningError[] = []
  if (!isKeyOf(issuers, issuer)) {
    const detail = { issuer: repeatable(issuer), expected: issuers }
    // wash 0.1.6 did this when told both keys; the account then never signed, so it vouches for nothing
    const swapped =
      kind === 'actor' && isPublicKey(issuer, 'module') && isPublicKey(subject, 'account')
    const hint = swapped ? '; issuer and subject are swapped' : ''
    const message = `the issuer is ${describe(issuer, issuers)}${hint}`
    failures.push(new SigningError('ERR_ISSUER_INVALID', detail, message))
  }
  if (subjects.length === 0 ? subject === '' : !isKeyOf(subjects, subject)) {
    const detail = { subject: repeatable(subject), expected: subjects }
    const message = `the subject is ${describe(subject, subjects)}`
    failures.push(new SigningError('ERR_SUBJECT_INVALID', detail, message))
  }
  return failures
}

function isKeyOf(types: readonly KeyType[], text: string): boolean {
  return types.some((type) => isPublicKey(text, type))
}

/** What was claimed, unless nothing was or it could be a secret. */
function repeatable(text: string): string | undefined {
  return text === '' || looksLikeSeed(text) ? undefined : text
}

function describe(text: string, expected: readonly KeyType[]): string {
  if (text === '') return 'missing'
  const types = expected.map((type) => `${type} key (${keyLetter(type)}…)`).join(' or ')
  return `${quoteKey(text)}, not the public ${types}`
}

function toSeconds(claim: string, date: Date): number {
  const seconds = Math.floor(date.getTime() / 1000)
  return Number.isSafeInteger(seconds) && seconds >= 0
    ? seconds
    : invalidClaim(claim, 'not a date since 1970')
}
