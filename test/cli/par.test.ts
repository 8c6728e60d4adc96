import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { createArchive, KeyPair, verifyArchive } from '../../signing/index.ts'
import { commandFolder } from '../support/wash-command.ts'

async function folderWith(name = 'redis.js'): ReturnType<typeof commandFolder> {
  const folder = await commandFolder()
  await writeFile(join(folder.path, name), 'export default 1\n')
  return folder
}
const create = ['par', 'create', '-c', 'wascc:keyvalue', '-v', 'Acme', '-b'] as const

test('wash-ts par create - makes keys, an archive beside the file, and says what it did', async (t) => {
  await using folder = await folderWith()
  const { exitCode, stdout, stderr } = await folder.run(...create, 'redis.js')
  t.is(stderr, '')
  t.is(exitCode, 0)
  const { claims, libraries } = await verifyArchive(await readFile(join(folder.path, 'redis.par')))
  t.like(claims, { name: 'redis', contractId: 'wascc:keyvalue', vendor: 'Acme' })
  t.is(
    stdout,
    [
      'Made redis.par: provider "redis"',
      `  provider   ${claims.subject} (new key: ${folder.keys}/redis_service.nk)`,
      `  issuer     ${claims.issuer} (new key: ${folder.keys}/tester_account.nk)`,
      '  contract   wascc:keyvalue',
      `  targets    node (17 bytes, ${libraries[0]?.hash})`,
      'Use it: capabilities: [{ path: redis.par }] in a manifest',
      '',
    ].join('\n'),
  )
})

test('wash-ts par create - takes every flag of wash', async (t) => {
  await using folder = await folderWith()
  const issuer = KeyPair.generate('account')
  const subject = KeyPair.generate('service')
  await writeFile(join(folder.path, 'schema.json'), '{"type":"object"}')
  const { exitCode, json } = await folder.runJson(
    ...['par', 'create', '--capid', 'acme:thing', '--vendor', 'Acme', '--revision', '7'],
    ...['--version', '1.2.3', '--name', 'Thing', '--arch', 'x86_64-linux', '--binary', 'redis.js'],
    ...['--destination', 'out.par.gz', '--compress', '-i', issuer.seed, '-s', subject.seed],
    ...['--directory', folder.keys, '--disable-keygen', '--expires', '30'],
    ...['--schema', 'schema.json'],
  )
  t.is(exitCode, 0)
  const bytes = await readFile(join(folder.path, 'out.par.gz'))
  t.is(bytes[0], 0x1f)
  const { claims, libraries } = await verifyArchive(bytes)
  t.like(claims, {
    ...{ issuer: issuer.publicKey, subject: subject.publicKey, name: 'Thing', revision: 7 },
    ...{ version: '1.2.3', contractId: 'acme:thing', configSchema: { type: 'object' } },
  })
  t.deepEqual(
    libraries.map(({ target }) => target),
    ['x86_64-linux'],
  )
  t.is(json['destination'], 'out.par.gz')
  await t.throwsAsync(stat(folder.keys), { code: 'ENOENT' })
})

test('wash-ts par create - turns TypeScript into JavaScript', async (t) => {
  await using folder = await commandFolder()
  await writeFile(join(folder.path, 'a.ts'), 'export const a: number = 1\n')
  await writeFile(join(folder.path, 'b.ts'), 'export enum B { One }\n')
  const { stderr } = await folder.run(...create, 'a.ts')
  t.is(stderr, '')
  const archive = await readFile(join(folder.path, 'a.par'))
  const { code } = await verifyArchive(archive, { targets: ['node'] })
  t.regex(Buffer.from(code.get('node') ?? []).toString(), /^export const a\s+= 1\n$/)
  const refused = await folder.runJson(...create, 'b.ts')
  t.is((refused.json['error'] as { code: string }).code, 'ERR_FILE_UNREADABLE')
})

const refusals: readonly (readonly [args: string, code: string, exitCode: number])[] = [
  ['-v Acme -b redis.js', 'ERR_USAGE', 2],
  ['-c a:b -b redis.js', 'ERR_USAGE', 2],
  ['-c a:b -v Acme', 'ERR_USAGE', 2],
  ['-c a:b -v Acme -b missing.js', 'ERR_FILE_NOT_FOUND', 3],
  ['-c a:b -v Acme -b redis.js -a ../x', 'ERR_ARCHIVE_MALFORMED', 4],
  ['-c a:b -v Acme -b redis.js -r one', 'ERR_USAGE', 2],
  ['-c a:b -v Acme -b redis.js --schema redis.js', 'ERR_USAGE', 2],
  ['-c a:b -v Acme -b redis.js --disable-keygen', 'ERR_KEY_NOT_FOUND', 3],
  ['-c a:b -v Acme -b redis.js --destination nowhere/out.par', 'ERR_FILE_UNREADABLE', 1],
]
for (const [args, code, exitCode] of refusals) {
  test(`wash-ts par create ${args} - is refused with ${code}`, async (t) => {
    await using folder = await folderWith()
    const { json, ...rest } = await folder.runJson('par', 'create', ...args.split(' '))
    t.is((json['error'] as { code: string }).code, code)
    t.is(rest.exitCode, exitCode)
    await t.throwsAsync(stat(join(folder.path, 'redis.par')), { code: 'ENOENT' })
  })
}

