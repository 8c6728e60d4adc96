import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { eventReason } from '../../host/index.ts'
import { KeyPair } from '../../signing/index.ts'
import { assemble } from '../host/engine/prepare/support/assemble.ts'
import { bytes, echo, relay } from '../host/engine/support/guests.ts'
import { signFixture } from '../support/actors.ts'
import { startNats } from '../support/nats-server.ts'
import { type Service, startService } from '../support/service.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startLatticeHost } from './support/lattice-host.ts'
import { cluster, lattice } from './support/member.ts'

const program = fileURLToPath(new URL('support/host-process.ts', import.meta.url))

function startHost(url: string, ...modules: string[]): Promise<Service> {
  return startService({
    command: process.execPath,
    args: [program, url, lattice, cluster.seed, ...modules],
    debianPackage: 'nodejs',
    readyLine: /^ready$/m,
  })
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

test('three processes - one that is killed fails what is in flight on it, one that is stopped nothing', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using folder = await temporaryFolder()
  const callee = KeyPair.generate('module')
  const module = join(folder.path, 'echo.wasm')
  const signed = await signFixture(await assemble(echo), { contracts: [] }, { subject: callee })
  await writeFile(module, signed)
  await using here = await startLatticeHost(nats.url)
  const { id } = await here.host.startActor(await signFixture(await assemble(relay)))
  await using first = await startHost(nats.url, module)
  await using second = await startHost(nats.url, module)
  await using third = await startHost(nats.url, module)

  const width = 8
  const stop = new AbortController()
  const failures: string[] = []
  const answered = { count: 0 }
  const load = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await here.host.call(id, callee.publicKey, bytes('x'), { timeoutMs: 3000 }).then(
        () => answered.count++,
        (error: unknown) => failures.push(eventReason(error).code),
      )
    }
  }
  const more = async (count: number): Promise<void> => {
    const until = answered.count + count
    while (answered.count < until) await turn()
  }
  const loads = Array.from({ length: width }, load)
  await more(200)
  await second.kill('SIGKILL')
  await more(200)
  // Those in flight on it end by their deadlines.
  const killed = failures.length
  t.true(killed <= width, failures.join())
  await first.kill('SIGTERM')
  await using _again = await startHost(nats.url, module)
  await more(100)
  await third.kill('SIGTERM')
  await more(100)
  stop.abort()
  await Promise.all(loads)
  t.log(`answered: ${answered.count}; failed: ${failures.join() || 'none'}`)
  t.true(failures.length <= width, failures.join())
  t.deepEqual(
    failures.filter((code) => !['ERR_REMOTE_TIMEOUT', 'ERR_INVOCATION_TIMEOUT'].includes(code)),
    [],
  )
})
