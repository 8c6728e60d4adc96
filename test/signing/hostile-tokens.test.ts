import test from 'ava'
import { SigningError, type SigningErrorCode } from '../../signing/errors.ts'
import { verifyToken } from '../../signing/signed-token.ts'
import {
  base64url,
  forgeToken,
  goodHeader,
  issuer,
  payloadWith,
  signText,
  subject,
} from '../support/forged-token.ts'

const now = new Date('2026-01-01T00:00:00Z')
const good = forgeToken(goodHeader, payloadWith())
const [header, payload, signature] = good.split('.') as [string, string, string]

type Row = [why: string, token: string, detail: Record<string, unknown>]

function refuses(code: SigningErrorCode, rows: readonly Row[]): void {
  for (const [why, token, detail] of rows)
    test(`verifyToken - refuses ${why} with ${code}`, async (t) => {
      const error = await t.throwsAsync<SigningError>(verifyToken('actor', token, { now }), {
        instanceOf: SigningError,
        code,
      })
      t.like(error.detail, detail)
    })
}

test('verifyToken - accepts the token that every hostile one below is a change of', async (t) => {
  const { claims } = await verifyToken('actor', good, { now })
  t.is<string, string>(claims.subject, subject)
})

// the header: one algorithm, and nothing to choose by

const algorithms: [why: string, alg: unknown][] = [
  ['alg none', 'none'],
  ['alg None', 'None'],
  ['alg NONE', 'NONE'],
  ['alg nOnE', 'nOnE'],
  ['an empty alg', ''],
  ['alg null', null],
  ['a number as alg', 1],
  ['a boolean as alg', true],
  ['a list with the right alg', ['Ed25519']],
  ['an object as alg', { name: 'Ed25519' }],
  ['alg EdDSA', 'EdDSA'],
  ['alg ed25519', 'ed25519'],
  ['alg ED25519', 'ED25519'],
  ['alg Ed448', 'Ed448'],
  ['alg ed25519-nkey', 'ed25519-nkey'],
  ['alg HS256', 'HS256'],
  ['alg HS512', 'HS512'],
  ['alg RS256', 'RS256'],
  ['alg PS256', 'PS256'],
  ['alg ES256', 'ES256'],
  ['alg ES256K', 'ES256K'],
  ['alg ML-DSA-44', 'ML-DSA-44'],
  ['alg with a space behind', 'Ed25519 '],
  ['alg with NUL behind', 'Ed25519\u0000'],
  ['alg in another script', 'Ed２5519'],
]

refuses('ERR_TOKEN_ALGORITHM', [
  ...algorithms.map(([why, alg]): Row => {
    return [why, forgeToken(JSON.stringify({ typ: 'jwt', alg }), payloadWith()), { alg }]
  }),
  ['no alg', forgeToken('{"typ":"jwt"}', payloadWith()), { alg: undefined }],
  [
    'alg none without a signature',
    `${base64url('{"typ":"jwt","alg":"none"}')}.${payload}.`,
    { alg: 'none' },
  ],
  ['an empty header object', forgeToken('{}', payloadWith()), { alg: undefined }],
  [
    'alg under another case',
    forgeToken('{"typ":"jwt","Alg":"Ed25519"}', payloadWith()),
    { alg: undefined },
  ],
])

