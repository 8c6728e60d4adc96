import test from 'ava'
import { SigningError, type SigningErrorCode } from '../../signing/errors.ts'
import { verifyToken } from '../../signing/signed-token.ts'
import { forgeToken, goodHeader, issuer, payloadWith, subject } from '../support/forged-token.ts'

const now = new Date('2026-01-01T00:00:00Z')

function refuses(
  code: SigningErrorCode,
  why: string,
  payload: string,
  detail: Record<string, unknown>,
): void {
  test(`verifyToken - refuses ${why} with ${code}`, async (t) => {
    const token = forgeToken(goodHeader, payload)
    const error = await t.throwsAsync<SigningError>(verifyToken('actor', token, { now }), {
      instanceOf: SigningError,
      code,
    })
    t.like(error.detail, detail)
  })
}

const keys: [why: string, value: unknown][] = [
  ['missing', undefined],
  ['null', null],
  ['empty', ''],
  ['a number', 1],
  ['true', true],
  ['a list', [issuer.publicKey]],
  ['an object', { toString: issuer.publicKey }],
  ['in lower case', issuer.publicKey.toLowerCase()],
  ['one character short', issuer.publicKey.slice(1)],
  ['one character long', `${issuer.publicKey}A`],
  ['with a newline', `${issuer.publicKey}\n`],
  ['of a wrong checksum', issuer.publicKey.replace('E', 'F')],
  ['a host key', 'NAIBDJ4GZD7NJACMIMUEMHP6YH5E7ASRX4RDKZDI65MZMTUNVBBJ76F3'],
  ['an operator key', 'OAIKK37RJF34W55UXLJELILA3DAQQF2KRLJ3LHL6ST2YNKYQRD2TNL6C'],
  ['a provider key', 'VDLNNUXZCUVUC6HDDNHB5FELNVVAOMNI2ACUWTHC3TZTKRHT2R7ATLXT'],
  ['a URL', 'https://example.com'],
  ['a seed', issuer.seed],
]

for (const [why, value] of keys) {
  const shown =
    typeof value === 'string' && value !== '' && value !== issuer.seed ? value : undefined
  refuses('ERR_ISSUER_INVALID', `an issuer that is ${why}`, payloadWith({ iss: value }), {
    issuer: shown,
    expected: ['account'],
  })
  refuses('ERR_SUBJECT_INVALID', `a subject that is ${why}`, payloadWith({ sub: value }), {
    subject: shown,
    expected: ['module'],
  })
}
refuses('ERR_ISSUER_INVALID', 'an actor that signs itself', payloadWith({ iss: subject }), {
  issuer: subject,
})
refuses(
  'ERR_SUBJECT_INVALID',
  'an account in place of the actor',
  payloadWith({ sub: issuer.publicKey }),
  { subject: issuer.publicKey },
)

test('verifyToken - says so when issuer and subject are swapped, as wash 0.1.6 wrote them', async (t) => {
  const payload = payloadWith({ iss: subject, sub: issuer.publicKey })
  const error = await t.throwsAsync<SigningError>(
    verifyToken('actor', forgeToken(goodHeader, payload), { now }),
  )
  t.is(error.code, 'ERR_ISSUER_INVALID')
  t.regex(error.message, /issuer and subject are swapped$/u)
})

