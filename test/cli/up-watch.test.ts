import { cp, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { KeyPair } from '../../signing/index.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { KeepAlive } from '../support/keep-alive.ts'
import { type CommandFolder, commandFolder } from '../support/wash-command.ts'
import { nextEvent, nthEvent } from './support/up-events.ts'

interface WatchEvent {
  readonly event: string
  readonly path?: string
  readonly started: readonly { readonly name: string }[]
  readonly updated: readonly { readonly name: string }[]
  readonly stopped: readonly { readonly name: string }[]
  readonly needRestart: readonly string[]
  readonly error?: { readonly code: string; readonly message: string }
}

const subject = KeyPair.generate('module')
const contracts = ['wascc:http_server', 'wascc:keyvalue']

/** Signs an example as the actor `app`. */
const app = async (example: string): Promise<Uint8Array> =>
  signFixture(await buildActor(example), { name: 'app', contracts, revision: 1 }, { subject })

async function folderWithApp(manifest = ''): Promise<CommandFolder> {
  const folder = await commandFolder()
  await writeFile(join(folder.path, 'app.wasm'), await app('kvcounter'))
  await writeFile(join(folder.path, 'echo.wasm'), await buildActor('echo'))
  await writeFile(join(folder.path, 'app.yaml'), manifest)
  return folder
}

const http = (actor: string): string =>
  `  - { actor: ${actor}, contract_id: "wascc:http_server", values: { PORT: 0 } }`
const store = `  - { actor: app.wasm, contract_id: "wascc:keyvalue" }`

test('wash-ts up MANIFEST --watch - edits take effect, broken ones are told with their line', async (t) => {
  await using folder = await folderWithApp(`actors: [app.wasm]\nlinks:\n${http('app.wasm')}\n`)
  const path = join(folder.path, 'app.yaml')
  await using command = folder.start('up', 'app.yaml', '--watch', '-o', 'json')
  await nextEvent(command, 'ready')
  const { url } = await nextEvent(command, 'actor_started')
  t.is((await fetch(`${url}visits`)).status, 500)

  await writeFile(path, `actors: [app.wasm]\nlinks:\n${http('app.wasm')}\n${store}\n`)
  await nthEvent<WatchEvent>(command, 'manifest_applied')
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 1 })

  await writeFile(path, 'actors:\n  - app.wasm\nlinks: 5\n')
  const broken = await nthEvent<WatchEvent>(command, 'edit_failed')
  t.is(broken.error?.code, 'ERR_MANIFEST_INVALID')
  t.regex(broken.error?.message ?? '', /line 3: links/)
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 2 })

  await writeFile(path, 'actors:\n  - app.wasm\n  - nowhere.wasm\n')
  const missing = await nthEvent<WatchEvent>(command, 'edit_failed', 2)
  t.is(missing.error?.code, 'ERR_MANIFEST_NOT_APPLIED')
  t.regex(missing.error?.message ?? '', /line 3: /)
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 3 })

  // As editors do it that write another file and put it in the place of the old one.
  const text = `labels: { zone: b }\nactors: [app.wasm, echo.wasm]\nlinks:\n${http('app.wasm')}\n${store}\n`
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
  const applied = await nthEvent<WatchEvent>(command, 'manifest_applied', 2)
  t.deepEqual(
    applied.started.map(({ name }) => name),
    ['echo'],
  )
  t.deepEqual(applied.needRestart, ['labels'])
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 4 })

  await writeFile(path, text.replace(', echo.wasm', ''))
  const stopped = await nthEvent<WatchEvent>(command, 'manifest_applied', 3)
  t.deepEqual(
    stopped.stopped.map(({ name }) => name),
    ['echo'],
  )
  command.kill('SIGTERM')
  t.is((await command.finished).exitCode, 0)
})

test('wash-ts up MANIFEST --watch - a file that is missing is waited for', async (t) => {
  await using folder = await folderWithApp('actors: [app.wasm]\n')
  await using command = folder.start('up', 'app.yaml', '--watch', '-o', 'json')
  await nextEvent(command, 'ready')
  await writeFile(join(folder.path, 'app.yaml'), 'actors: [app.wasm, later/on.wasm]\n')
  await nthEvent<WatchEvent>(command, 'edit_failed')

  await cp(join(folder.path, 'echo.wasm'), join(folder.path, 'later/on.wasm'), { recursive: true })

  const { started } = await nthEvent<WatchEvent>(command, 'manifest_applied')
  t.deepEqual(
    started.map(({ name }) => name),
    ['echo'],
  )
})

test('wash-ts up ACTOR --watch - a new build is served on the same connection', async (t) => {
  await using folder = await folderWithApp()
  const path = join(folder.path, 'app.wasm')
  await using command = folder.start('up', 'app.wasm', '-w', '-p', '0', '-o', 'json')
  await nextEvent(command, 'ready')
  const { url = '' } = await nextEvent(command, 'actor_started')
  using agent = new KeepAlive(url)
  t.is(await agent.get('visits'), '{"counter":1}')

  await writeFile(path, await app('echo'))
  await nthEvent<WatchEvent>(command, 'actor_file_applied')
  t.not(await agent.get('visits'), '{"counter":2}')

  // Half a module is what a compiler has written so far, or what it left: the actor stays.
  await writeFile(path, (await app('kvcounter')).subarray(0, 2_000))
  const { error } = await nthEvent<WatchEvent>(command, 'edit_failed')
  t.regex(error?.code ?? '', /^ERR_/)
  t.is(agent.connections, 1)
  await writeFile(path, await app('kvcounter'))
  await nthEvent<WatchEvent>(command, 'actor_file_applied', 2)
  t.is(await agent.get('visits'), '{"counter":2}')
  t.is(agent.connections, 1)
})
