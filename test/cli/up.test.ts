import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { KeyPair, stripClaims } from '../../signing/index.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { freePort } from '../support/free-port.ts'
import { root } from '../support/source-files.ts'
import { commandFolder } from '../support/wash-command.ts'
import { folderWith, nextEvent, type UpEvent } from './support/up-events.ts'

test('wash-ts up ACTOR - serves it, links what it claims, and stops with 0 on SIGTERM', async (t) => {
  await using folder = await folderWith('kvcounter')
  await using command = folder.start('up', 'kvcounter.wasm', '--port', '0', '-o', 'json')
  const { actor, url } = await nextEvent(command, 'actor_started')
  await nextEvent(command, 'ready')
  t.regex(actor ?? '', /^M[A-Z2-7]{55}$/)
  t.regex(url ?? '', /^http:\/\/127\.0\.0\.1:\d+\/$/)
  for (const counter of [1, 2, 3]) {
    t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter })
  }
  command.kill('SIGTERM')
  const { exitCode, stdout } = await command.finished
  t.is(exitCode, 0)
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as UpEvent).event)
  t.deepEqual(events, ['actor_started', 'ready', 'host_stopped'])
})

test('wash-ts up ACTOR - prints a line with name, key and URL for people', async (t) => {
  await using folder = await folderWith('echo')
  await using command = folder.start('up', 'echo.wasm', '--port', '0')
  const line = await command.line(() => true)
  t.regex(line, /^echo {2}M[A-Z2-7]{55} {2}http:\/\/127\.0\.0\.1:\d+\/$/)
  command.kill('SIGINT')
  const { exitCode, stdout, stderr } = await command.finished
  t.is(exitCode, 0)
  t.is(stdout, `${line}\n`)
  t.regex(stderr, /^1 actor running on host N[A-Z2-7]{55}; Ctrl-C stops it\nStopping \(SIGINT\)\n$/)
})

test('wash-ts up A B - gives each further HTTP actor the next free port', async (t) => {
  await using folder = await folderWith('echo', 'ponger', 'kvcounter', 'extras')
  const actors = ['echo.wasm', 'ponger.wasm', 'kvcounter.wasm', 'extras.wasm']
  const port = await freePort()
  await using command = folder.start('up', ...actors, '-p', String(port), '-o', 'json')
  await nextEvent(command, 'ready')
  const portOf = async (name: string): Promise<number | undefined> => {
    const { url } = await nextEvent(command, 'actor_started', name)
    return url === undefined ? undefined : Number(new URL(url).port)
  }
  t.is(await portOf('echo'), port)
  t.is(await portOf('ponger'), undefined)
  const second = (await portOf('kvcounter')) ?? 0
  const third = (await portOf('extras')) ?? 0
  t.true(port < second && second < third)
  command.kill('SIGTERM')
  t.is((await command.finished).exitCode, 0)
})

test('wash-ts up MANIFEST - starts what the manifest names', async (t) => {
  await using folder = await folderWith('kvcounter')
  const { json } = await folder.runJson('claims', 'inspect', 'kvcounter.wasm')
  const manifest = [
    'actors: [./kvcounter.wasm]',
    'bindings:',
    `  - { actor: ${String(json['subject'])}, capability: "wascc:keyvalue", binding: default }`,
    `  - { actor: ${String(json['subject'])}, capability: "wascc:http_server", binding: default, values: { PORT: "\${PORT:0}" } }`,
  ]
  await writeFile(join(folder.path, 'manifest.yaml'), manifest.join('\n'))
  await using command = folder.start('up', 'manifest.yaml', '-o', 'json')
  const { url } = await nextEvent(command, 'actor_started', 'kvcounter')
  t.deepEqual(await (await fetch(`${url}visits`)).json(), { counter: 1 })
  command.kill('SIGTERM')
  t.is((await command.finished).exitCode, 0)
})

test('wash-ts up - tells when an actor uses what it has no claim for', async (t) => {
  await using folder = await commandFolder()
  const wasm = stripClaims(await buildActor('kvcounter'))
  const signed = await signFixture(wasm, { name: 'greedy', contracts: ['wascc:http_server'] })
  await writeFile(join(folder.path, 'greedy.wasm'), signed)
  await using command = folder.start('up', 'greedy.wasm', '--port', '0', '-o', 'json')
  const { actor, url } = await nextEvent(command, 'actor_started')
  await nextEvent(command, 'ready')
  t.is((await fetch(`${url}visits`)).status, 500)
  t.like(await nextEvent(command, 'capability_denied'), { actor, contractId: 'wascc:keyvalue' })
})

test('wash-ts up - expects no provider for an actor that is claimed like a contract', async (t) => {
  await using folder = await commandFolder()
  const wasm = stripClaims(await buildActor('echo'))
  const ponger = KeyPair.generate('module').publicKey
  const contracts = ['wascc:http_server', ponger, 'example:unknown']
  await writeFile(join(folder.path, 'a.wasm'), await signFixture(wasm, { name: 'a', contracts }))
  await using command = folder.start('up', 'a.wasm', '--port', '0', '-o', 'json')
  await nextEvent(command, 'ready')
  command.kill('SIGTERM')
  const { stderr } = await command.finished
  const unserved = stderr
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as UpEvent).contractId)
  t.deepEqual(unserved, ['example:unknown'])
})

