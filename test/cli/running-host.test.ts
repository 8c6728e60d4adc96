import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { KeyPair } from '../../signing/index.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import type { CommandFolder, RunningCommand } from '../support/wash-command.ts'
import { folderWith, nextEvent } from './support/up-events.ts'

/** A host that runs some actors, ready to be asked. */
async function running(
  folder: CommandFolder,
  ...args: string[]
): Promise<{ command: RunningCommand; url: string; host: string }> {
  const command = folder.start('up', ...args, '--port', '0', '-o', 'json')
  const { host = '' } = await nextEvent(command, 'ready')
  const { url = '' } = await nextEvent(command, 'actor_started')
  return { command, url, host }
}

test('wash-ts get - lists what runs, for people by name and for programs in full', async (t) => {
  await using folder = await folderWith('kvcounter')
  const { command, host, url } = await running(folder, 'kvcounter.wasm')
  await using _ = command

  const hosts = await folder.runJson('get', 'hosts')
  t.like((hosts.json['hosts'] as object[])[0], { report: { host, pid: command.pid, actors: 1 } })
  const text = await folder.run('get', 'actors', '--health')
  t.regex(text.stdout, /^NAME +REV +HEALTH.*\nkvcounter +1 +well/)
  t.notRegex(text.stdout, /M[A-Z2-7]{55}/)
  t.regex((await folder.run('get', 'actors', '-o', 'wide')).stdout, /M[A-Z2-7]{55}/)
  const links = await folder.runJson('get', 'links')
  t.like((links.json['links'] as object[])[0], { status: 'live', info: { url } })
  t.deepEqual((await folder.runJson('link', 'query')).json, links.json)
  const claims = await folder.runJson('ctl', 'get', 'claims')
  t.like((claims.json['claims'] as object[])[0], { name: 'kvcounter', revision: 1 })
  t.regex((await folder.run('get', 'providers')).stdout, /^http-server +wascc:http_server +1 /m)
  const inventory = await folder.run('get', 'inventory')
  for (const part of [host, 'kvcounter', 'memory-keyvalue']) t.true(inventory.stdout.includes(part))
})

test('wash-ts swap - turns links over, says how many and for how long calls waited', async (t) => {
  await using folder = await folderWith('kvcounter')
  const { command, url } = await running(folder, 'kvcounter.wasm')
  await using _ = command
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 1 })

  const values = ['--set', 'STORE=other']
  const { json } = await folder.runJson('swap', 'keyvalue/default', 'memory-keyvalue', ...values)

  t.like(json, { links: 1, provider: 'memory-keyvalue' })
  t.is(typeof json['pauseMs'], 'number')
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 1 })
  const only = ['--actor', 'kvcounter', '--set', 'STORE=third']
  const third = await folder.run('swap', 'wasmcloud:keyvalue', 'memory-keyvalue', ...only)
  t.regex(third.stdout, /^Swapped 1 link to memory-keyvalue; calls waited [\d.]+ ms\n$/)
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 1 })
  const same = await folder.run('swap', 'keyvalue', 'memory-keyvalue')
  t.is(same.stdout, 'Nothing to do: memory-keyvalue serves these links already\n')
  const bad = await folder.runJson('swap', 'keyvalue', 'memory-keyvalue', '--set', 'MAX_KEYS=many')
  t.is((bad.json['error'] as { code: string }).code, 'ERR_LINK_CONFIG')
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 2 })
})

test('wash-ts swap --copy - takes along what is kept', async (t) => {
  await using folder = await folderWith('kvcounter')
  const { command, url } = await running(folder, 'kvcounter.wasm')
  await using _ = command
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 1 })
  const copying = ['swap', 'keyvalue', 'memory-keyvalue', '--copy', '--set']

  const copied = await folder.run(...copying, 'STORE=second')

  t.regex(
    copied.stdout,
    /^Swapped 1 link to memory-keyvalue; calls waited .* ms\n {2}1 key copied\n$/,
  )
  t.is(copied.stderr, '')
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 2 })
  const { json } = await folder.runJson(...copying, 'STORE=third')
  t.like(json, { links: 1, copied: { keys: 1, failed: [] } })
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 3 })
})

