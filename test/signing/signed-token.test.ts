import test from 'ava'
import type { ClaimsInputOf, TokenKind } from '../../signing/claims.ts'
import { SigningError } from '../../signing/errors.ts'
import { KeyPair } from '../../signing/key-pair.ts'
import type { KeyType } from '../../signing/key-type.ts'
import { decodeToken, signToken, tokenKindOf, verifyToken } from '../../signing/signed-token.ts'
import { forgeToken, goodHeader, issuer, payloadWith } from '../support/forged-token.ts'

const pairs: Record<KeyType, KeyPair> = {
  account: KeyPair.fromSeed(issuer.seed),
  module: KeyPair.generate('module'),
  server: KeyPair.generate('server'),
  service: KeyPair.generate('service'),
  operator: KeyPair.generate('operator'),
  cluster: KeyPair.generate('cluster'),
  user: KeyPair.generate('user'),
}
const hash = 'AB'.repeat(32)
const options = { now: new Date('2026-01-01T00:00:00Z'), jti: '0123456789ABCDEFGHIJKL' }
const target_url = 'wasmbus://MAAA/HandleRequest'

interface Case<K extends TokenKind = TokenKind> {
  kind: K
  input: ClaimsInputOf[K]
  issuer: KeyType
  /** A type of key, or an invocation's id. */
  subject: string
  /** The JSON under `wascap`. */
  wascap: string
}

const cases: Case[] = [
  {
    kind: 'actor',
    input: { hash, name: 'Echo' },
    issuer: 'account',
    subject: 'module',
    wascap: `{"name":"Echo","hash":"${hash}","tags":[],"caps":[],"prov":false}`,
  },
  {
    kind: 'provider',
    input: {
      name: 'Redis',
      contractId: 'wascc:keyvalue',
      vendor: 'acme',
      revision: 2,
      version: '0.2',
      targetHashes: { 'x86_64-linux': hash, 'aarch64-macos': hash },
      configSchema: { type: 'object', properties: { url: { type: 'string' } } },
    },
    issuer: 'account',
    subject: 'service',
    wascap:
      `{"name":"Redis","capid":"wascc:keyvalue","vendor":"acme","rev":2,"ver":"0.2","target_hashes":{"x86_64-linux":"${hash}","aarch64-macos":"${hash}"},` +
      '"config_schema":{"type":"object","properties":{"url":{"type":"string"}}}}',
  },
  {
    kind: 'provider',
    input: { contractId: 'a:b', vendor: 'v', targetHashes: {} },
    issuer: 'account',
    subject: 'service',
    wascap: '{"name":null,"capid":"a:b","vendor":"v","target_hashes":{}}',
  },
  {
    kind: 'account',
    input: { name: 'Team', validSigners: [issuer.publicKey] },
    issuer: 'operator',
    subject: 'account',
    wascap: `{"name":"Team","valid_signers":["${issuer.publicKey}"]}`,
  },
  {
    kind: 'operator',
    input: { name: 'Op' },
    issuer: 'operator',
    subject: 'operator',
    wascap: '{"name":"Op","valid_signers":[]}',
  },
  {
    kind: 'cluster',
    input: {},
    issuer: 'cluster',
    subject: 'cluster',
    wascap: '{"name":null,"valid_signers":[]}',
  },
  {
    kind: 'cluster',
    input: {},
    issuer: 'operator',
    subject: 'cluster',
    wascap: '{"name":null,"valid_signers":[]}',
  },
  {
    kind: 'user',
    input: { name: 'u' },
    issuer: 'account',
    subject: 'user',
    wascap: '{"name":"u","valid_signers":[]}',
  },
  {
    kind: 'invocation',
    input: { targetUrl: target_url, originUrl: 'wasmbus://system', hash },
    issuer: 'server',
    subject: '0e2c4e0e-9a3c-4ad5-b8e6-3cf0a3b7a7aa',
    wascap: `{"target_url":"${target_url}","origin_url":"wasmbus://system","hash":"${hash}"}`,
  },
  {
    kind: 'invocation',
    input: { targetUrl: target_url, originUrl: 'wasmbus://system', hash },
    issuer: 'cluster',
    subject: 'id',
    wascap: `{"target_url":"${target_url}","origin_url":"wasmbus://system","hash":"${hash}"}`,
  },
]

