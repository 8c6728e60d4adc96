/** How each kind of token is read and written: wascap's JSON, key by key. */

import { normaliseCallAlias } from './call-alias.ts'
import type {
  ActorClaims,
  ActorClaimsInput,
  ClaimsInputOf,
  ClaimsOf,
  CommonClaims,
  EntityClaims,
  EntityClaimsInput,
  InvocationClaims,
  InvocationClaimsInput,
  ProviderClaims,
  ProviderClaimsInput,
  TokenKind,
} from './claims.ts'
import { ClaimsReader, invalidClaim } from './claims-reader.ts'
import type { KeyType } from './key-type.ts'
import type { JsonObject } from './strict-json.ts'

const minRevision = -(2 ** 31)
const maxRevision = 2 ** 31 - 1
const maxWascapRevision = 2 ** 32 - 1

/** Claims that only tokens of one kind have. */
type Own<Claims> = Omit<Claims, keyof CommonClaims>

interface KindRules<Claims, Input> {
  /** The types of key that may sign. */
  readonly issuers: readonly KeyType[]
  /** The types of key the token may be about; empty if it is about something else than a key. */
  readonly subjects: readonly KeyType[]
  /** @throws SigningError `ERR_CLAIMS_INVALID` */
  readonly read: (wascap: ClaimsReader) => Own<Claims>
  /** What goes under `wascap`, in wascap's order of keys; what is undefined is left out. */
  readonly write: (input: Input) => object
}

/** What is written for a claim that holds no text: wascap has null there, not absence. */
const entity = {
  read: (wascap: ClaimsReader): Own<EntityClaims> =>
    present({ name: wascap.optionalString('name'), validSigners: wascap.strings('valid_signers') }),
  write: (input: EntityClaimsInput): object => ({
    name: input.name ?? null,
    valid_signers: input.validSigners ?? [],
  }),
}

/** The rules of each kind of token. Invocations were signed by hosts, then (OTP) by cluster keys. */
export const claimKinds: {
  readonly [K in TokenKind]: KindRules<ClaimsOf[K], ClaimsInputOf[K]>
} = {
  actor: { issuers: ['account'], subjects: ['module'], read: readActorClaims, write: writeActor },
  provider: {
    issuers: ['account'],
    subjects: ['service'],
    read: readProviderClaims,
    write: writeProvider,
  },
  account: { issuers: ['operator'], subjects: ['account'], ...entity },
  operator: { issuers: ['operator'], subjects: ['operator'], ...entity },
  cluster: { issuers: ['operator', 'cluster'], subjects: ['cluster'], ...entity },
  user: { issuers: ['account'], subjects: ['user'], ...entity },
  invocation: {
    issuers: ['server', 'cluster'],
    subjects: [],
    read: readInvocationClaims,
    write: writeInvocation,
  },
}

/** What is under a token's `wascap`; the flat form of 2019 has the same claims at the top level. */
export function readOwnClaims<K extends TokenKind>(kind: K, payload: JsonObject): Own<ClaimsOf[K]> {
  const top = new ClaimsReader(payload)
  return claimKinds[kind].read(top.has('wascap') ? top.object('wascap') : top)
}

/** The claims that every kind has. Whether issuer and subject are keys is not looked at. */
export function readCommonClaims(payload: JsonObject): CommonClaims {
  const top = new ClaimsReader(payload)
  return present({
    subject: typeof payload['sub'] === 'string' ? payload['sub'] : '',
    issuer: typeof payload['iss'] === 'string' ? payload['iss'] : '',
    issuedAt: top.optionalDate('iat'),
    expiresAt: top.optionalDate('exp'),
    notBefore: top.optionalDate('nbf'),
    jti: top.optionalString('jti'),
    wascapRevision: top.optionalInteger('wascap_revision', 0, maxWascapRevision) ?? 0,
  })
}

function readActorClaims(wascap: ClaimsReader): Own<ActorClaims> {
  return present({
    name: wascap.optionalString('name'),
    hash: wascap.sha256('hash'),
    tags: wascap.strings('tags'),
    contracts: wascap.strings('caps'),
    revision: wascap.optionalInteger('rev', minRevision, maxRevision),
    version: wascap.optionalString('ver'),
    callAlias: wascap.optionalString('call_alias'),
    isProvider: wascap.boolean('prov'),
  })
}

function writeActor(input: ActorClaimsInput & { readonly hash: string }): object {
  return {
    name: input.name,
    hash: input.hash,
    tags: input.tags ?? [],
    caps: input.contracts ?? [],
    rev: input.revision,
    ver: input.version,
    call_alias: input.callAlias === undefined ? undefined : writtenAlias(input.callAlias),
    prov: input.isProvider ?? false,
  }
}

function writtenAlias(alias: string): string {
  return normaliseCallAlias(alias) || invalidClaim('wascap.call_alias', 'empty once normalised')
}

function readProviderClaims(wascap: ClaimsReader): Own<ProviderClaims> {
  const targetHashes = wascap.stringMap('target_hashes')
  for (const [target, hash] of Object.entries(targetHashes))
    if (!/^[\dA-F]{64}$/u.test(hash))
      wascap.invalid(`target_hashes.${target}`, 'not an upper-case hex SHA-256')
  return present({
    name: wascap.optionalString('name'),
    contractId: wascap.string('capid'),
    vendor: wascap.string('vendor'),
    revision: wascap.optionalInteger('rev', minRevision, maxRevision),
    version: wascap.optionalString('ver'),
    targetHashes,
    configSchema: wascap.value('config_schema'),
  })
}

function writeProvider(input: ProviderClaimsInput): object {
  return {
    name: input.name ?? null,
    capid: input.contractId,
    vendor: input.vendor,
    rev: input.revision,
    ver: input.version,
    target_hashes: input.targetHashes,
    config_schema: input.configSchema,
  }
}

function readInvocationClaims(wascap: ClaimsReader): Own<InvocationClaims> {
  return {
    targetUrl: wascap.string('target_url'),
    originUrl: wascap.string('origin_url'),
    hash: wascap.sha256('hash'),
  }
}

function writeInvocation(input: InvocationClaimsInput): object {
  return { target_url: input.targetUrl, origin_url: input.originUrl, hash: input.hash }
}

/** An object without the members that are undefined: optional claims are absent, not undefined. */
function present<T extends object>(
  claims: T,
): { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
} {
  const entries = Object.entries(claims).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as ReturnType<typeof present<T>>
}
