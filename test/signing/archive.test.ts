import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import test from 'ava'
import {
  createArchive,
  insertIntoArchive,
  inspectArchive,
  KeyPair,
  signToken,
  verifyArchive,
} from '../../signing/index.ts'
import { tarOf } from '../support/tar-bytes.ts'

const issuer = KeyPair.generate('account')
const subject = KeyPair.generate('service')
const keys = { issuer, subject }
const claims = { name: 'Redis', contractId: 'wascc:keyvalue', vendor: 'Acme', revision: 3 }
const code = Buffer.from('export default 1')
const fixed = { now: new Date(1_700_000_000_000), jti: 'A'.repeat(22) }

const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex').toUpperCase()

test('createArchive, verifyArchive - give back claims and code, compressed or not', async (t) => {
  for (const compress of [false, true]) {
    const libraries = new Map([
      ['node', code],
      ['x86_64-linux', Buffer.alloc(3000, 7)],
    ])
    const bytes = await createArchive(claims, libraries, keys, { compress })
    t.is(bytes[0] === 0x1f, compress)
    const archive = await verifyArchive(bytes, { targets: ['node'] })
    t.like(archive.claims, { ...claims, issuer: issuer.publicKey, subject: subject.publicKey })
    t.deepEqual(archive.libraries, [
      { target: 'node', bytes: code.length, hash: sha256(code) },
      { target: 'x86_64-linux', bytes: 3000, hash: sha256(Buffer.alloc(3000, 7)) },
    ])
    t.deepEqual([...archive.code.keys()], ['node'])
    t.deepEqual(Buffer.from(archive.code.get('node') ?? []), code)
  }
})

test('createArchive - gives the same bytes for the same input, whatever the order', async (t) => {
  const entries: [string, Uint8Array][] = [
    ['node', code],
    ['aarch64-macos', Buffer.from('other')],
  ]
  for (const compress of [false, true]) {
    const one = await createArchive(claims, new Map(entries), keys, { ...fixed, compress })
    const other = await createArchive(claims, new Map(entries.toReversed()), keys, {
      ...fixed,
      compress,
    })
    t.deepEqual(one, other)
  }
  const plain = await createArchive(claims, new Map(entries), keys, fixed)
  const packed = await createArchive(claims, new Map(entries), keys, { ...fixed, compress: true })
  t.deepEqual(new Uint8Array(gunzipSync(packed)), new Uint8Array(plain))
})

test('createArchive - writes what tar knows: no owner, no time, claims first', async (t) => {
  const bytes = Buffer.from(await createArchive(claims, new Map([['node', code]]), keys))
  t.is(bytes.toString('latin1', 0, 11), 'claims.jwt\0')
  t.is(bytes.toString('latin1', 257, 265), 'ustar  \0')
  t.is(bytes.toString('latin1', 100, 124), '0000000\0'.repeat(3))
  t.is(bytes.toString('latin1', 136, 148), '00000000000\0')
  t.is(bytes.length % 512, 0)
})

test('verifyArchive - reads an archive as wasmCloud wrote them, for several native targets', async (t) => {
  const targets = ['x86_64-linux', 'x86_64-macos', 'aarch64-linux', 'armv7-linux', 'x86_64-windows']
  const libraries = targets.map((target) => ({ name: `${target}.bin`, content: `ELF ${target}` }))
  const targetHashes = Object.fromEntries(
    targets.map((target) => [target, sha256(Buffer.from(`ELF ${target}`))]),
  )
  const token = await signToken('provider', { ...claims, targetHashes }, keys)
  const tar = tarOf({ name: 'claims.jwt', content: token }, ...libraries)
  for (const bytes of [tar, gzipSync(tar)]) {
    const archive = await verifyArchive(bytes, { targets: 'all' })
    t.deepEqual([...archive.code.keys()], targets)
    t.is(String(Buffer.from(archive.code.get('armv7-linux') ?? [])), 'ELF armv7-linux')
  }
  const error = await t.throwsAsync(verifyArchive(tar, { targets: ['node'] }), {
    code: 'ERR_ARCHIVE_TARGET',
  })
  t.like(error, { detail: { target: 'node', targets } })
})

test('verifyArchive - takes a stream in pieces of any size', async (t) => {
  const bytes = await createArchive(claims, new Map([['node', code]]), keys, { compress: true })
  const pieces = async function* (size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  for (const size of [1, 2, 511, 513, 10_000]) {
    const archive = await verifyArchive(pieces(size), { targets: ['node'] })
    t.deepEqual(Buffer.from(archive.code.get('node') ?? []), code, String(size))
  }
})

test('verifyArchive - passes on what its source throws', async (t) => {
  for (const head of [[0x1f, 0x8b, 8], [1]]) {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield Uint8Array.from(head)
      throw new Error('disk on fire')
    }
    await t.throwsAsync(verifyArchive(failing()), { message: 'disk on fire' })
    await t.throwsAsync(inspectArchive(failing()), { message: 'disk on fire' })
  }
})

