/** Archives made to get at their reader, as RUSTSEC-2018-0002, 2021-0080, 2026-0067 and others did. */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join, parse } from 'node:path'
import { json } from 'node:stream/consumers'
import { deflateRawSync, gzipSync, constants } from 'node:zlib'
import test from 'ava'
import {
  createArchive,
  inspectArchive,
  KeyPair,
  SigningError,
  verifyArchive,
} from '../../signing/index.ts'
import { root } from '../support/source-files.ts'
import { tarEnd, tarEntry, type TarEntry, tarOf } from '../support/tar-bytes.ts'

const keys = { issuer: KeyPair.generate('account'), subject: KeyPair.generate('service') }
const good = Buffer.from(
  await createArchive(
    { contractId: 'a:b', vendor: 'Acme' },
    new Map([['node', Buffer.from('export default 1')]]),
    keys,
  ),
)
const tokenBytes = Number.parseInt(good.toString('latin1', 124, 135), 8)
const token = good.toString('latin1', 512, 512 + tokenBytes)
const claims: TarEntry = { name: 'claims.jwt', content: token }
const library: TarEntry = { name: 'node.bin', content: 'export default 1' }

const withKind = (kind: string, more: Partial<TarEntry> = {}): Buffer =>
  tarOf(claims, library, {
    name: 'x86_64-linux.bin',
    fields: { 156: kind, ...more.fields },
    ...more,
  })
const withName = (name: string): Buffer => tarOf(claims, library, { name, content: 'x' })
const withFields = (fields: Record<number, string>): Buffer => tarOf(claims, { ...library, fields })

const malformed: Readonly<Record<string, Uint8Array>> = {
  'nothing at all': new Uint8Array(0),
  'one byte': Uint8Array.of(0x1f),
  'a gzip header alone': Uint8Array.of(0x1f, 0x8b),
  'no files': tarEnd,
  text: Buffer.from('#!/bin/sh\necho hello\n'.repeat(100)),
  'a zip file': Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(2000, 1)]),
  'a library before the claims': tarOf(library, claims),
  'claims alone': tarOf(claims),
  'claims twice': tarOf(claims, library, claims),
  'a library twice': tarOf(claims, library, library),
  'a name that leads up': withName('../node.bin'),
  'a name that leads up within': withName('a/../../node.bin'),
  'an absolute name': withName('/etc/node.bin'),
  'a name in a folder': withName('lib/node.bin'),
  'a name of Windows': withName('C:\\node.bin'),
  'a name of dots': withName('..'),
  'a name with a line break': withName('a\nb.bin'),
  'a name with an escape': withName('\x1b[2J.bin'),
  'an empty name': withName(''),
  'a name without an end': withName('a'.repeat(100)),
  'a name with an afterthought': tarOf(claims, { ...library, fields: { 20: 'hidden' } }),
  'a file that is neither': withName('README'),
  'a library without a target': withName('.bin'),
  'a hard link': withKind('1', { fields: { 157: '/etc/passwd', 156: '1' } }),
  'a symbolic link': withKind('2', { fields: { 157: '/etc/passwd', 156: '2' } }),
  'a character device': withKind('3'),
  'a block device': withKind('4'),
  'a folder': withKind('5'),
  'a pipe': withKind('6'),
  'a contiguous file': withKind('7'),
  'a PAX header that gives another name': withKind('x', { content: '22 path=../../etc/x\n' }),
  'a PAX header that gives another size': withKind('x', { content: '20 size=999999999\n' }),
  'a global PAX header': withKind('g', { content: '22 path=../../etc/x\n' }),
  'a long name of GNU tar': withKind('L', { content: '../../etc/passwd' }),
  'a long link name of GNU tar': withKind('K', { content: '/etc/passwd' }),
  'a sparse file': withKind('S'),
  'a part of a file of GNU tar': withKind('M'),
  'an unknown kind of entry': withKind('?'),
  'a link name on a plain file': withFields({ 157: '/etc/passwd' }),
  'a prefix': withFields({ 345: '../..' }),
  'a device number': withFields({ 329: '0000010' }),
  'a header that is not tar’s': withFields({ 257: 'nostar  ' }),
  'a wrong checksum': tarOf(claims, { ...library, checksum: '0000000\0' }),
  'a checksum that is no number': tarOf(claims, { ...library, checksum: 'ABCDEFGH' }),
  'a size that is no number': withFields({ 124: '0x000000010\0' }),
  'a negative size': withFields({ 124: '-0000000001\0' }),
  'a size in base 256': withFields({ 124: '\x80\0\0\0\0\0\0\0\0\0\0\x10' }),
  'padding that holds something': tarOf(claims, { ...library, padding: 'secret' }),
  'something after the end': Buffer.concat([good, Buffer.from('more')]),
  'a second archive after the end': Buffer.concat([good, good]),
  'a file after one empty block': Buffer.concat([
    tarEntry(claims),
    Buffer.alloc(512),
    tarEntry(library),
    tarEnd,
  ]),
  'no end': Buffer.concat([tarEntry(claims), tarEntry(library)]),
  'half an end': good.subarray(0, -512),
  'a header cut short': good.subarray(0, 300),
  'content cut short': good.subarray(0, 600),
  'gzip cut short': gzipSync(good).subarray(0, 200),
  'gzip with a wrong checksum': damaged(gzipSync(good), -6),
  'gzip with damage inside': damaged(gzipSync(good), 100),
  'gzip with text after it': Buffer.concat([gzipSync(good), Buffer.from('more')]),
  'gzip with zeros and text after it': Buffer.concat([gzipSync(good), Buffer.from('\0more')]),
  'gzip in gzip': gzipSync(gzipSync(good)),
}
test('verifyArchive - says of other files that they are no archives', async (t) => {
  for (const what of ['text', 'a zip file']) {
    await t.throwsAsync(verifyArchive(malformed[what] ?? new Uint8Array()), {
      message: /no tar archive/,
    })
  }
})
for (const [what, bytes] of Object.entries(malformed)) {
  test(`verifyArchive - refuses ${what}`, async (t) => {
    const error = await t.throwsAsync(verifyArchive(bytes), { instanceOf: SigningError })
    t.is((error as SigningError).code, 'ERR_ARCHIVE_MALFORMED')
    t.deepEqual(
      (await inspectArchive(bytes)).failures.map(({ code }) => code),
      ['ERR_ARCHIVE_MALFORMED'],
    )
  })
}

