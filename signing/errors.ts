/**
 * Every way keys, claims and signed modules are refused, by stable code. Callers match `code`;
 * `detail` carries the facts, the message is for people. No detail and no message ever holds a seed.
 */

import type { KeyType } from './key-type.ts'

/** Why a text is no nkey: its length, a character, its prefix, its CRC, its type, or its point. */
export type NkeyFault = 'not-text' | 'length' | 'alphabet' | 'prefix' | 'checksum' | 'type' | 'weak'

/** What each signing failure tells its catcher, by code. Offsets and sizes in bytes. */
export interface SigningErrorDetails {
  /** Not a public key, or not of the type that is needed here. */
  ERR_NKEY_INVALID: { reason: NkeyFault; expected?: KeyType; actual?: KeyType }
  /** Not a seed. What was given is never repeated. */
  ERR_SEED_INVALID: { reason: NkeyFault }
  /** The bytes are not a core wasm module. `offset` is where reading stopped. */
  ERR_WASM_MALFORMED: { reason: string; offset: number }
  /** A module without a claims section: it was never signed. */
  ERR_CLAIMS_MISSING: { sections: number }
  /** More than one claims section. */
  ERR_CLAIMS_DUPLICATE: { offsets: readonly number[] }
  /** A claims section hidden in a module inside another custom section. */
  ERR_CLAIMS_NESTED: { section: string; offset: number }
  /** A token longer than `allowed`. */
  ERR_CLAIMS_TOO_LARGE: { bytes: number; allowed: number }
  /** Not three segments of canonical base64url with strict JSON in the first two. */
  ERR_TOKEN_MALFORMED: { part: TokenPart; reason: string }
  /** An `alg` other than `Ed25519`. */
  ERR_TOKEN_ALGORITHM: { alg: unknown }
  /** A header that says more, or something else, than `typ` and `alg`. */
  ERR_TOKEN_HEADER: { member: string }
  /** A claim that is missing, of the wrong type or out of range. `claim` is its path. */
  ERR_CLAIMS_INVALID: { claim: string; reason: string }
  /** `iss` is not a public key of a type that may sign this. */
  ERR_ISSUER_INVALID: { issuer: string | undefined; expected: readonly KeyType[] }
  /** `sub` does not name what tokens of this kind are about. */
  ERR_SUBJECT_INVALID: { subject: string | undefined; expected: readonly KeyType[] }
  /** The signature is not the issuer's. */
  ERR_SIGNATURE_INVALID: { issuer: string }
  /** The module is not the one that was signed. Upper-case hex SHA-256. */
  ERR_HASH_MISMATCH: { claimed: string; raw: string; canonical: string }
  /** Not a provider archive as they are made, or a damaged one. `offset` is where reading stopped. */
  ERR_ARCHIVE_MALFORMED: { reason: string; offset: number }
  /** A provider archive beyond what is accepted; a compression ratio counts as one. */
  ERR_ARCHIVE_TOO_LARGE: {
    limit: 'files' | 'contentBytes' | 'totalBytes' | 'claimsBytes' | 'compressionRatio'
    allowed: number
  }
  /** A library that is not the one that was signed; `claimed` is absent for one that nobody signed. */
  ERR_ARCHIVE_HASH: { target: string; claimed: string | undefined; actual: string }
  /** No code for the target that is wanted, only for `targets`. */
  ERR_ARCHIVE_TARGET: { target: string; targets: readonly string[] }
  /** The clock reached `expiredAt`. */
  ERR_CLAIMS_EXPIRED: { subject: string; expiredAt: Date }
  /** `claim` says which: not-before, or issued in the future. */
  ERR_CLAIMS_NOT_YET_VALID: { subject: string; claim: 'nbf' | 'iat'; validFrom: Date }
}

/** Which part of a token is malformed. */
export type TokenPart = 'token' | 'header' | 'payload' | 'signature'

/** The stable codes, to match on. */
export type SigningErrorCode = keyof SigningErrorDetails

/** The one error class this folder throws. Narrow an {@link AnySigningError} on its `code`. */
export class SigningError<C extends SigningErrorCode = SigningErrorCode> extends Error {
  override readonly name: string = 'SigningError'
  readonly code: C
  readonly detail: SigningErrorDetails[C]

  constructor(code: C, detail: SigningErrorDetails[C], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }
}

/** Any signing error, so that a `switch` on `code` narrows `detail`. */
export type AnySigningError = { [C in SigningErrorCode]: SigningError<C> }[SigningErrorCode]

/** What people are told about a code: `exit` is the CLI's exit code, `retryable` that trying again may help. */
export interface ErrorInfo {
  readonly summary: string
  readonly hint: string
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7
  readonly retryable?: true
}