for (const [number, each] of cases.entries()) {
  const by = pairs[each.issuer]
  const about = each.subject in pairs ? pairs[each.subject as KeyType] : each.subject
  const name = typeof about === 'string' ? about : about.publicKey

  test(`signToken - case ${number}: writes ${each.kind} claims of an ${each.issuer} key, which read back`, async (t) => {
    const token = await signToken(each.kind, each.input, { issuer: by, subject: about }, options)
    const [header = '', payload = ''] = token.split('.')
    t.is(Buffer.from(header, 'base64url').toString(), goodHeader)
    t.is(
      Buffer.from(payload, 'base64url').toString(),
      `{"jti":"${options.jti}","iat":1767225600,"iss":"${by.publicKey}","sub":"${name}","wascap":${each.wascap},"wascap_revision":3}`,
    )
    const { claims, kind } = await verifyToken(each.kind, token, options)
    t.is(kind, each.kind)
    t.is(tokenKindOf(token), each.kind)
    t.like(claims, {
      ...each.input,
      subject: name,
      issuer: by.publicKey,
      jti: options.jti,
      wascapRevision: 3,
    })
    t.deepEqual(decodeToken(each.kind, token).claims, claims)
  })

  test(`signToken - case ${number}: refuses ${each.kind} claims of every other issuer`, async (t) => {
    const allowed = cases.filter(({ kind }) => kind === each.kind).map((one) => one.issuer)
    for (const [type, pair] of Object.entries(pairs) as [KeyType, KeyPair][]) {
      if (allowed.includes(type)) continue
      const error = await t.throwsAsync<SigningError>(
        signToken(each.kind, each.input, { issuer: pair, subject: about }, options),
        { instanceOf: SigningError, code: 'ERR_ISSUER_INVALID' },
        type,
      )
      t.like(error.detail, { issuer: pair.publicKey })
    }
  })

  test(`verifyToken - case ${number}: refuses ${each.kind} claims as any other kind`, async (t) => {
    const token = await signToken(each.kind, each.input, { issuer: by, subject: about }, options)
    for (const { kind } of cases)
      if (kind !== each.kind)
        await t.throwsAsync(verifyToken(kind, token, options), { instanceOf: SigningError }, kind)
  })
}

test('verifyToken - refuses an invocation without an id', async (t) => {
  const payload = payloadWith({
    iss: pairs.server.publicKey,
    sub: '',
    wascap: { target_url, origin_url: '', hash },
  })
  await t.throwsAsync(verifyToken('invocation', forgeToken(goodHeader, payload)), {
    instanceOf: SigningError,
    code: 'ERR_SUBJECT_INVALID',
  })
})

test('decodeToken - reads accounts of before 2020-02, which have a name only, and null for signers', (t) => {
  for (const wascap of [{ name: 'old' }, { name: 'old', valid_signers: null }]) {
    const payload = payloadWith({ iss: pairs.operator.publicKey, sub: issuer.publicKey, wascap })
    t.like(decodeToken('account', forgeToken(goodHeader, payload)).claims, {
      name: 'old',
      validSigners: [],
    })
  }
})

const badProviders: [claim: string, change: Record<string, unknown>][] = [
  ['wascap.capid', { capid: undefined }],
  ['wascap.vendor', { vendor: null }],
  ['wascap.target_hashes', { target_hashes: undefined }],
  ['wascap.target_hashes', { target_hashes: [hash] }],
  ['wascap.target_hashes.x86_64-linux', { target_hashes: { 'x86_64-linux': 1 } }],
  ['wascap.target_hashes.x86_64-linux', { target_hashes: { 'x86_64-linux': hash.toLowerCase() } }],
]
for (const [claim, change] of badProviders)
  test(`decodeToken - refuses a provider with ${JSON.stringify(change)}, naming ${claim}`, (t) => {
    const wascap = { name: 'p', capid: 'a:b', vendor: 'v', target_hashes: {}, ...change }
    const token = forgeToken(goodHeader, payloadWith({ sub: pairs.service.publicKey, wascap }))
    const error = t.throws<SigningError>(() => decodeToken('provider', token), {
      instanceOf: SigningError,
      code: 'ERR_CLAIMS_INVALID',
    })
    t.like(error.detail, { claim })
  })
