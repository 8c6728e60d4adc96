import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { KeyPair, readActor, stripClaims, verifyActor } from '../../signing/index.ts'
import { assemble } from '../host/engine/prepare/support/assemble.ts'
import { commandFolder } from '../support/wash-command.ts'

/** A module of each generation, as far as its imports and exports tell. */
const modules = {
  wascc:
    '(module (import "wapc" "__host_call" (func (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32))))',
  wasmcloud: '(module (func (export "wapc_init")))',
  otp: '(module (import "wasmbus" "__guest_request" (func (param i32 i32))))',
} as const

async function folderWith(name: string, wat: string): ReturnType<typeof commandFolder> {
  const folder = await commandFolder()
  await writeFile(join(folder.path, name), await assemble(wat))
  return folder
}

test('wash-ts claims sign ACTOR - alone makes keys, signs beside the file and says what it did', async (t) => {
  await using folder = await folderWith('greeter.wasm', modules.wascc)
  const { exitCode, stdout, stderr } = await folder.run('claims', 'sign', 'greeter.wasm')
  t.is(stderr, '')
  t.is(exitCode, 0)
  const { claims } = await verifyActor(await readFile(join(folder.path, 'greeter_s.wasm')))
  t.is(claims.name, 'greeter')
  t.deepEqual(claims.contracts, [])
  t.is(
    stdout,
    [
      'Signed greeter.wasm as "greeter": greeter_s.wasm',
      `  actor      ${claims.subject} (new key: ${folder.keys}/greeter_module.nk)`,
      `  issuer     ${claims.issuer} (new key: ${folder.keys}/tester_account.nk)`,
      '  contracts  none: it may use nothing (see --help)',
      'Run it: wash-ts up greeter_s.wasm',
      '',
    ].join('\n'),
  )
  t.is((await stat(folder.keys)).mode & 0o777, 0o700)
  for (const key of ['greeter_module.nk', 'tester_account.nk']) {
    t.is((await stat(join(folder.keys, key))).mode & 0o777, 0o600, key)
  }
})

test('wash-ts claims sign - gives an actor the same identity again, and strips back to the module', async (t) => {
  await using folder = await folderWith('greeter.wasm', modules.wascc)
  const first = await folder.runJson('claims', 'sign', 'greeter.wasm')
  const again = await folder.runJson(
    'claims',
    'sign',
    'greeter_s.wasm',
    '-s',
    `${folder.keys}/greeter_module.nk`,
  )
  t.is(again.json['subject'], first.json['subject'])
  t.is(again.json['issuer'], first.json['issuer'])
  t.deepEqual(
    (first.json['keys'] as { made: boolean }[]).map(({ made }) => made),
    [true, true],
  )
  t.deepEqual(
    (again.json['keys'] as { made: boolean }[]).map(({ made }) => made),
    [false, false],
  )
  const resigned = await readFile(join(folder.path, 'greeter_s_s.wasm'))
  const original = await readFile(join(folder.path, 'greeter.wasm'))
  t.deepEqual(Buffer.from(stripClaims(resigned)), original)
})

const generations: readonly (readonly [keyof typeof modules, readonly string[]])[] = [
  [
    'wascc',
    [
      'wascc:http_server',
      'wascc:http_client',
      'wascc:keyvalue',
      'wascc:messaging',
      'wascc:blobstore',
      'wascc:extras',
      'wascc:logging',
      'wascc:eventstreams',
    ],
  ],
  [
    'wasmcloud',
    [
      'wasmcloud:httpserver',
      'wasmcloud:httpclient',
      'wasmcloud:keyvalue',
      'wasmcloud:messaging',
      'wasmcloud:blobstore',
      'wasmcloud:extras',
      'wasmcloud:logging',
      'wasmcloud:eventstreams',
    ],
  ],
  [
    'otp',
    [
      'wasmcloud:httpserver',
      'wasmcloud:httpclient',
      'wasmcloud:keyvalue',
      'wasmcloud:messaging',
      'wasmcloud:blobstore',
      'wasmcloud:builtin:numbergen',
      'wasmcloud:builtin:logging',
      'wasmcloud:eventstreams',
    ],
  ],
]
for (const [generation, contracts] of generations) {
  test(`wash-ts claims sign - takes wash's contract flags for a module of ${generation}`, async (t) => {
    await using folder = await folderWith('a.wasm', modules[generation])
    const short = await folder.runJson(
      'claims',
      'sign',
      'a.wasm',
      '-q',
      '-h',
      '-k',
      '-g',
      '-f',
      '-z',
      '-l',
      '-e',
    )
    t.deepEqual(short.json['contracts'], contracts)
    const long = await folder.runJson(
      ...['claims', 'sign', 'a.wasm', '--http_server', '--http-client', '--keyvalue', '--msg'],
      ...['--blob_store', '--extras', '--logging', '--events', '--cap', 'acme:thing'],
    )
    t.deepEqual(long.json['contracts'], [...contracts, 'acme:thing'])
  })
}