test('wash-ts update - keeps connections, and says the revisions and the time', async (t) => {
  await using folder = await folderWith()
  const subject = KeyPair.generate('module')
  const wasm = await buildActor('kvcounter')
  const contracts = ['wascc:http_server', 'wascc:keyvalue']
  for (const revision of [1, 2]) {
    const signed = await signFixture(wasm, { name: 'counter', contracts, revision }, { subject })
    await writeFile(join(folder.path, `r${revision}.wasm`), signed)
  }
  const { command, url } = await running(folder, 'r1.wasm')
  await using _ = command
  t.is((await fetch(`${url}visits`)).status, 200)

  const updated = await folder.run('update', 'counter', 'r2.wasm')

  t.regex(updated.stdout, /^Updated counter from revision 1 to 2 in [\d.]+ ms\n$/)
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 2 })
  const again = await folder.runJson('update', 'counter', 'r2.wasm')
  t.is((again.json['error'] as { code: string }).code, 'ERR_UPDATE_REFUSED')
  t.is(again.exitCode, 4)
  t.is((await folder.run('update', 'counter', 'r1.wasm', '--allow-any-revision')).exitCode, 0)
})

test('wash-ts start, link, call, stop - an actor’s life on a running host', async (t) => {
  await using folder = await folderWith('kvcounter', 'echo')
  const { command } = await running(folder, 'echo.wasm')
  await using _ = command

  const started = await folder.runJson('start', 'actor', 'kvcounter.wasm')
  t.deepEqual(started.json['unlinked'], ['wascc:http_server', 'wascc:keyvalue'])
  const words = ['call', 'kvcounter', 'HandleRequest', '{"path":"/visits"}']
  const early = await folder.runJson(...words)
  t.is((early.json['error'] as { code: string }).code, 'ERR_NOT_LINKED')
  t.is(early.exitCode, 3)
  const linked = await folder.run(
    'link',
    'put',
    'kvcounter',
    'memory-keyvalue',
    'keyvalue',
    'STORE=a',
  )
  t.is(linked.stdout, 'Linked kvcounter to wascc:keyvalue on memory-keyvalue store=a\n')
  t.is((await folder.runJson(...words)).json['body'], '{"counter":1}')
  t.deepEqual((await folder.runJson('link', 'del', 'kvcounter', 'keyvalue')).json, {
    deleted: true,
  })
  t.is((await folder.run('stop', 'actor', 'kvcounter')).exitCode, 0)

  const again = await folder.runJson('start', 'actor', 'kvcounter.wasm', '--link', '--port', '0')
  const links = again.json['links'] as { info: { url?: string } }[]
  const url = links.map(({ info }) => info.url).find((each) => each !== undefined)
  t.is((await fetch(`${url}visits`)).status, 200)
})

test('wash-ts start provider, stop provider - stock providers by name, none that is in use', async (t) => {
  await using folder = await folderWith('kvcounter')
  const manifest = 'actors: [kvcounter.wasm]\ncapabilities: [{ provider: http-server }]\n'
  await writeFile(join(folder.path, 'app.yaml'), manifest)
  const command = folder.start('up', 'app.yaml', '-o', 'json')
  await using _ = command
  await nextEvent(command, 'ready')

  const started = await folder.runJson('start', 'provider', 'memory-keyvalue')

  t.like(started.json['provider'], { name: 'memory-keyvalue', links: 0 })
  await folder.run('link', 'put', 'kvcounter', 'keyvalue')
  const used = await folder.runJson('stop', 'provider', 'memory-keyvalue')
  t.is((used.json['error'] as { code: string }).code, 'ERR_PROVIDER_IN_USE')
  await folder.run('link', 'del', 'kvcounter', 'keyvalue')
  t.is((await folder.run('stop', 'provider', 'memory-keyvalue')).exitCode, 0)
})

test('wash-ts stop host - ends it in good order, and waits for that', async (t) => {
  await using folder = await folderWith('echo')
  const { command, host } = await running(folder, 'echo.wasm')
  await using _ = command

  const { json } = await folder.runJson('stop', 'host')

  t.deepEqual(json, { host })
  t.is((await command.finished).exitCode, 0)
  const gone = await folder.runJson('get', 'actors')
  t.is((gone.json['error'] as { code: string }).code, 'ERR_HOST_NOT_FOUND')
  t.is(gone.exitCode, 3)
})

test('wash-ts --host - says which of two hosts is meant, by id or by socket', async (t) => {
  await using folder = await folderWith('echo', 'ponger')
  const first = await running(folder, 'echo.wasm')
  await using _ = first.command
  const second = folder.start('up', 'ponger.wasm', '-o', 'json')
  await using __ = second
  const { host = '', control = '' } = await nextEvent(second, 'ready')

  const unclear = await folder.run('get', 'actors')
  t.is(unclear.exitCode, 7)
  t.true(unclear.stderr.includes(host) && unclear.stderr.includes(first.host))
  t.regex((await folder.run('get', 'actors', '--host', host.slice(0, 10))).stdout, /^ponger /m)
  t.regex((await folder.run('get', 'actors', '--host', control)).stdout, /^ponger /m)
  t.regex((await folder.run('get', 'actors', '--host', first.host)).stdout, /^echo /m)
  t.is((await folder.run('get', 'actors', '--host', 'nobody')).exitCode, 3)
})