test('insertIntoArchive - adds and replaces libraries, keeps claims and compression', async (t) => {
  const first = await createArchive(claims, new Map([['node', code]]), keys, { compress: true })
  const second = await insertIntoArchive(first, 'x86_64-linux', Buffer.from('native'), keys)
  const third = await insertIntoArchive(second, 'node', Buffer.from('newer'), keys)
  t.is(third[0], 0x1f)
  const archive = await verifyArchive(third, { targets: 'all' })
  t.like(archive.claims, { ...claims, subject: subject.publicKey })
  t.is(String(Buffer.from(archive.code.get('node') ?? [])), 'newer')
  t.is(String(Buffer.from(archive.code.get('x86_64-linux') ?? [])), 'native')
})

test('insertIntoArchive - refuses another identity, and an archive that does not hold', async (t) => {
  const bytes = await createArchive(claims, new Map([['node', code]]), keys)
  const other = { issuer, subject: KeyPair.generate('service') }
  await t.throwsAsync(insertIntoArchive(bytes, 'x86_64-linux', code, other), {
    code: 'ERR_SUBJECT_INVALID',
  })
  const broken = Buffer.from(bytes)
  broken.write('X', broken.lastIndexOf('export'))
  await t.throwsAsync(insertIntoArchive(broken, 'x86_64-linux', code, keys), {
    code: 'ERR_ARCHIVE_HASH',
  })
})

for (const target of ['', '../x', 'a/b', '.hidden', '-x', 'a'.repeat(81), 'nöde']) {
  test(`createArchive - refuses ${JSON.stringify(target.slice(0, 9))} as a target`, async (t) => {
    await t.throwsAsync(createArchive(claims, new Map([[target, code]]), keys), {
      code: 'ERR_ARCHIVE_MALFORMED',
    })
  })
}

test('createArchive - refuses to make one without a library', async (t) => {
  await t.throwsAsync(createArchive(claims, new Map(), keys), { code: 'ERR_ARCHIVE_MALFORMED' })
})

test('inspectArchive - lists everything that speaks against an archive', async (t) => {
  const bytes = Buffer.from(
    await createArchive(
      { ...claims, expiresAt: new Date(1_700_000_100_000) },
      new Map([['node', code]]),
      keys,
      fixed,
    ),
  )
  const good = await inspectArchive(bytes, { now: fixed.now })
  t.like(good, { failures: [], signatureValid: true, hashesValid: true })
  bytes.write('X', bytes.lastIndexOf('export'))
  const bad = await inspectArchive(bytes, { now: new Date(1_800_000_000_000) })
  t.deepEqual(
    bad.failures.map(({ code: each }) => each),
    ['ERR_ARCHIVE_HASH', 'ERR_CLAIMS_EXPIRED'],
  )
  t.like(bad, { signatureValid: true, hashesValid: false })
  t.is(bad.archive?.claims.name, 'Redis')
})

test('verifyArchive - refuses a changed token, an actor’s token, and one of another signer', async (t) => {
  const targetHashes = { node: sha256(code) }
  const archive = (token: string): Buffer =>
    tarOf({ name: 'claims.jwt', content: token }, { name: 'node.bin', content: code })
  const token = await signToken('provider', { ...claims, targetHashes }, keys)
  const last = token.at(-3) === 'A' ? 'B' : 'A'
  await t.throwsAsync(verifyArchive(archive(`${token.slice(0, -3)}${last}${token.slice(-2)}`)), {
    code: 'ERR_SIGNATURE_INVALID',
  })
  const actor = await signToken(
    'actor',
    { hash: 'AB'.repeat(32) },
    { issuer, subject: KeyPair.generate('module') },
  )
  await t.throwsAsync(verifyArchive(archive(actor)), { code: 'ERR_CLAIMS_INVALID' })
  await t.throwsAsync(verifyArchive(archive('x.y.z')), { code: 'ERR_TOKEN_MALFORMED' })
})

test('verifyArchive - refuses a library that the claims do not know', async (t) => {
  const token = await signToken(
    'provider',
    { ...claims, targetHashes: { node: sha256(code) } },
    keys,
  )
  for (const target of ['x86_64-linux', '__proto__x', 'constructor']) {
    const bytes = tarOf(
      { name: 'claims.jwt', content: token },
      { name: 'node.bin', content: code },
      { name: `${target}.bin`, content: code },
    )
    const inspection = await inspectArchive(bytes)
    t.deepEqual(
      inspection.failures.map((failure) => failure.code),
      [/^[A-Za-z]/.test(target) ? 'ERR_ARCHIVE_HASH' : 'ERR_ARCHIVE_MALFORMED'],
    )
  }
})