const hash = 'AB'.repeat(32)
const members: [claim: string, value: unknown][] = [
  ['wascap', null],
  ['wascap', []],
  ['wascap', 'x'],
  ['wascap', 1],
  ['wascap', {}],
  ['wascap.hash', undefined],
  ['wascap.hash', null],
  ['wascap.hash', ''],
  ['wascap.hash', 1],
  ['wascap.hash', [hash]],
  ['wascap.hash', hash.toLowerCase()],
  ['wascap.hash', hash.slice(1)],
  ['wascap.hash', `${hash}A`],
  ['wascap.hash', `${hash}\n`],
  ['wascap.hash', hash.replace('A', 'G')],
  ['wascap.hash', '*'],
  ['wascap.caps', 'wascc:keyvalue'],
  ['wascap.caps', { 0: 'wascc:keyvalue' }],
  ['wascap.caps.0', [1]],
  ['wascap.caps.1', ['wascc:keyvalue', null]],
  ['wascap.caps.0', [['wascc:keyvalue']]],
  ['wascap.tags', 'tag'],
  ['wascap.tags', true],
  ['wascap.tags.0', [{}]],
  ['wascap.name', 1],
  ['wascap.name', ['Echo']],
  ['wascap.name', false],
  ['wascap.rev', '1'],
  ['wascap.rev', 1.5],
  ['wascap.rev', 2 ** 31],
  ['wascap.rev', -(2 ** 31) - 1],
  ['wascap.rev', 2 ** 53],
  ['wascap.rev', [1]],
  ['wascap.ver', 1],
  ['wascap.ver', {}],
  ['wascap.call_alias', 1],
  ['wascap.call_alias', []],
  ['wascap.prov', 'false'],
  ['wascap.prov', 0],
  ['wascap.prov', []],
  ['exp', '1'],
  ['exp', -1],
  ['exp', 1.5],
  ['exp', 2 ** 53],
  ['exp', 8_640_000_000_001],
  ['exp', []],
  ['exp', false],
  ['exp', {}],
  ['nbf', '0'],
  ['nbf', -1],
  ['nbf', 0.1],
  ['nbf', 2 ** 64],
  ['nbf', true],
  ['iat', '0'],
  ['iat', -1],
  ['iat', 1e300],
  ['iat', [0]],
  ['jti', 1],
  ['jti', []],
  ['wascap_revision', '3'],
  ['wascap_revision', -1],
  ['wascap_revision', 2.5],
  ['wascap_revision', 2 ** 32],
  ['wascap_revision', [3]],
]

for (const [path, value] of members) {
  const [first = '', second] = path.split('.')
  const payload =
    second === undefined ? payloadWith({ [first]: value }) : payloadWith({}, { [second]: value })
  const claim = path === 'wascap' && JSON.stringify(value) === '{}' ? 'wascap.hash' : path
  refuses('ERR_CLAIMS_INVALID', `${path} = ${JSON.stringify(value)}`, payload, { claim })
}
refuses(
  'ERR_CLAIMS_INVALID',
  'a number that two readers round apart',
  payloadWith().replace('{', '{"exp":9007199254740993,'),
  { claim: 'exp' },
)
refuses(
  'ERR_CLAIMS_INVALID',
  'the flat form without a hash',
  payloadWith({ wascap: undefined, caps: [] }),
  { claim: 'hash' },
)
refuses(
  'ERR_CLAIMS_INVALID',
  'the flat form with text for caps',
  payloadWith({ wascap: undefined, hash, caps: 'x' }),
  { claim: 'caps' },
)

// accepted on purpose: what real and future tokens have
const fine: [why: string, payload: string][] = [
  ['unknown claims', payloadWith({ aud: 'x', nested: { deep: [1] } }, { future: true })],
  [
    'null for every optional claim',
    payloadWith(
      { exp: null, nbf: null, wascap_revision: null },
      { name: null, tags: null, caps: null, rev: null, ver: null, call_alias: null, prov: null },
    ),
  ],
  [
    'the keys of Object’s prototype',
    payloadWith({ constructor: 1, toString: 2 }, { hasOwnProperty: 3 }),
  ],
  ['a negative revision', payloadWith({}, { rev: -(2 ** 31) })],
  ['no jti and no iat', payloadWith({ jti: undefined, iat: undefined })],
  ['the last date there is', payloadWith({ exp: 8_640_000_000_000 })],
  [
    'the flat form of 2019',
    payloadWith({ wascap: undefined, hash, tags: [], caps: ['wascc:keyvalue'] }),
  ],
]

for (const [why, payload] of fine)
  test(`verifyToken - accepts ${why}`, async (t) => {
    const { claims } = await verifyToken('actor', forgeToken(goodHeader, payload), { now })
    t.is(claims.hash, hash)
  })
