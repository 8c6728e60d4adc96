import { createHash } from 'node:crypto'
import test from 'ava'
import { inspectActor, readActor, signActor, verifyActor } from '../../signing/actor.ts'
import { readClaimsSection, stripClaims } from '../../signing/claims-section.ts'
import type { ActorClaimsInput } from '../../signing/claims.ts'
import { SigningError, type SigningErrorCode } from '../../signing/errors.ts'
import { KeyPair } from '../../signing/key-pair.ts'
import { readSections } from '../../signing/wasm-sections.ts'
import {
  base64url,
  forgeToken,
  goodHeader,
  issuer,
  payloadWith,
  subject,
} from '../support/forged-token.ts'
import { answerModule, answerSections, custom, moduleOf, section } from '../support/module-bytes.ts'

const account = KeyPair.fromSeed(issuer.seed)
const keys = { issuer: account, subject }
const now = new Date('2026-01-01T00:00:00.999Z')
const jti = '0123456789ABCDEFGHIJKL'
const hashOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex').toUpperCase()

test('signActor - writes what current wascap writes, byte for byte', async (t) => {
  const wasm = answerModule()
  const claims: ActorClaimsInput = {
    name: 'Visit "counter" é',
    contracts: ['wascc:http_server', 'wascc:keyvalue'],
    tags: ['a', 'b'],
    revision: 7,
    version: '1.2.3',
    callAlias: ' My Counter-é.v2 ',
    expiresAt: new Date('2027-01-01T00:00:00Z'),
    notBefore: new Date('2025-01-01T00:00:00Z'),
  }
  const signed = await signActor(wasm, claims, keys, { now, jti })
  const payload =
    `{"exp":1798761600,"jti":"${jti}","iat":1767225600,"iss":"${issuer.publicKey}","sub":"${subject}","nbf":1735689600,` +
    `"wascap":{"name":"Visit \\"counter\\" é","hash":"${hashOf(wasm)}","tags":["a","b"],"caps":["wascc:http_server","wascc:keyvalue"],` +
    '"rev":7,"ver":"1.2.3","call_alias":"my_counter__v2","prov":false},"wascap_revision":3}'
  const section = custom('wasmcloud_jwt', forgeToken(goodHeader, payload))
  t.deepEqual(signed, Uint8Array.from([...wasm, ...section]))
  t.true(WebAssembly.validate(signed))
})

test('signActor - leaves out what is not given, but always writes tags, caps and prov', async (t) => {
  const signed = await signActor(answerModule(), {}, keys, { now, jti })
  t.is(
    Buffer.from(readActor(signed).token.split('.')[1]!, 'base64url').toString(),
    `{"jti":"${jti}","iat":1767225600,"iss":"${issuer.publicKey}","sub":"${subject}",` +
      `"wascap":{"hash":"${hashOf(answerModule())}","tags":[],"caps":[],"prov":false},"wascap_revision":3}`,
  )
})

test('verifyActor - gives back every claim that was signed', async (t) => {
  const claims = {
    name: 'n',
    contracts: ['c:1'],
    tags: ['t'],
    revision: -1,
    version: 'v',
    callAlias: 'alias',
    isProvider: true,
    expiresAt: new Date('2027-01-01T00:00:00Z'),
    notBefore: new Date('2025-01-01T00:00:00Z'),
  }
  const signed = await signActor(answerModule(), claims, keys, { now, jti })
  const actor = await verifyActor(signed, { now })
  t.deepEqual(actor.claims as unknown, {
    ...claims,
    subject,
    issuer: issuer.publicKey,
    issuedAt: new Date('2026-01-01T00:00:00Z'),
    jti,
    wascapRevision: 3,
    hash: hashOf(answerModule()),
  })
  t.deepEqual({ ...actor.header }, { typ: 'jwt', alg: 'Ed25519' })
  t.is(actor.sectionName, 'wasmcloud_jwt')
  t.deepEqual(readActor(signed), actor)
})