const hugeSize = (name: string, octal: string): Buffer =>
  Buffer.concat([
    tarEntry(claims),
    tarEntry({ name, fields: { 124: `${octal}\0` } }),
    Buffer.alloc(1024),
  ])
const tooLarge: Readonly<Record<string, readonly [bytes: Uint8Array, limit: string]>> = {
  'a size of 8 GiB': [hugeSize('node.bin', '77777777777'), 'contentBytes'],
  'claims of 100 KB': [tarOf({ name: 'claims.jwt', content: 'a'.repeat(100_000) }), 'claimsBytes'],
  'many files': [
    tarOf(claims, ...Array.from({ length: 64 }, (_, index) => ({ name: `t${index}.bin` }))),
    'files',
  ],
  '100 MB of zeros in a library': [
    gzipSync(tarOf(claims, { name: 'node.bin', content: Buffer.alloc(100e6) })),
    'compressionRatio',
  ],
  '100 MB of zeros after the end': [
    gzipSync(Buffer.concat([good, Buffer.alloc(100e6)])),
    'compressionRatio',
  ],
}
for (const [what, [bytes, limit]] of Object.entries(tooLarge)) {
  test(`verifyArchive - refuses ${what}`, async (t) => {
    const error = await t.throwsAsync(verifyArchive(bytes), { code: 'ERR_ARCHIVE_TOO_LARGE' })
    t.like(error, { detail: { limit } })
  })
}

test('verifyArchive - takes a tar that was padded to 10 KiB, as tar programs do', async (t) => {
  const padded = Buffer.concat([good, Buffer.alloc(10_240 - good.length)])
  t.is((await verifyArchive(padded)).libraries.length, 1)
})

test('verifyArchive - every byte that is changed is noticed, or means nothing', async (t) => {
  let refused = 0
  for (let at = 0; at < good.length; at++) {
    const changed = Buffer.from(good)
    changed.writeUInt8((good[at] ?? 0) ^ 0x01, at)
    const { archive, failures } = await inspectArchive(changed)
    if (failures.length > 0) refused++
    else t.is(archive?.libraries[0]?.hash, (await inspectArchive(good)).archive?.libraries[0]?.hash)
  }
  t.true(refused > good.length * 0.95, `${refused} of ${good.length}`)
})

/** 10 GB of zeros, after a header that is good: 16 MiB of them compressed once, over and over. */
function bomb(): Buffer {
  const part = deflateRawSync(Buffer.alloc(16 * 1024 * 1024), {
    finishFlush: constants.Z_FULL_FLUSH,
    level: 9,
  })
  const head = deflateRawSync(tarEntry(claims), { finishFlush: constants.Z_FULL_FLUSH })
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
  return Buffer.concat([header, head, ...Array.from({ length: 640 }, () => part)])
}

/**
 * The signing folder as JavaScript, as it is published: a child that had to strip the types first
 * would need more memory for that than for anything else.
 */
async function publishedSigning(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'wash-ts-signing-'))
  for (const file of globSync('signing/*.ts', { cwd: root })) {
    const text = stripTypeScriptTypes(await readFile(join(root, file), 'utf8'))
    const code = text.replaceAll(/(from\s+'\.\/[^']+)\.ts'/g, "$1.mjs'")
    await writeFile(join(path, `${parse(file).name}.mjs`), code)
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/** Reads an archive from its standard input; says what became of it, and its peak of memory. */
const readerOfStdin = `
import { inspectArchive } from './archive.mjs'
const { failures } = await inspectArchive(process.stdin)
const peakBytes = process.resourceUsage().maxRSS * 1024
console.log(JSON.stringify({ codes: failures.map(({ code }) => code), peakBytes }))
process.exit(0)
`

test('inspectArchive - needs less than 64 MiB to refuse a bomb of 10 GB', async (t) => {
  await using signing = await publishedSigning()
  await writeFile(join(signing.path, 'reader.mjs'), readerOfStdin)
  const child = spawn(process.execPath, ['reader.mjs'], {
    cwd: signing.path,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.on('error', () => {}) // it stops reading early
  child.stdin.end(bomb())
  const { codes, peakBytes } = (await json(child.stdout)) as { codes: string[]; peakBytes: number }
  t.deepEqual(codes, ['ERR_ARCHIVE_TOO_LARGE'])
  t.true(peakBytes <= 64 * 1024 * 1024, `${peakBytes} bytes`)
  t.log(`peak ${Math.round(peakBytes / 1024 / 1024)} MiB`)
})

function damaged(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  const index = at < 0 ? bytes.length + at : at
  copy.writeUInt8((bytes[index] ?? 0) ^ 0xff, index)
  return copy
}
