import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { KeyPair, signActor } from '../../signing/index.ts'
import { assemble } from '../host/engine/prepare/support/assemble.ts'
import { buildActor } from '../support/actors.ts'
import { commandFolder } from '../support/wash-command.ts'

/** What `claims inspect -o json` says of a module's bytes. */
async function inspect(wasm: Uint8Array): Promise<Record<string, unknown>> {
  await using folder = await commandFolder()
  await writeFile(join(folder.path, 'a.wasm'), wasm)
  const { exitCode, json } = await folder.runJson('claims', 'inspect', 'a.wasm')
  if (exitCode !== 0) throw new Error(JSON.stringify(json))
  return json
}

const issuer = KeyPair.generate('account')
const subject = KeyPair.generate('module')

test('wash-ts claims inspect - says who an actor is and that a host would load it', async (t) => {
  const json = await inspect(await buildActor('kvcounter'))
  t.like(json, {
    name: 'kvcounter',
    contracts: ['wascc:http_server', 'wascc:keyvalue'],
    tags: ['example'],
    revision: 1,
    version: '0.1.0',
    dialect: 'C',
    signatureValid: true,
    hashValid: true,
    accepted: true,
    reasons: [],
  })
  t.regex(String(json['subject']), /^M[A-Z2-7]{55}$/)
  t.regex(String(json['issuer']), /^A[A-Z2-7]{55}$/)
  t.true((json['imports'] as { name: string }[]).some(({ name }) => name === '__host_call'))
  t.true((json['memory'] as { minPages: number }).minPages > 0)
})

test('wash-ts claims inspect - names a changed byte', async (t) => {
  const wasm = Uint8Array.from(await buildActor('echo'))
  const code = wasm.length >> 1
  wasm[code] = (wasm[code] ?? 0) ^ 1
  const json = await inspect(wasm)
  t.is(json['accepted'], false)
  t.is(json['signatureValid'], true)
  t.is(json['hashValid'], false)
  t.true((json['reasons'] as string[]).includes('ERR_HASH_MISMATCH'))
})

test('wash-ts claims inspect - names everything that is wrong at once', async (t) => {
  const wasm = await assemble(
    '(module (import "env" "system" (func)) (memory (export "memory") 1) (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))',
  )
  const day = 86_400_000
  const signed = await signActor(
    wasm,
    { name: 'old', expiresAt: new Date(Date.now() - day) },
    { issuer, subject },
    { now: new Date(Date.now() - 2 * day) },
  )
  const json = await inspect(signed)
  t.is(json['accepted'], false)
  t.is(json['signatureValid'], true)
  t.deepEqual(json['reasons'], ['ERR_CLAIMS_EXPIRED', 'ERR_WASM_IMPORT'])
})

test('wash-ts claims inspect - names an import that no host has', async (t) => {
  const wasm = await assemble(
    '(module (import "env" "system" (func)) (memory (export "memory") 1) (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))',
  )
  const json = await inspect(await signActor(wasm, { name: 'a' }, { issuer, subject }))
  t.like(json, { accepted: false, signatureValid: true, reasons: ['ERR_WASM_IMPORT'] })
})

test('wash-ts claims inspect - says of an unsigned module that it is unsigned', async (t) => {
  const json = await inspect(await assemble('(module)'))
  t.like(json, { subject: null, issuer: null, accepted: false, signatureValid: false })
  t.deepEqual(json['reasons'], ['ERR_CLAIMS_MISSING', 'ERR_WASM_EXPORT'])
})

test('wash-ts claims inspect - says of what is no module that it is none', async (t) => {
  const json = await inspect(new TextEncoder().encode('hello'))
  t.is(json['accepted'], false)
  t.is((json['reasons'] as string[])[0], 'ERR_WASM_MALFORMED')
})

test('wash-ts claims inspect - lets no name control the terminal', async (t) => {
  await using folder = await commandFolder({ FORCE_COLOR: '1' })
  const name = 'a\u001b[2J\u202egnp\r\nactor       MFAKE'
  const signed = await signActor(await buildActor('echo'), { name }, { issuer, subject })
  await writeFile(join(folder.path, 'a.wasm'), signed)
  const { stdout } = await folder.run('claims', 'inspect', 'a.wasm')
  t.true(stdout.includes('a\\u001b[2J\\u202egnp\\u000d\\u000aactor       MFAKE'))
  t.false(stdout.includes('\u001b[2J'))
  t.false(stdout.includes('\u202e'))
})

test('wash-ts claims inspect --jwt-only - prints the token alone', async (t) => {
  await using folder = await commandFolder()
  await writeFile(join(folder.path, 'a.wasm'), await buildActor('echo'))
  const { stdout } = await folder.run('claims', 'inspect', 'a.wasm', '--jwt-only')
  t.regex(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
})

test('wash-ts claims inspect - fails on a file that is not there', async (t) => {
  await using folder = await commandFolder()
  const { exitCode, json } = await folder.runJson('claims', 'inspect', 'nowhere.wasm')
  t.is(exitCode, 3)
  t.is((json['error'] as { code: string }).code, 'ERR_FILE_NOT_FOUND')
})