test('signActor - gives the same bytes for the same inputs, clock and jti', async (t) => {
  const claims = { name: 'x', contracts: ['wascc:logging'] }
  const [first, second] = await Promise.all([
    signActor(answerModule(), claims, keys, { now, jti }),
    signActor(answerModule(), claims, keys, { now, jti }),
  ])
  t.deepEqual(first, second)
})

test('signActor - differs in jti and signature only when no jti is given', async (t) => {
  const [first, second] = await Promise.all([
    signActor(answerModule(), {}, keys, { now }),
    signActor(answerModule(), {}, keys, { now }),
  ])
  const [a, b] = [readActor(first), readActor(second)]
  t.not(a.claims.jti, b.claims.jti)
  for (const { claims } of [a, b]) t.regex(claims.jti ?? '', /^[\dA-Za-z]{22}$/u)
  t.deepEqual({ ...a.claims, jti: '' }, { ...b.claims, jti: '' })
})

const unsigned: [why: string, wasm: Uint8Array][] = [
  ['a small module', answerModule()],
  ['the bare preamble', moduleOf()],
  [
    'needless bytes in section sizes',
    moduleOf(
      ...Object.values(answerSections).map((bytes) => section(bytes[0]!, bytes.slice(2), 4)),
    ),
  ],
  [
    'custom sections of its own',
    answerModule(custom('name', [0, 1, 0]), custom('producers', [0], 3)),
  ],
]

for (const [why, wasm] of unsigned)
  test(`stripClaims - gives back the exact bytes that were signed: ${why}`, async (t) => {
    const given = Uint8Array.from(wasm)
    const once = await signActor(wasm, { name: 'a' }, keys)
    const twice = await signActor(once, { name: 'b' }, keys)
    t.deepEqual(wasm, given)
    t.deepEqual(stripClaims(once), given)
    t.deepEqual(stripClaims(twice), given)
    t.deepEqual(stripClaims(wasm), given)
    t.is((await verifyActor(twice)).claims.name, 'b')
    t.is(readSections(twice).length, readSections(wasm).length + 1)
  })

test('signActor - removes older claims wherever and however many they are', async (t) => {
  const old = custom('jwt', 'garbage')
  const wasm = answerModule([...old, ...custom('wasmcloud_jwt', '')], old)
  const signed = await signActor(wasm, {}, keys)
  t.deepEqual(stripClaims(signed), answerModule())
  await t.notThrowsAsync(verifyActor(signed))
})

test('signActor - claims the canonical hash, which wascap 0.10 and later recompute', async (t) => {
  const padded = moduleOf(
    ...Object.values(answerSections).map((bytes) => section(bytes[0]!, bytes.slice(2), 5)),
  )
  const { claims, moduleHash } = await verifyActor(await signActor(padded, {}, keys))
  t.is(claims.hash, hashOf(answerModule()))
  t.deepEqual(moduleHash, { raw: hashOf(padded), canonical: hashOf(answerModule()) })
})

test('verifyActor - accepts the raw hash as well, as wascap before 0.10 wrote it, for any revision', async (t) => {
  const padded = moduleOf(
    ...Object.values(answerSections).map((bytes) => section(bytes[0]!, bytes.slice(2), 5)),
  )
  for (const wascap_revision of [undefined, 0, 2, 3, 4]) {
    const payload = payloadWith({ wascap_revision }, { hash: hashOf(padded) })
    const signed = Uint8Array.from([...padded, ...custom('jwt', forgeToken(goodHeader, payload))])
    t.is((await verifyActor(signed)).claims.wascapRevision, wascap_revision ?? 0)
  }
})

for (const wascap_revision of [undefined, 0, 1, 2, 3, 4])
  test(`verifyActor - enforces the hash of a module whose revision is ${wascap_revision}`, async (t) => {
    const payload = payloadWith({ wascap_revision }, { hash: hashOf(answerModule()) })
    const changed = answerModule()
    changed[changed.length - 1]! ^= 1
    const signed = Uint8Array.from([...changed, ...custom('jwt', forgeToken(goodHeader, payload))])
    const error = await t.throwsAsync<SigningError>(verifyActor(signed), {
      instanceOf: SigningError,
      code: 'ERR_HASH_MISMATCH',
    })
    const hash = hashOf(changed)
    t.deepEqual(error.detail, { claimed: hashOf(answerModule()), raw: hash, canonical: hash })
  })