test('wash-ts par insert - adds and replaces libraries with the keys that signed', async (t) => {
  await using folder = await folderWith()
  await folder.run(...create, 'redis.js', '--compress')
  await writeFile(join(folder.path, 'native'), 'ELF')
  const insert = ['par', 'insert', 'redis.par.gz', '-b'] as const
  const added = await folder.runJson(...insert, 'native', '-a', 'x86_64-linux')
  t.like(added.json, { target: 'x86_64-linux', replaced: false })
  await writeFile(join(folder.path, 'redis.js'), 'export default 2\n')
  const replaced = await folder.runJson(...insert, 'redis.js')
  t.like(replaced.json, { target: 'node', replaced: true })
  const archive = await readFile(join(folder.path, 'redis.par.gz'))
  const { code } = await verifyArchive(archive, { targets: 'all' })
  t.deepEqual(
    [...code].map(([target, bytes]) => [target, Buffer.from(bytes).toString()]),
    [
      ['node', 'export default 2\n'],
      ['x86_64-linux', 'ELF'],
    ],
  )
})

test('wash-ts par insert - makes no key, and changes nothing without the right ones', async (t) => {
  await using folder = await folderWith()
  const keys = { issuer: KeyPair.generate('account'), subject: KeyPair.generate('service') }
  const archive = await createArchive(
    { contractId: 'a:b', vendor: 'Acme' },
    new Map([['node', Buffer.from('1')]]),
    keys,
  )
  const path = join(folder.path, 'theirs.par')
  await writeFile(path, archive)
  const insert = ['par', 'insert', 'theirs.par', '-b', 'redis.js'] as const
  const others = ['-i', KeyPair.generate('account').seed, '-s', keys.subject.seed] as const
  for (const more of [[], others]) {
    const { exitCode, json } = await folder.runJson(...insert, ...more)
    t.is((json['error'] as { code: string }).code, 'ERR_KEY_NOT_FOUND')
    t.is(exitCode, 3)
    t.false(JSON.stringify(json).includes(others[1]))
  }
  t.deepEqual(await readFile(path), Buffer.from(archive))
  await t.throwsAsync(stat(folder.keys), { code: 'ENOENT' })
  const own = ['-i', keys.issuer.seed, '-s', keys.subject.seed] as const
  t.is((await folder.run(...insert, ...own)).exitCode, 0)
})

test('wash-ts par inspect, claims inspect - show what an archive is', async (t) => {
  await using folder = await folderWith()
  await folder.run(...create, 'redis.js', '-r', '2')
  const { json } = await folder.runJson('par', 'inspect', 'redis.par')
  t.like(json, {
    ...{ name: 'redis', contractId: 'wascc:keyvalue', vendor: 'Acme', revision: 2 },
    ...{ signatureValid: true, hashesValid: true, accepted: true, reasons: [], compressed: false },
  })
  t.deepEqual((await folder.runJson('claims', 'inspect', 'redis.par')).json, json)
  const { stdout } = await folder.run('par', 'inspect', 'redis.par')
  t.regex(stdout, /^signature {3}valid$/m)
  t.regex(stdout, /^targets {5}node \(17 bytes, [\dA-F]{64}\) valid$/m)
  t.regex(stdout, /would run it\.\n$/)
  const token = await folder.run('par', 'inspect', 'redis.par', '--jwt-only')
  t.regex(token.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
})

test('wash-ts par inspect - says everything that a host would refuse', async (t) => {
  await using folder = await folderWith()
  await folder.run(...create, 'redis.js', '-a', 'x86_64-linux')
  const path = join(folder.path, 'redis.par')
  const bytes = await readFile(path)
  bytes.write('X', bytes.lastIndexOf('export'))
  await writeFile(path, bytes)
  const { exitCode, json } = await folder.runJson('par', 'inspect', 'redis.par')
  t.is(exitCode, 0)
  t.like(json, { accepted: false, signatureValid: true, hashesValid: false })
  t.deepEqual(json['reasons'], ['ERR_ARCHIVE_HASH', 'ERR_ARCHIVE_TARGET'])
  const { stdout } = await folder.run('par', 'inspect', 'redis.par')
  t.regex(stdout, /INVALID/)
  t.regex(stdout, /would refuse it/)
  const text = await folder.runJson('par', 'inspect', 'redis.js')
  t.deepEqual(text.json['reasons'], ['ERR_ARCHIVE_MALFORMED'])
})
