/** Where a claims section may stand, and every way of having two, none, or one where it hides. */
import test from 'ava'
import { type ActorModule, inspectActor, readActor, verifyActor } from '../../signing/actor.ts'
import { SigningError, type SigningErrorCode } from '../../signing/errors.ts'
import { createHash } from 'node:crypto'
import { forgeToken, goodHeader, payloadWith } from '../support/forged-token.ts'
import {
  answerModule,
  answerSections,
  custom,
  leb,
  moduleOf,
  preamble,
  section,
} from '../support/module-bytes.ts'

const sections = Object.values(answerSections)
const hashOf = (wasm: Uint8Array): string =>
  createHash('sha256').update(wasm).digest('hex').toUpperCase()
const token = forgeToken(goodHeader, payloadWith({}, { hash: hashOf(answerModule()) }))
const claims = custom('jwt', token)
const newClaims = custom('wasmcloud_jwt', token)

const accepted: [why: string, wasm: Uint8Array, sectionName: ActorModule['sectionName']][] = [
  ['jwt, last', answerModule([], claims), 'jwt'],
  ['jwt, first', answerModule(claims), 'jwt'],
  ['wasmcloud_jwt, last', answerModule([], newClaims), 'wasmcloud_jwt'],
  ['wasmcloud_jwt, first', answerModule(newClaims), 'wasmcloud_jwt'],
  ['between two sections', moduleOf(...sections.slice(0, 3), claims, ...sections.slice(3)), 'jwt'],
  ['a size of needless bytes', answerModule([], custom('jwt', token, 5)), 'jwt'],
  [
    'a name length of needless bytes',
    answerModule([], section(0, [...leb(3, 5), ...Buffer.from('jwt'), ...Buffer.from(token)])),
    'jwt',
  ],
  [
    'the other sections’ sizes of needless bytes',
    moduleOf(...sections.map((bytes) => section(bytes[0]!, bytes.slice(2), 5)), claims),
    'jwt',
  ],
]

for (const [why, wasm, sectionName] of accepted)
  test(`verifyActor - accepts claims in ${why}`, async (t) => {
    t.true(WebAssembly.validate(wasm as BufferSource))
    const actor = await verifyActor(wasm)
    t.is(actor.sectionName, sectionName)
    t.is(actor.token, token)
    t.is(actor.moduleHash.canonical, hashOf(answerModule()))
  })

/** A custom section whose content is a module or component of `parts`. */
function hiding(
  name: string,
  parts: readonly (readonly number[])[],
  start: readonly number[] = preamble,
): number[] {
  return custom(name, [...start, ...parts.flat()])
}
const component = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]
/** As many modules inside each other, the innermost with claims. */
function nestedDeep(depth: number): readonly number[] {
  let bytes: readonly number[] = claims
  for (let level = 0; level < depth; level++) bytes = hiding('n', [bytes])
  return bytes
}

