import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { buildActor } from '../support/actors.ts'
import { type CommandFolder, commandFolder } from '../support/wash-command.ts'

async function folderWith(name: string): Promise<CommandFolder> {
  const folder = await commandFolder()
  await writeFile(join(folder.path, 'a.wasm'), await buildActor(name))
  return folder
}

test('wash-ts call - links what the actor claims, calls once and prints the decoded answer', async (t) => {
  await using folder = await folderWith('kvcounter')
  const request = JSON.stringify({ method: 'GET', path: '/visits' })
  const { exitCode, json } = await folder.runJson('call', 'a.wasm', 'HandleRequest', request)
  t.is(exitCode, 0)
  t.is(json['statusCode'], 200)
  t.is(json['body'], '{"counter":1}')
  const text = await folder.run('call', 'a.wasm', 'HandleRequest', request)
  t.deepEqual(JSON.parse(text.stdout), json)
  t.true(text.stdout.startsWith('{\n'))
})

test('wash-ts call - needs no request where everything has a default', async (t) => {
  await using folder = await folderWith('echo')
  const { exitCode, json } = await folder.runJson('call', 'a.wasm', 'HandleRequest')
  t.is(exitCode, 0)
  t.is(json['statusCode'], 200)
})

const refusals: readonly (readonly [args: string, code: string, exitCode: number])[] = [
  ['a.wasm HandleRequest {', 'ERR_USAGE', 2],
  ['a.wasm HandleRequest {"pth":"/"}', 'ERR_MESSAGE_INVALID', 1],
  ['a.wasm HandleRequest {} --timeout 0', 'ERR_USAGE', 2],
  ['a.wasm', 'ERR_USAGE', 2],
  ['nowhere.wasm HandleRequest', 'ERR_FILE_NOT_FOUND', 3],
  ['a.wasm Nonsense', 'ERR_GUEST_ERROR', 1],
]
for (const [args, code, exitCode] of refusals) {
  test(`wash-ts call ${args} - ends with ${code}`, async (t) => {
    await using folder = await folderWith('echo')
    const finished = await folder.runJson('call', ...args.split(' '))
    t.is((finished.json['error'] as { code: string }).code, code)
    t.is(finished.exitCode, exitCode)
  })
}

test('wash-ts call - ends a call that computes for ever', async (t) => {
  await using folder = await folderWith('hog')
  const { exitCode, json } = await folder.runJson(
    'call',
    'a.wasm',
    'HandleRequest',
    '{"path":"/loop"}',
  )
  t.is((json['error'] as { code: string }).code, 'ERR_CPU_BUDGET')
  t.is(exitCode, 1)
})
