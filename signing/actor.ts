/** Signed actors: make, read, verify, inspect, strip. */

import {
  type ClaimsSectionName,
  embedToken,
  hashToClaim,
  type ModuleHash,
  readClaimsSection,
  stripClaims,
} from './claims-section.ts'
import type { ActorClaims, ActorClaimsInput } from './claims.ts'
import { SigningError } from './errors.ts'
import {
  decodeToken,
  type DecodedToken,
  judgeToken,
  readToken,
  type SigningKeys,
  type SignOptions,
  signToken,
} from './signed-token.ts'
import type { JsonObject } from './strict-json.ts'
import { type ValidityOptions, validityFailure } from './validity.ts'

/** A signed module's claims as they are written, and the hash it really has. Nothing is verified. */
export interface ActorModule {
  readonly token: string
  readonly header: JsonObject
  readonly claims: ActorClaims
  readonly sectionName: ClaimsSectionName
  readonly moduleHash: ModuleHash
}

/** A module whose claims all hold. Only {@link verifyActor} makes one. */
export interface VerifiedActor extends ActorModule {
  readonly [verified]: true
}
declare const verified: unique symbol

/** All that can be said about a module's claims. */
export interface ActorInspection {
  /**
   * What is written, as far as it can be read: trust none of it while there are failures; even
   * subject and issuer may be no keys.
   */
  readonly actor?: ActorModule
  /** Everything that speaks against it, most basic first; empty for a module that may be loaded. */
  readonly failures: readonly SigningError[]
  readonly signatureValid: boolean
  readonly hashValid: boolean
}

/**
 * Signs a module: removes older claims and appends new ones, written as current wascap writes them.
 * The same module, claims, keys, clock and `jti` give the same bytes; {@link stripClaims} gives back
 * the module as it was, less any older claims.
 *
 * @throws SigningError `ERR_WASM_MALFORMED`, `ERR_CLAIMS_NESTED`, `ERR_ISSUER_INVALID`,
 * `ERR_SUBJECT_INVALID`, `ERR_CLAIMS_INVALID`, `ERR_CLAIMS_TOO_LARGE`
 */
export async function signActor(
  wasm: Uint8Array,
  claims: ActorClaimsInput,
  keys: SigningKeys,
  options?: SignOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const unsigned = stripClaims(wasm)
  const hash = hashToClaim(unsigned)
  return embedToken(unsigned, await signToken('actor', { ...claims, hash }, keys, options))
}

/**
 * Reads a module's claims without judging them: neither header, nor signature, nor hash, nor time.
 *
 * @throws SigningError `ERR_WASM_MALFORMED`, `ERR_CLAIMS_DUPLICATE`, `ERR_CLAIMS_NESTED`,
 * `ERR_CLAIMS_MISSING`, `ERR_CLAIMS_TOO_LARGE`, `ERR_TOKEN_MALFORMED`, `ERR_CLAIMS_INVALID`,
 * `ERR_ISSUER_INVALID`, `ERR_SUBJECT_INVALID`
 */
export function readActor(wasm: Uint8Array): ActorModule {
  const section = readClaimsSection(wasm)
  return { ...section, ...partsOf(decodeToken('actor', section.token)) }
}

/**
 * Verifies a module: sections, token, issuer, subject, signature, hash and time, in this order. The
 * hash is enforced whatever revision the claims say they are of.
 *
 * @throws SigningError the first failure that {@link inspectActor} would list
 */
export async function verifyActor(
  wasm: Uint8Array,
  options?: ValidityOptions,
): Promise<VerifiedActor> {
  const { actor, failures } = await inspectActor(wasm, options)
  if (failures[0]) throw failures[0]
  return actor as VerifiedActor
}

/** Everything there is to say about a module's claims. Never throws for what is in the module. */
export async function inspectActor(
  wasm: Uint8Array,
  options?: ValidityOptions,
): Promise<ActorInspection> {
  let section: ReturnType<typeof readClaimsSection>
  let decoded: DecodedToken<'actor'>
  try {
    section = readClaimsSection(wasm)
    decoded = readToken('actor', section.token)
  } catch (error) {
    if (!(error instanceof SigningError)) throw error
    return { failures: [error], signatureValid: false, hashValid: false }
  }
  const actor: ActorModule = { ...section, ...partsOf(decoded) }
  const { failures, signatureValid } = await judgeToken(decoded)
  const hash = hashFailure(actor)
  const time = validityFailure(actor.claims, options)
  return {
    actor,
    failures: [...failures, ...(hash ? [hash] : []), ...(time ? [time] : [])],
    signatureValid,
    hashValid: hash === undefined,
  }
}

function partsOf({
  token,
  header,
  claims,
}: DecodedToken<'actor'>): Omit<ActorModule, 'sectionName' | 'moduleHash'> {
  return { token, header, claims }
}

function hashFailure({ claims, moduleHash }: ActorModule): SigningError | undefined {
  const { raw, canonical } = moduleHash
  if (claims.hash === raw || claims.hash === canonical) return undefined
  const detail = { claimed: claims.hash, raw, canonical }
  const message = `the module was changed after signing: its hash is ${raw}, not ${claims.hash}`
  return new SigningError('ERR_HASH_MISMATCH', detail, message)
}