test('wash-ts up --no-control - is not found', async (t) => {
  await using folder = await folderWith('echo')
  const { command } = await running(folder, 'echo.wasm', '--no-control')
  await using _ = command
  t.deepEqual((await folder.runJson('get', 'hosts')).json, { hosts: [] })
  t.is((await folder.run('get', 'hosts')).stdout, 'No host runs here\n')
})

test('wash-ts events - follows a host until it ends', async (t) => {
  await using folder = await folderWith('echo')
  const { command } = await running(folder, 'echo.wasm')
  await using _ = command
  await using follow = folder.start('events', '-o', 'json')
  await using denied = folder.start('events', '--type', 'linkdef_set')
  // Both hear of what is repeated until both have heard of it.
  const heard = Promise.all([
    follow.line((line) => line.includes('linkdef_set')),
    denied.line((line) => line.includes('linkdef_set')),
  ])
  const state = { isHeard: false }
  void heard.then(() => (state.isHeard = true))
  while (!state.isHeard) await folder.run('link', 'put', 'later', 'keyvalue')
  const [event] = await heard
  t.like(JSON.parse(event), { specversion: '1.0', data: { actor: 'later' } })

  command.kill('SIGTERM')

  t.is((await follow.finished).exitCode, 0)
  const { stdout } = await denied.finished
  t.true(
    stdout
      .trim()
      .split('\n')
      .every((line) => / linkdef_set actor=later /.test(line)),
    stdout,
  )
})

test('wash-ts logs - prints what was logged before, and follows until the host ends', async (t) => {
  await using folder = await folderWith('logger')
  const { command } = await running(folder, 'logger.wasm')
  await using _ = command
  const log = (level: string, body: string): Promise<unknown> =>
    folder.run('call', 'logger', 'HandleRequest', JSON.stringify({ path: `/${level}`, body }))
  await log('warn', 'before')
  await using all = folder.start('logs', '--actor', 'logger', '-o', 'json')
  await using loud = folder.start('logs', '--level', 'error')
  t.like(JSON.parse(await all.line((line) => line.includes('before'))), { level: 'warn' })

  await log('error', 'after \u001b[31m')

  t.like(JSON.parse(await all.line((line) => line.includes('after'))), { level: 'error' })
  t.regex(await loud.line((line) => line.includes('after')), /^\d\d:\d\d:\d\d error .*after \\x1b/)
  command.kill('SIGTERM')
  t.is((await all.finished).exitCode, 0)
  t.false((await loud.finished).stdout.includes('before'))
})

const refusals: readonly (readonly [args: string, code: string, exitCode: number])[] = [
  ['swap keyvalue nothing', 'ERR_PROVIDER_NOT_FOUND', 3],
  ['swap messaging memory-keyvalue', 'ERR_PROVIDER_NOT_FOUND', 3],
  ['swap keyvalue/other memory-keyvalue', 'ERR_NOTHING_TO_SWAP', 3],
  ['swap keyvalue/ memory-keyvalue', 'ERR_USAGE', 2],
  ['swap keyvalue memory-keyvalue --set MAX_KEYS', 'ERR_USAGE', 2],
  ['swap keyvalue ./provider.par', 'ERR_MODULE_NOT_FOUND', 3],
  ['swap keyvalue ./app.txt', 'ERR_PROVIDER_FILE', 1],
  ['update nobody echo.wasm', 'ERR_ACTOR_NOT_FOUND', 3],
  ['update echo nowhere.wasm', 'ERR_MODULE_NOT_FOUND', 3],
  ['start actor echo.wasm', 'ERR_ACTOR_EXISTS', 7],
  ['stop actor nobody', 'ERR_ACTOR_NOT_FOUND', 3],
  ['stop provider nothing', 'ERR_PROVIDER_NOT_FOUND', 3],
  ['link put echo keyvalue', 'ERR_CAPABILITY_DENIED', 4],
  ['link put echo keyvalue a b', 'ERR_USAGE', 2],
  ['call nobody HandleRequest', 'ERR_ACTOR_NOT_FOUND', 3],
]
test('wash-ts - what a running host refuses ends with its code and exit code', async (t) => {
  await using folder = await folderWith('echo')
  const { command } = await running(folder, 'echo.wasm')
  await using _ = command
  await writeFile(join(folder.path, 'app.txt'), 'no provider at all')
  for (const [args, code, exitCode] of refusals) {
    const finished = await folder.runJson(...args.split(' '))
    t.is((finished.json['error'] as { code?: string } | undefined)?.code, code, args)
    t.is(finished.exitCode, exitCode, args)
  }
})