test('wash-ts claims sign - writes every other claim that its flags name', async (t) => {
  await using folder = await folderWith('a.wasm', modules.wascc)
  const account = KeyPair.generate('account')
  const before = Date.now()
  const { exitCode } = await folder.run(
    ...[
      'claims',
      'sign',
      'a.wasm',
      '-d',
      'out.wasm',
      '-n',
      'A Name',
      '-t',
      'one',
      '-t',
      'two',
      '-p',
    ],
    ...['-r', '7', '-v', '1.2.3', '-a', 'My Alias', '-i', account.seed, '-x', '30', '-b', '2'],
  )
  t.is(exitCode, 0)
  const { claims } = readActor(await readFile(join(folder.path, 'out.wasm')))
  t.like(claims, {
    name: 'A Name',
    issuer: account.publicKey,
    tags: ['one', 'two'],
    isProvider: true,
    revision: 7,
    version: '1.2.3',
    callAlias: 'my_alias',
  })
  const daysOf = (date: Date | undefined): number =>
    Math.round(((date?.getTime() ?? 0) - before) / 86_400_000)
  t.is(daysOf(claims.expiresAt), 30)
  t.is(daysOf(claims.notBefore), 2)
  await t.throwsAsync(stat(join(folder.keys, 'tester_account.nk')), { code: 'ENOENT' })
})

const refusals: readonly (readonly [args: string, code: string, exitCode: number])[] = [
  ['missing.wasm', 'ERR_FILE_NOT_FOUND', 3],
  ['.', 'ERR_FILE_UNREADABLE', 1],
  ['text.wasm', 'ERR_WASM_MALFORMED', 4],
  ['a.wasm --disable-keygen', 'ERR_KEY_NOT_FOUND', 3],
  ['a.wasm -i nowhere.nk', 'ERR_KEY_NOT_FOUND', 3],
  ['a.wasm -i module.nk', 'ERR_KEY_WRONG_TYPE', 2],
  ['a.wasm -s text.wasm', 'ERR_SEED_INVALID', 2],
  ['a.wasm -r one', 'ERR_USAGE', 2],
  ['a.wasm -r 1.5', 'ERR_USAGE', 2],
  ['a.wasm -r 2147483648', 'ERR_USAGE', 2],
  ['a.wasm --ver=', 'ERR_USAGE', 2],
  ['a.wasm --name=', 'ERR_USAGE', 2],
  ['a.wasm --cap=', 'ERR_USAGE', 2],
  ['a.wasm -x soon', 'ERR_USAGE', 2],
  ['a.wasm -n one -n two', 'ERR_USAGE', 2],
  ['a.wasm -d nowhere/out.wasm', 'ERR_FILE_UNREADABLE', 1],
]
for (const [args, code, exitCode] of refusals) {
  test(`wash-ts claims sign ${args} - is refused with ${code} and writes nothing`, async (t) => {
    await using folder = await folderWith('a.wasm', modules.wascc)
    await writeFile(join(folder.path, 'text.wasm'), 'hello')
    await writeFile(join(folder.path, 'module.nk'), KeyPair.generate('module').seed)
    const { json, ...rest } = await folder.runJson('claims', 'sign', ...args.split(' '))
    t.is((json['error'] as { code: string }).code, code)
    t.is(rest.exitCode, exitCode)
    await t.throwsAsync(stat(join(folder.path, 'a_s.wasm')), { code: 'ENOENT' })
  })
}

test('wash-ts claims sign - never shows a seed', async (t) => {
  await using folder = await folderWith('a.wasm', modules.wascc)
  const { seed } = KeyPair.generate('account')
  const broken = `${seed.slice(0, -1)}${seed.endsWith('A') ? 'B' : 'A'}`
  for (const given of [seed, broken]) {
    const { stdout, stderr } = await folder.run('claims', 'sign', 'a.wasm', '-i', given)
    t.false(`${stdout}${stderr}`.includes(seed.slice(4, 30)))
  }
})

test('wash-ts claims sign - several at once agree on the keys they make', async (t) => {
  await using folder = await folderWith('a.wasm', modules.wascc)
  const signed = await Promise.all(
    [1, 2, 3, 4].map((number) =>
      folder.runJson('claims', 'sign', 'a.wasm', '-d', `${number}.wasm`),
    ),
  )
  t.is(new Set(signed.map(({ json }) => json['issuer'])).size, 1)
  t.is(new Set(signed.map(({ json }) => json['subject'])).size, 1)
})

test('wash-ts claims sign - makes no key for what is no module', async (t) => {
  await using folder = await commandFolder()
  await writeFile(join(folder.path, 'notes.wasm'), 'not a module')
  const { exitCode, stderr } = await folder.run('claims', 'sign', 'notes.wasm')
  t.is(exitCode, 4)
  t.regex(stderr, /ERR_WASM_MALFORMED/)
  await t.throwsAsync(() => stat(folder.keys), { code: 'ENOENT' })
})
