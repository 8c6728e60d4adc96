import { join } from 'node:path'
import test from 'ava'
import { KeyPair } from '../../signing/index.ts'
import { freePort } from '../support/free-port.ts'
import { startNats } from '../support/nats-server.ts'
import { folderWith, nextEvent } from './support/up-events.ts'

test('wash-ts up --lattice - actors of two hosts call each other, and hosts keep the providers’ keys', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using folder = await folderWith('pinger', 'ponger')
  const keys = join(folder.path, 'keys')
  const shared = ['--lattice', 'shop', '--nats', nats.url, '--directory', keys, '-o', 'json']
  await using ponger = folder.start('up', 'ponger.wasm', ...shared)
  t.like(await nextEvent(ponger, 'lattice_joined'), { lattice: 'shop', server: nats.url })
  await nextEvent(ponger, 'ready')
  await using pinger = folder.start('up', 'pinger.wasm', '--port', '0', ...shared)
  const { url = '' } = await nextEvent(pinger, 'actor_started')
  await nextEvent(pinger, 'ready')
  let answer: unknown
  // The alias is in the lattice; the host may not have read it yet.
  for (let tries = 0; answer === undefined && tries < 100; tries++) {
    const response = await fetch(`${url}?value=41`)
    if (response.ok) answer = await response.json()
    else await response.text()
  }
  t.deepEqual(answer, { pong: 42 })

  ponger.kill('SIGTERM')
  t.is((await ponger.finished).exitCode, 0)
  const response = await fetch(`${url}?value=41`)
  t.true(response.status >= 500)
  await response.text()
  pinger.kill('SIGTERM')
  t.is((await pinger.finished).exitCode, 0)
})

test('wash-ts up --lattice - says that no server is there, and what to do', async (t) => {
  await using folder = await folderWith('ponger')
  const url = `nats://127.0.0.1:${await freePort()}`
  const flags = ['--lattice', 'shop', '--nats', url, '--directory', folder.path]
  const { exitCode, json } = await folder.runJson('up', 'ponger.wasm', ...flags)
  t.is(exitCode, 5)
  t.like(json, { error: { code: 'ERR_LATTICE_UNAVAILABLE' } })
})

test('wash-ts up - takes no flags of a lattice that cannot be meant', async (t) => {
  await using folder = await folderWith('ponger')
  const cluster = KeyPair.generate('cluster').publicKey
  for (const [code, ...flags] of [
    ['ERR_USAGE', '--trust-cluster', cluster],
    ['ERR_USAGE', '--lattice', 'shop', '--trust-cluster', 'CX'],
    ['ERR_LATTICE_NAME', '--lattice', 'a.b', '--directory', folder.path],
    ['ERR_KEY_WRONG_TYPE', '--host-key', KeyPair.generate('account').seed],
  ] as const) {
    const { exitCode, json } = await folder.runJson('up', 'ponger.wasm', ...flags)
    t.is(exitCode, 2, code)
    t.like(json, { error: { code } })
  }
})