const refused: [why: string, wasm: Uint8Array, code: SigningErrorCode, detail?: object][] = [
  ['no claims at all', answerModule(), 'ERR_CLAIMS_MISSING', { sections: 6 }],
  ['the bare preamble', moduleOf(), 'ERR_CLAIMS_MISSING', { sections: 0 }],
  ['JWT in capitals', answerModule([], custom('JWT', token)), 'ERR_CLAIMS_MISSING'],
  ['jwt with a space', answerModule([], custom('jwt ', token)), 'ERR_CLAIMS_MISSING'],
  ['jwt with NUL', answerModule([], custom('jwt\u0000', token)), 'ERR_CLAIMS_MISSING'],
  [
    'jwt behind a byte order mark',
    answerModule([], custom('\ufeffjwt', token)),
    'ERR_CLAIMS_MISSING',
  ],
  ['wasmcloud-jwt', answerModule([], custom('wasmcloud-jwt', token)), 'ERR_CLAIMS_MISSING'],
  ['an empty name', answerModule([], custom('', token)), 'ERR_CLAIMS_MISSING'],
  [
    'a token in the data section only',
    moduleOf(section(11, [1, 0, 0x41, 0, 0x0b, ...leb(token.length), ...Buffer.from(token)])),
    'ERR_CLAIMS_MISSING',
  ],
  ['jwt twice', answerModule([], [...claims, ...claims]), 'ERR_CLAIMS_DUPLICATE'],
  ['wasmcloud_jwt twice', answerModule([], [...newClaims, ...newClaims]), 'ERR_CLAIMS_DUPLICATE'],
  ['one of each, jwt first', answerModule(claims, newClaims), 'ERR_CLAIMS_DUPLICATE'],
  ['one of each, jwt last', answerModule(newClaims, claims), 'ERR_CLAIMS_DUPLICATE'],
  [
    'a good one behind an empty one',
    answerModule([], [...custom('jwt', ''), ...claims]),
    'ERR_CLAIMS_DUPLICATE',
  ],
  [
    'a good one before garbage',
    answerModule([], [...claims, ...custom('jwt', 'garbage')]),
    'ERR_CLAIMS_DUPLICATE',
  ],
  [
    'code hidden in a second claims section',
    answerModule([], [...claims, ...custom('wasmcloud_jwt', answerModule())]),
    'ERR_CLAIMS_DUPLICATE',
  ],
  ['three', answerModule(claims, [...claims, ...claims]), 'ERR_CLAIMS_DUPLICATE'],
  [
    'claims only in a module inside',
    answerModule([], hiding('m', [claims])),
    'ERR_CLAIMS_NESTED',
    { section: 'm' },
  ],
  [
    'claims outside and inside',
    answerModule([], [...hiding('m', [claims]), ...claims]),
    'ERR_CLAIMS_NESTED',
    { section: 'm' },
  ],
  [
    'claims of the newer name inside',
    answerModule([], [...claims, ...hiding('m', [newClaims])]),
    'ERR_CLAIMS_NESTED',
  ],
  [
    'claims inside behind a whole module',
    answerModule([], [...claims, ...hiding('m', [...sections, claims])]),
    'ERR_CLAIMS_NESTED',
  ],
  [
    'claims inside before bytes that are no section',
    answerModule([], [...claims, ...hiding('m', [claims, [99]])]),
    'ERR_CLAIMS_NESTED',
  ],
  [
    'claims in a component inside',
    answerModule([], [...claims, ...hiding('c', [claims], component)]),
    'ERR_CLAIMS_NESTED',
    { section: 'c' },
  ],
  [
    'claims in a module in a component inside',
    answerModule(
      [],
      [...claims, ...hiding('c', [section(1, [...preamble, ...claims])], component)],
    ),
    'ERR_CLAIMS_NESTED',
  ],
  [
    'claims in a component in a component inside',
    answerModule(
      [],
      [...claims, ...hiding('c', [section(4, [...component, ...claims])], component)],
    ),
    'ERR_CLAIMS_NESTED',
  ],
  [
    'claims three modules deep',
    answerModule([], [...claims, ...nestedDeep(3)]),
    'ERR_CLAIMS_NESTED',
  ],
  [
    'claims a thousand modules deep',
    answerModule([], [...claims, ...nestedDeep(1000)]),
    'ERR_CLAIMS_NESTED',
  ],
  ['claims in a component', Uint8Array.from([...component, ...claims]), 'ERR_WASM_MALFORMED'],
  [
    'claims in a module in a component',
    Uint8Array.from([...component, ...section(1, [...answerModule([], claims)])]),
    'ERR_WASM_MALFORMED',
  ],
  [
    'claims before the preamble',
    Uint8Array.from([...claims, ...answerModule()]),
    'ERR_WASM_MALFORMED',
  ],
  ['claims cut short', answerModule([], claims).subarray(0, -1), 'ERR_WASM_MALFORMED'],
  [
    'claims that claim more bytes than there are',
    answerModule([], [0, ...leb(claims.length + 50), ...claims.slice(3)]),
    'ERR_WASM_MALFORMED',
  ],
  [
    'claims that swallow the next section',
    answerModule([], custom('jwt', [...Buffer.from(token), ...custom('x', 'y')])),
    'ERR_TOKEN_MALFORMED',
    { part: 'signature' },
  ],
  [
    'an empty claims section',
    answerModule([], custom('jwt', '')),
    'ERR_TOKEN_MALFORMED',
    { part: 'token' },
  ],
  [
    'a token with NUL behind it',
    answerModule([], custom('jwt', `${token}\u0000`)),
    'ERR_TOKEN_MALFORMED',
    { part: 'signature' },
  ],
  [
    'a token with a newline behind it',
    answerModule([], custom('jwt', `${token}\n`)),
    'ERR_TOKEN_MALFORMED',
    { part: 'signature' },
  ],
  [
    'bytes beyond ASCII behind the token',
    answerModule([], custom('jwt', [...Buffer.from(token), 0xff])),
    'ERR_TOKEN_MALFORMED',
    { part: 'signature' },
  ],
  [
    'the token in UTF-16',
    answerModule([], custom('jwt', Buffer.from(token, 'utf16le'))),
    'ERR_TOKEN_MALFORMED',
    { part: 'signature' },
  ],
  [
    'two tokens on end',
    answerModule([], custom('jwt', token + token)),
    'ERR_TOKEN_MALFORMED',
    { part: 'token' },
  ],
  [
    'one byte beyond 64 KiB',
    answerModule([], custom('jwt', 'A'.repeat(65_537))),
    'ERR_CLAIMS_TOO_LARGE',
    { bytes: 65_537, allowed: 65_536 },
  ],
  [
    'a megabyte',
    answerModule([], custom('jwt', Buffer.alloc(1 << 20))),
    'ERR_CLAIMS_TOO_LARGE',
    { bytes: 1 << 20, allowed: 65_536 },
  ],
  [
    'a section more than was signed',
    answerModule([], [...claims, ...custom('more', '')]),
    'ERR_HASH_MISMATCH',
  ],
  [
    'a section less than was signed',
    moduleOf(...sections.slice(0, -1), claims),
    'ERR_HASH_MISMATCH',
  ],
  [
    'a module inside that was not signed',
    answerModule([], [...claims, ...hiding('m', sections)]),
    'ERR_HASH_MISMATCH',
  ],
  ['another module’s claims', moduleOf(section(1, [0]), claims), 'ERR_HASH_MISMATCH'],
]

for (const [why, wasm, code, detail] of refused)
  test(`verifyActor - refuses ${why} with ${code}`, async (t) => {
    const error = await t.throwsAsync<SigningError>(verifyActor(wasm), {
      instanceOf: SigningError,
      code,
    })
    if (detail) t.like(error.detail, detail)
    const { failures, hashValid } = await inspectActor(wasm)
    t.is(failures[0]?.code, code)
    t.false(hashValid)
    if (code !== 'ERR_HASH_MISMATCH')
      t.throws(() => readActor(wasm), { instanceOf: SigningError, code })
  })

test('verifyActor - accepts a signed module inside a custom section that hides no claims', async (t) => {
  const inside = hiding('plugin', sections)
  const wasm = answerModule([], inside)
  const signed = answerModule(
    [],
    [...inside, ...custom('jwt', forgeToken(goodHeader, payloadWith({}, { hash: hashOf(wasm) })))],
  )
  t.is((await verifyActor(signed)).claims.hash, hashOf(wasm))
})