const flatForms: [why: string, extra: Record<string, unknown>, contracts: string[]][] = [
  ['hash, tags and caps', { tags: ['t'], caps: ['wascap:keyvalue'] }, ['wascap:keyvalue']],
  ['hash alone', {}, []],
]
for (const [why, extra, contracts] of flatForms)
  test(`verifyActor - reads the flat payload of 2019 with ${why}`, async (t) => {
    const payload = payloadWith({ wascap: undefined, hash: hashOf(answerModule()), ...extra })
    const { claims } = await verifyActor(
      answerModule([], custom('jwt', forgeToken(goodHeader, payload))),
    )
    t.deepEqual(claims.contracts, contracts)
    t.is(claims.name, undefined)
    t.false(claims.isProvider)
    t.is(claims.wascapRevision, 0)
  })

const wrongInputs: [why: string, run: () => Promise<unknown>, code: SigningErrorCode][] = [
  [
    'a module key as issuer',
    () => signActor(answerModule(), {}, { issuer: KeyPair.generate('module'), subject }),
    'ERR_ISSUER_INVALID',
  ],
  [
    'an operator key as issuer',
    () => signActor(answerModule(), {}, { issuer: KeyPair.generate('operator'), subject }),
    'ERR_ISSUER_INVALID',
  ],
  [
    'an account key as subject',
    () => signActor(answerModule(), {}, { issuer: account, subject: account }),
    'ERR_SUBJECT_INVALID',
  ],
  [
    'a seed as subject',
    () =>
      signActor(answerModule(), {}, { issuer: account, subject: KeyPair.generate('module').seed }),
    'ERR_SUBJECT_INVALID',
  ],
  [
    'no subject',
    () => signActor(answerModule(), {}, { issuer: account, subject: '' }),
    'ERR_SUBJECT_INVALID',
  ],
  [
    'a revision beyond 32 bits',
    () => signActor(answerModule(), { revision: 2 ** 31 }, keys),
    'ERR_CLAIMS_INVALID',
  ],
  [
    'a broken revision',
    () => signActor(answerModule(), { revision: 0.5 }, keys),
    'ERR_CLAIMS_INVALID',
  ],
  [
    'an expiry before 1970',
    () => signActor(answerModule(), { expiresAt: new Date(-1) }, keys),
    'ERR_CLAIMS_INVALID',
  ],
  [
    'an invalid date',
    () => signActor(answerModule(), { notBefore: new Date(Number.NaN) }, keys),
    'ERR_CLAIMS_INVALID',
  ],
  [
    'an expiry that is not after not-before',
    () => signActor(answerModule(), { expiresAt: now, notBefore: now }, keys),
    'ERR_CLAIMS_INVALID',
  ],
  [
    'a call alias with nothing ASCII in it',
    () => signActor(answerModule(), { callAlias: ' éß ' }, keys),
    'ERR_CLAIMS_INVALID',
  ],
  [
    'a name with a lone surrogate',
    () => signActor(answerModule(), { name: '\ud800' }, keys),
    'ERR_TOKEN_MALFORMED',
  ],
  [
    'more tags than fit',
    () => signActor(answerModule(), { tags: ['x'.repeat(60_000)] }, keys),
    'ERR_CLAIMS_TOO_LARGE',
  ],
  ['text for a module', () => signActor(Buffer.from('(module)'), {}, keys), 'ERR_WASM_MALFORMED'],
  [
    'a module that hides claims',
    () => signActor(answerModule([], custom('x', answerModule([], custom('jwt', '')))), {}, keys),
    'ERR_CLAIMS_NESTED',
  ],
]
for (const [why, run, code] of wrongInputs)
  test(`signActor - refuses ${why} with ${code}`, async (t) => {
    const error = await t.throwsAsync<SigningError>(run(), { instanceOf: SigningError, code })
    t.false(/S[A-Z][A-Z2-7]{56}/u.test(`${error.message}${JSON.stringify(error.detail)}`))
  })

