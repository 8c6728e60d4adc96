import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { KeyPair, keyTypes } from '../../signing/index.ts'
import { commandFolder } from '../support/wash-command.ts'

for (const type of keyTypes) {
  test(`wash-ts keys gen ${type} - prints a pair that belongs together, and stores nothing`, async (t) => {
    await using folder = await commandFolder()
    const { exitCode, json } = await folder.runJson('keys', 'gen', type)
    const pair = KeyPair.fromSeed(String(json['seed']))
    t.is(pair.publicKey, String(json['publicKey']))
    t.is(pair.type, type)
    t.is(exitCode, 0)
    await t.throwsAsync(stat(folder.keys), { code: 'ENOENT' })
  })
}

test('wash-ts keys get - prints the seed of a stored key, and only that', async (t) => {
  await using folder = await commandFolder()
  const pair = KeyPair.generate('module')
  await mkdir(folder.keys)
  await writeFile(join(folder.keys, 'counter_module.nk'), `  ${pair.seed}\n`)
  t.is((await folder.run('keys', 'get', 'counter_module')).stdout, `${pair.seed}\n`)
  t.is((await folder.run('key', 'get', 'counter_module.nk')).stdout, `${pair.seed}\n`)
})

test('wash-ts keys get - names the nearest key where there is none of the name', async (t) => {
  await using folder = await commandFolder()
  await mkdir(folder.keys)
  await writeFile(join(folder.keys, 'counter_module.nk'), KeyPair.generate('module').seed)
  const { exitCode, json } = await folder.runJson('keys', 'get', 'countr_module')
  const { code, message } = json['error'] as { code: string; message: string }
  t.is(code, 'ERR_KEY_NOT_FOUND')
  t.true(message.endsWith('; did you mean counter_module?'))
  t.is(exitCode, 3)
})

test('wash-ts keys get - does not leave the folder of keys', async (t) => {
  await using folder = await commandFolder()
  await mkdir(folder.keys)
  await writeFile(join(folder.path, 'outside.nk'), KeyPair.generate('module').seed)
  const { exitCode } = await folder.run('keys', 'get', '../outside')
  t.is(exitCode, 3)
})

test('wash-ts keys list - lists public keys, says which files are none, and shows no seed', async (t) => {
  await using folder = await commandFolder()
  const pair = KeyPair.generate('account')
  await mkdir(folder.keys)
  await writeFile(join(folder.keys, 'me_account.nk'), pair.seed)
  await writeFile(join(folder.keys, 'broken.nk'), pair.seed.slice(0, -1))
  const { exitCode, json } = await folder.runJson('keys', 'list')
  t.is(exitCode, 0)
  const keys = json['keys'] as Record<string, string>[]
  t.deepEqual(
    keys.map(({ name, type, publicKey }) => ({ name, type, publicKey })),
    [
      { name: 'broken', type: undefined, publicKey: undefined },
      { name: 'me_account', type: 'account', publicKey: pair.publicKey },
    ],
  )
  t.truthy(keys[0]?.['problem'])
  t.false(JSON.stringify(json).includes(pair.seed.slice(0, 20)))
})

test('wash-ts keys list - is empty without a folder of keys', async (t) => {
  await using folder = await commandFolder()
  const { exitCode, json } = await folder.runJson('keys', 'list')
  t.is(exitCode, 0)
  t.deepEqual(json['keys'], [])
})