const headers: [why: string, changes: Record<string, unknown>, member: string][] = [
  ['typ JWT', { typ: 'JWT' }, 'typ'],
  ['typ at+jwt', { typ: 'at+jwt' }, 'typ'],
  ['an empty typ', { typ: '' }, 'typ'],
  ['typ null', { typ: null }, 'typ'],
  ['a list as typ', { typ: ['jwt'] }, 'typ'],
  ['no typ', { typ: undefined }, 'typ'],
  ['crit naming exp', { crit: ['exp'] }, 'crit'],
  ['crit naming an extension', { crit: ['x'], x: 1 }, 'crit'],
  ['an empty crit', { crit: [] }, 'crit'],
  ['crit null', { crit: null }, 'crit'],
  ['b64 false', { b64: false, crit: ['b64'] }, 'b64'],
  ['b64 true', { b64: true }, 'b64'],
  ['a kid', { kid: issuer.publicKey }, 'kid'],
  ['an embedded jwk', { jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AA' } }, 'jwk'],
  ['a jku', { jku: 'https://example.com/keys' }, 'jku'],
  ['an x5u', { x5u: 'https://example.com/cert' }, 'x5u'],
  ['an x5c', { x5c: [] }, 'x5c'],
  ['a cty', { cty: 'JWT' }, 'cty'],
  ['zip', { zip: 'DEF' }, 'zip'],
  ['enc', { enc: 'A256GCM' }, 'enc'],
  ['an unknown member', { '': 0 }, ''],
]

refuses(
  'ERR_TOKEN_HEADER',
  headers.map(([why, changes, member]) => {
    const text = JSON.stringify({ typ: 'jwt', alg: 'Ed25519', ...changes })
    return [why, forgeToken(text, payloadWith()), { member }]
  }),
)

// the form: one spelling for each token

const brokenHeaders: [why: string, text: string | Uint8Array][] = [
  ['alg twice', '{"typ":"jwt","alg":"Ed25519","alg":"Ed25519"}'],
  ['alg twice, first none', '{"typ":"jwt","alg":"none","alg":"Ed25519"}'],
  ['alg twice, last none', '{"typ":"jwt","alg":"Ed25519","alg":"none"}'],
  ['alg twice, once escaped', '{"typ":"jwt","\\u0061lg":"none","alg":"Ed25519"}'],
  ['typ twice', '{"typ":"jwt","typ":"jwt","alg":"Ed25519"}'],
  ['__proto__', '{"typ":"jwt","alg":"Ed25519","__proto__":{"crit":[]}}'],
  ['a list as header', '["jwt","Ed25519"]'],
  ['a string as header', '"Ed25519"'],
  ['null as header', 'null'],
  ['a number as header', '1'],
  ['no header', ''],
  ['a comma at the end', '{"typ":"jwt","alg":"Ed25519",}'],
  ['text behind the header', `${goodHeader}x`],
  ['a byte order mark', `\ufeff${goodHeader}`],
  [
    'bytes that are no UTF-8',
    Buffer.from([...Buffer.from('{"typ":"jwt","alg":"Ed25519","'), 0xff, ...Buffer.from('":1}')]),
  ],
  [
    'UTF-8 longer than needed',
    Buffer.from([
      ...Buffer.from('{"typ":"jwt","alg":"Ed25519","'),
      0xc1,
      0xa1,
      ...Buffer.from('":1}'),
    ]),
  ],
  ['UTF-16', Buffer.from(goodHeader, 'utf16le')],
  ['lists 1,000 deep', `{"typ":"jwt","alg":"Ed25519","x":${'['.repeat(1000)}${']'.repeat(1000)}}`],
]

const brokenPayloads: [why: string, text: string | Uint8Array][] = [
  ['an empty payload', ''],
  ['a list as payload', `[${payloadWith()}]`],
  ['a string as payload', '"x"'],
  ['null as payload', 'null'],
  ['a payload cut short', payloadWith().slice(0, -1)],
  ['two payloads', `${payloadWith()}${payloadWith()}`],
  ['iss twice', payloadWith().replace('{', `{"iss":"${issuer.publicKey}",`)],
  ['sub twice', payloadWith().replace('{', '{"sub":"",')],
  ['exp twice', payloadWith({ exp: 1 }).replace('{', '{"exp":9999999999,')],
  ['caps twice', payloadWith().replace('"caps"', '"caps":[],"caps"')],
  ['hash twice, once escaped', payloadWith().replace('"hash"', '"h\\u0061sh":"","hash"')],
  ['__proto__ in the claims', payloadWith().replace('{', '{"__proto__":{"exp":9999999999},')],
  ['__proto__ in wascap', payloadWith().replace('"caps"', '"__proto__":{},"caps"')],
  ['NaN as exp', payloadWith().replace('{', '{"exp":NaN,')],
  ['exp out of range', payloadWith().replace('{', '{"exp":1e400,')],
  ['a lone surrogate in a name', payloadWith().replace('Echo', '\\ud800')],
  ['a raw newline in a name', payloadWith().replace('Echo', '\n')],
  [
    'bytes that are no UTF-8 in a name',
    Buffer.from(payloadWith().replace('Echo', '\u00ff'), 'latin1'),
  ],
  [
    'CESU-8 in a name',
    Buffer.from(payloadWith().replace('Echo', '\u00ed\u00a0\u0080\u00ed\u00b0\u0080'), 'latin1'),
  ],
]

const flat = { payload, protected: header, signature }

refuses('ERR_TOKEN_MALFORMED', [
  ...brokenHeaders.map(([why, text]): Row => {
    return [`${why} (header)`, forgeToken(text, payloadWith()), { part: 'header' }]
  }),
  ...brokenPayloads.map(([why, text]): Row => {
    return [why, forgeToken(goodHeader, text), { part: 'payload' }]
  }),
  ['an empty token', '', { part: 'token' }],
  ['one segment', header, { part: 'token' }],
  ['two segments', `${header}.${payload}`, { part: 'token' }],
  ['four segments', `${good}.${signature}`, { part: 'token' }],
  ['five segments, as an encrypted token has', `${good}.a.b`, { part: 'token' }],
  ['a dot at the end', `${good}.`, { part: 'token' }],
  ['a dot in front', `.${good}`, { part: 'token' }],
  ['a thousand dots', '.'.repeat(1000), { part: 'token' }],
  ['dots alone', '..', { part: 'header' }],
  ['a missing header', `.${payload}.${signature}`, { part: 'header' }],
  ['a missing payload', `${header}..${signature}`, { part: 'payload' }],
  ['the JSON form', JSON.stringify(flat), { part: 'token' }],
  ['the general JSON form', JSON.stringify({ payload, signatures: [flat] }), { part: 'token' }],
  ['a newline at the end', `${good}\n`, { part: 'signature' }],
  ['a space in front', ` ${good}`, { part: 'header' }],
  [
    'a space inside',
    `${header}.${payload.slice(0, 8)} ${payload.slice(8)}.${signature}`,
    { part: 'payload' },
  ],
  ['NUL at the end', `${good}\u0000`, { part: 'signature' }],
  ['a prefix Bearer', `Bearer ${good}`, { part: 'header' }],
  ['padding behind the signature', `${good}==`, { part: 'signature' }],
  ['padding behind the payload', `${header}.${payload}=.${signature}`, { part: 'payload' }],
  ['escaped padding', `${good}%3D%3D`, { part: 'signature' }],
  [
    'base64 with + in place of -',
    `${header}.${payload}.${'-'.repeat(43)}+${'A'.repeat(42)}`,
    { part: 'signature' },
  ],
  [
    'base64 with / in place of _',
    `${header}.${payload}.${'_'.repeat(43)}/${'A'.repeat(42)}`,
    { part: 'signature' },
  ],
  [
    'left-over bits in the signature',
    `${header}.${payload}.${'A'.repeat(85)}B`,
    { part: 'signature' },
  ],
  ['a signature of 4n+1 characters', `${good}AAA`, { part: 'signature' }],
  ['a letter beyond ASCII', `${header}.${payload}.é${signature.slice(1)}`, { part: 'signature' }],
  ['a full-width letter', `${header}.${payload}.Ａ${signature.slice(1)}`, { part: 'signature' }],
])

refuses('ERR_CLAIMS_TOO_LARGE', [
  ['a token one byte beyond 64 KiB', 'A'.repeat(65_537), { bytes: 65_537, allowed: 65_536 }],
  [
    'a good token beyond 64 KiB',
    forgeToken(goodHeader, payloadWith({}, { tags: ['x'.repeat(50_000)] })),
    { allowed: 65_536 },
  ],
  ['a million dots', '.'.repeat(1_000_000), { bytes: 1_000_000 }],
])

// the signature

/** The order of the group, little-endian: adding it to S gives a second signature, if nobody looks. */
const order = 2n ** 252n + 27742317777372353535851937790883648493n
function withOrderAdded(bytes: Buffer): Buffer {
  const s = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + order
  const added = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()
  return Buffer.concat([bytes.subarray(0, 32), added])
}
function flipped(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[index] = copy[index]! ^ 1
  return copy
}
const raw = Buffer.from(signature, 'base64url')
const signatures: [why: string, bytes: Uint8Array][] = [
  ['no signature', Buffer.alloc(0)],
  ['one byte', Buffer.alloc(1)],
  ['63 bytes', raw.subarray(0, 63)],
  ['65 bytes', Buffer.concat([raw, Buffer.alloc(1)])],
  ['the signature twice', Buffer.concat([raw, raw])],
  ['zeros', Buffer.alloc(64)],
  ['ones', Buffer.alloc(64, 0xff)],
  ['R alone', Buffer.concat([raw.subarray(0, 32), Buffer.alloc(32)])],
  ['S alone', Buffer.concat([Buffer.alloc(32), raw.subarray(32)])],
  ['R and S swapped', Buffer.concat([raw.subarray(32), raw.subarray(0, 32)])],
  ['S beyond the order', withOrderAdded(raw)],
  ['a bit of R flipped', flipped(raw, 0)],
  ['the sign of R flipped', flipped(raw, 31)],
  ['a bit of S flipped', flipped(raw, 32)],
  ['the top of S flipped', flipped(raw, 63)],
  ['the neutral point as R', Buffer.concat([Buffer.from([1]), Buffer.alloc(63)])],
  ['a signature of the payload alone', signText(payload)],
  ['a signature of the decoded payload', signText(payloadWith())],
  ['a signature of another token', signText(`${header}.${base64url(payloadWith({ iat: 1 }))}`)],
  [
    'a signature under another header',
    signText(`${base64url('{"alg":"Ed25519","typ":"jwt"}')}.${payload}`),
  ],
  ['a signature with a newline signed too', signText(`${header}.${payload}\n`)],
  ['a DER-wrapped signature', Buffer.concat([Buffer.from('3040', 'hex'), raw])],
]
const stranger = 'ACP6T7SH5R6JL3WV3LMNRS5V2SLB4LAMZR7CQPS6IAPYDW3OSBCTYM2J'

refuses('ERR_SIGNATURE_INVALID', [
  ...signatures.map(([why, bytes]): Row => {
    return [why, `${header}.${payload}.${base64url(bytes)}`, { issuer: issuer.publicKey }]
  }),
  [
    'a token in another account’s name',
    forgeToken(goodHeader, payloadWith({ iss: stranger })),
    { issuer: stranger },
  ],
  [
    'another contract than was signed',
    `${header}.${base64url(payloadWith({}, { caps: ['wascc:keyvalue'] }))}.${signature}`,
    { issuer: issuer.publicKey },
  ],
  [
    'another expiry than was signed',
    `${header}.${base64url(payloadWith({ exp: 9_999_999_999 }))}.${signature}`,
    { issuer: issuer.publicKey },
  ],
  [
    'the same claims spelled otherwise',
    `${header}.${base64url(payloadWith().replace('{', '{ '))}.${signature}`,
    { issuer: issuer.publicKey },
  ],
  [
    'the same header spelled otherwise',
    `${base64url('{"alg":"Ed25519","typ":"jwt"}')}.${payload}.${signature}`,
    { issuer: issuer.publicKey },
  ],
])