test('inspectActor - lists everything that is wrong at once, most basic first', async (t) => {
  const payload = payloadWith({ exp: 1, iss: 'nobody', sub: 'nothing' })
  const signed = answerModule(
    [],
    custom('jwt', forgeToken('{"typ":"JWT","alg":"Ed25519"}', payload)),
  )
  const { actor, failures, signatureValid, hashValid } = await inspectActor(signed, { now })
  t.deepEqual(
    failures.map(({ code }) => code),
    [
      'ERR_TOKEN_HEADER',
      'ERR_ISSUER_INVALID',
      'ERR_SUBJECT_INVALID',
      'ERR_HASH_MISMATCH',
      'ERR_CLAIMS_EXPIRED',
    ],
  )
  t.false(signatureValid)
  t.false(hashValid)
  t.is(actor?.claims.name, 'Echo')
  await t.throwsAsync(verifyActor(signed, { now }), { code: 'ERR_TOKEN_HEADER' })
})

test('inspectActor - tells a bad signature from a bad hash', async (t) => {
  const good = await signActor(answerModule(), {}, keys, { now })
  const { token } = readActor(good)
  const changed = await inspectActor(answerModule(custom('x', ''), custom('jwt', token)), { now })
  t.deepEqual(
    [changed.signatureValid, changed.hashValid, changed.failures.map(({ code }) => code)],
    [true, false, ['ERR_HASH_MISMATCH']],
  )
  const [header, payload] = token.split('.')
  const forged = `${header}.${payload}.${base64url(new Uint8Array(64))}`
  const resigned = await inspectActor(answerModule([], custom('jwt', forged)), { now })
  t.deepEqual(
    [resigned.signatureValid, resigned.hashValid, resigned.failures.map(({ code }) => code)],
    [false, true, ['ERR_SIGNATURE_INVALID']],
  )
  const fine = await inspectActor(good, { now })
  t.deepEqual([fine.signatureValid, fine.hashValid, fine.failures], [true, true, []])
})

test('inspectActor - takes no signature for valid whose algorithm is not Ed25519 by name', async (t) => {
  const payload = payloadWith({}, { hash: hashOf(answerModule()) })
  for (const alg of ['EdDSA', 'ed25519', 'none']) {
    const token = forgeToken(`{"typ":"jwt","alg":"${alg}"}`, payload)
    const inspection = await inspectActor(answerModule([], custom('jwt', token)), { now })
    t.false(inspection.signatureValid)
    t.deepEqual(
      inspection.failures.map(({ code }) => code),
      ['ERR_TOKEN_ALGORITHM'],
    )
  }
})

test('readClaimsSection - refuses large claims before it hashes or decodes anything', (t) => {
  const wasm = answerModule([], custom('jwt', 'A'.repeat(65_537)))
  t.throws(() => readClaimsSection(wasm), {
    instanceOf: SigningError,
    code: 'ERR_CLAIMS_TOO_LARGE',
  })
})

test('inspectActor - says nothing of claims it cannot read', async (t) => {
  const inspection = await inspectActor(answerModule())
  t.like(inspection, { actor: undefined, signatureValid: false, hashValid: false })
  t.deepEqual(
    inspection.failures.map(({ code }) => code),
    ['ERR_CLAIMS_MISSING'],
  )
})

test('verifyActor - reads a module that is a view into a larger buffer, Node’s or not', async (t) => {
  const signed = await signActor(answerModule(), {}, keys)
  const larger = new Uint8Array(signed.length + 100)
  larger.set(signed, 37)
  await t.notThrowsAsync(verifyActor(larger.subarray(37, 37 + signed.length)))
  await t.notThrowsAsync(verifyActor(Buffer.from(signed)))
})
