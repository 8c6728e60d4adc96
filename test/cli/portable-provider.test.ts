import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { KeyPair } from '../../signing/index.ts'
import { callerActor, demoProvider } from '../host/portable-modules/modules.ts'
import { signFixture } from '../support/actors.ts'
import { commandFolder } from '../support/wash-command.ts'
import { folderWith, nextEvent } from './support/up-events.ts'

test('wash-ts claims sign --prov - makes a provider of a module, and inspect knows it', async (t) => {
  await using folder = await commandFolder()
  await writeFile(join(folder.path, 'demo.wasm'), await demoProvider())

  const signed = await folder.run('claims', 'sign', 'demo.wasm', '--prov')
  const { json } = await folder.runJson('claims', 'inspect', 'demo_s.wasm')

  t.is(signed.exitCode, 0, signed.stderr)
  t.regex(signed.stdout, /^ {2}provider +M[A-Z2-7]{55}/m)
  t.regex(signed.stdout, /capabilities: \[\{ path: demo_s\.wasm \}\]/)
  t.notRegex(signed.stdout, /it may use nothing/)
  t.like(json, { name: 'demo', isProvider: true, serves: 'acme:demo', accepted: true, reasons: [] })
})

test('wash-ts claims inspect - says why a provider would be refused', async (t) => {
  await using folder = await commandFolder()
  const actor = await signFixture(await callerActor(), { name: 'x', isProvider: true })
  await writeFile(join(folder.path, 'x.wasm'), actor)

  const { json } = await folder.runJson('claims', 'inspect', 'x.wasm')

  t.like(json, { isProvider: true, serves: null, reasons: ['ERR_PROVIDER_INVALID'] })
})

test('wash-ts up MANIFEST - loads the portable providers that it names', async (t) => {
  await using folder = await folderWith('kvcounter', 'kvprovider')
  const manifest = [
    'actors: [./kvcounter.wasm]',
    'capabilities: [{ path: ./kvprovider.wasm }, { provider: http-server }]',
    'bindings:',
    '  - { actor: ./kvcounter.wasm, capability: "wascc:keyvalue", values: { START: 40 } }',
    '  - { actor: ./kvcounter.wasm, capability: "wascc:http_server", values: { PORT: 0 } }',
  ]
  await writeFile(join(folder.path, 'manifest.yaml'), manifest.join('\n'))

  await using command = folder.start('up', 'manifest.yaml', '-o', 'json')
  const { url } = await nextEvent(command, 'actor_started', 'kvcounter')

  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 41 })
  command.kill('SIGTERM')
  t.is((await command.finished).exitCode, 0)
})

test('wash-ts up MANIFEST - runs no provider that another account signed than those trusted', async (t) => {
  await using folder = await folderWith('kvprovider')
  await writeFile(join(folder.path, 'm.yaml'), 'capabilities:\n  - { path: kvprovider.wasm }\n')
  const stranger = KeyPair.generate('account').publicKey

  const { exitCode, stderr } = await folder.run('up', 'm.yaml', '--trust', stranger)

  t.not(exitCode, 0)
  t.regex(stderr, /line 2: capabilities\[0\]: .*is not trusted/)
})

test('wash-ts up PROVIDER.wasm - says that it is no actor', async (t) => {
  await using folder = await folderWith('kvprovider')

  const { exitCode, stderr } = await folder.run('up', 'kvprovider.wasm', '--port', '0')

  t.is(exitCode, 2)
  t.regex(stderr, /kvprovider is a portable provider, not an actor/)
})

test('wash-ts start provider FILE - loads one into a host that runs', async (t) => {
  await using folder = await folderWith('kvcounter', 'kvprovider')
  await using command = folder.start('up', 'kvcounter.wasm', '--port', '0', '-o', 'json')
  const { url } = await nextEvent(command, 'actor_started', 'kvcounter')
  await nextEvent(command, 'ready')

  const started = await folder.run('start', 'provider', './kvprovider.wasm')
  t.is(started.exitCode, 0, started.stderr)
  const swapped = await folder.run('swap', 'wascc:keyvalue', 'kvprovider')
  t.is(swapped.exitCode, 0, swapped.stderr)

  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 1 })
  command.kill('SIGTERM')
  t.is((await command.finished).exitCode, 0)
})