/** Summary, fix and exit code of every code. docs/errors.md is made from it. */
export const signingErrors: Record<SigningErrorCode, ErrorInfo> = {
  ERR_NKEY_INVALID: {
    summary: 'a public key is malformed or of the wrong type',
    hint: 'public keys are 56 upper-case characters; the first letter is the type: A account, M actor, V provider, N host, O operator, C cluster, U user',
    exit: 2,
  },
  ERR_SEED_INVALID: {
    summary: 'a seed is malformed',
    hint: 'seeds are 58 upper-case characters that start with S; `wash-ts keys gen` makes one',
    exit: 2,
  },
  ERR_WASM_MALFORMED: {
    summary: 'the file is not a core WebAssembly module',
    hint: 'check that the file is complete and a core module, not a component and not text',
    exit: 4,
  },
  ERR_CLAIMS_MISSING: {
    summary: 'the module carries no claims',
    hint: 'sign it with `wash-ts claims sign`',
    exit: 4,
  },
  ERR_CLAIMS_DUPLICATE: {
    summary: 'the module carries more than one claims section',
    hint: 'sign the module again: signing removes the older sections',
    exit: 4,
  },
  ERR_CLAIMS_NESTED: {
    summary: 'a custom section hides a module with claims of its own',
    hint: 'remove that custom section and sign again; claims belong at the top level only',
    exit: 4,
  },
  ERR_CLAIMS_TOO_LARGE: {
    summary: 'the claims are larger than 64 KiB',
    hint: 'shorten the tags, contracts or schema in the claims and sign again',
    exit: 4,
  },
  ERR_TOKEN_MALFORMED: {
    summary: 'the token is not a well-formed JWT',
    hint: 'the module or token was damaged or made by another tool; sign it again',
    exit: 4,
  },
  ERR_TOKEN_ALGORITHM: {
    summary: 'the token names an algorithm other than Ed25519',
    hint: 'only `Ed25519` is accepted; sign it again with `wash-ts claims sign`',
    exit: 4,
  },
  ERR_TOKEN_HEADER: {
    summary: 'the token has an unexpected header',
    hint: 'the header is exactly `{"typ":"jwt","alg":"Ed25519"}`; sign it again',
    exit: 4,
  },
  ERR_CLAIMS_INVALID: {
    summary: 'a claim is missing or of the wrong shape',
    hint: 'the error names the claim; correct it and sign again',
    exit: 4,
  },
  ERR_ISSUER_INVALID: {
    summary: 'the issuer is not a key that may sign this',
    hint: 'actors and providers are signed by an account key (A…), accounts by an operator key (O…)',
    exit: 4,
  },
  ERR_SUBJECT_INVALID: {
    summary: 'the subject is not a key of the right type',
    hint: 'an actor is named by a module key (M…), a provider by a service key (V…)',
    exit: 4,
  },
  ERR_SIGNATURE_INVALID: {
    summary: 'the signature does not belong to the issuer',
    hint: 'the claims were changed after signing or signed with another key; sign it again',
    exit: 4,
  },
  ERR_HASH_MISMATCH: {
    summary: 'the module was changed after it was signed',
    hint: 'get the module from its source again, or sign it again if you made the change',
    exit: 4,
  },
  ERR_ARCHIVE_MALFORMED: {
    summary: 'the file is not a provider archive, or a damaged one',
    hint: 'make it with `wash-ts par create`; an archive holds claims.jwt first, then one TARGET.bin for each target',
    exit: 4,
  },
  ERR_ARCHIVE_TOO_LARGE: {
    summary: 'a provider archive is larger, or compressed more, than any real one',
    hint: 'get the archive from its source again; 256 MiB of content in 64 files is the most',
    exit: 4,
  },
  ERR_ARCHIVE_HASH: {
    summary: 'a library of a provider archive is not the one that was signed',
    hint: 'get the archive from its source again, or make it again if you made the change',
    exit: 4,
  },
  ERR_ARCHIVE_TARGET: {
    summary: 'a provider archive holds no code for the target that is needed',
    hint: 'this host runs the target `node`: one JavaScript file; `wash-ts par insert` adds one',
    exit: 3,
  },
  ERR_CLAIMS_EXPIRED: {
    summary: 'the claims have expired',
    hint: 'sign the module again with a later expiry; check this machine’s clock',
    exit: 4,
  },
  ERR_CLAIMS_NOT_YET_VALID: {
    summary: 'the claims are not valid yet',
    hint: 'wait until the time the error names; check this machine’s clock',
    exit: 4,
    retryable: true,
  },
}