test('wash-ts up - runs on though no port leads to its actors', async (t) => {
  await using folder = await folderWith('ponger')
  await using command = folder.start('up', 'ponger.wasm', '-o', 'json')
  await nextEvent(command, 'ready')
  // As long as another command takes, it would have ended with nothing left to do.
  await folder.run('version')
  command.kill('SIGTERM')
  await nextEvent(command, 'host_stopped')
  t.is((await command.finished).exitCode, 0)
})

const refusals: readonly (readonly [args: string, code: string, exitCode: number])[] = [
  ['changed.wasm', 'ERR_HASH_MISMATCH', 4],
  ['unsigned.wasm', 'ERR_CLAIMS_MISSING', 4],
  [
    'echo.wasm --trust AB63DU7O2B5UTVCJUM6UT4I7GKYSFI52INTS4E5QBYYKWXELWIP3PDMA',
    'ERR_POLICY_DENIED',
    4,
  ],
  ['nowhere.wasm', 'ERR_MODULE_NOT_FOUND', 3],
  ['nowhere.yaml', 'ERR_MODULE_NOT_FOUND', 3],
  ['echo.wasm echo.wasm --port 0', 'ERR_ACTOR_EXISTS', 7],
  ['echo.wasm --port 65536', 'ERR_USAGE', 2],
  ['echo.wasm --port 0 --trust nobody', 'ERR_USAGE', 2],
  ['echo.wasm --port 0 --bind nonsense', 'ERR_LINK_CONFIG', 2],
  ['bad.yaml', 'ERR_MANIFEST_INVALID', 2],
  ['a.yaml b.yaml', 'ERR_USAGE', 2],
]
for (const [args, code, exitCode] of refusals) {
  test(`wash-ts up ${args} - ends with ${code}`, async (t) => {
    await using folder = await folderWith('echo')
    const echo = await buildActor('echo')
    const changed = Uint8Array.from(echo)
    changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1
    await writeFile(join(folder.path, 'changed.wasm'), changed)
    await writeFile(join(folder.path, 'unsigned.wasm'), stripClaims(echo))
    await writeFile(join(folder.path, 'bad.yaml'), 'actors: 5\nnonsense: true\n')
    const finished = await folder.run('up', ...args.split(' '), '-o', 'json')
    const last = finished.stdout.trim().split('\n').at(-1) ?? ''
    t.is((JSON.parse(last) as { error: { code: string } }).error.code, code)
    t.is(finished.exitCode, exitCode)
  })
}

test('wash-ts up - says which port is taken, and which flag takes another', async (t) => {
  await using folder = await folderWith('echo')
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const { exitCode, stderr } = await folder.run('up', 'echo.wasm', '--port', String(port))
  t.is(exitCode, 7)
  t.true(stderr.includes(`error: port ${port} of 127.0.0.1 is taken`), stderr)
  t.true(stderr.includes('choose another port with --port'), stderr)
})

test('wash-ts up - a second signal ends it at once with 130', async (t) => {
  await using folder = await folderWith('hog')
  const { json } = await folder.runJson('claims', 'inspect', 'hog.wasm')
  const manifest = {
    actors: [{ path: './hog.wasm', limits: { cpuMs: 60_000, timeoutMs: 60_000 } }],
    bindings: [
      {
        actor: json['subject'],
        capability: 'wascc:http_server',
        binding: 'default',
        values: { PORT: '0' },
      },
    ],
  }
  await writeFile(join(folder.path, 'manifest.json'), JSON.stringify(manifest))
  await using command = folder.start('up', 'manifest.json')
  const url = (await command.line(() => true)).split(' ').at(-1) ?? ''
  const client = connect(Number(new URL(url).port), '127.0.0.1')
  const received: unknown[] = []
  client.on('data', (chunk) => received.push(chunk)).on('error', () => {})
  const closed = once(client, 'close')
  client.write('GET /loop HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  await once(client, 'connect')
  // Answered after the request before it was taken.
  t.is((await fetch(url)).status, 200)
  command.kill('SIGINT')
  await command.line((line) => line === 'Stopping (SIGINT)', 'stderr')
  // Signals that come together are one wish: npm sends each twice.
  await delay(1_500)
  command.kill('SIGINT')
  t.is((await command.finished).exitCode, 130)
  await closed
  t.deepEqual(received, [])
})

test('wash-ts up - ends when the npx that started it is gone', async (t) => {
  await using folder = await folderWith('echo')
  const words = [process.execPath, `${root}bin/wash-ts.js`, 'up', 'echo.wasm', '--port', '0']
  // The trailing command keeps the shell from becoming wash-ts itself.
  const shell = spawn(
    'sh',
    ['-c', `${words.map((word) => JSON.stringify(word)).join(' ')}; true`],
    {
      cwd: folder.path,
      env: { ...process.env, npm_command: 'exec' },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const closed = once(shell.stdout, 'close')
  await once(createInterface(shell.stdout), 'line')
  shell.kill('SIGKILL')
  await closed
  t.pass()
})
