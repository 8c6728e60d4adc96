import test from 'ava'
import type { CloudEvent } from '../../host/index.ts'
import { buildActor } from '../support/actors.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startNats } from '../support/nats-server.ts'
import { counterProvider } from '../support/test-host.ts'
import { backAgain, startLatticeHost } from './support/lattice-host.ts'
import { joinAsMember, type Member } from './support/member.ts'

/** The events of a lattice as they come. */
async function eventsOf(member: Member): Promise<{
  readonly all: CloudEvent[]
  next(name: string, source?: string): Promise<CloudEvent>
}> {
  const all: CloudEvent[] = []
  const waiting = new Set<() => void>()
  await member.connection.listen(member.subjects.events, undefined, ({ body }) => {
    all.push(JSON.parse(Buffer.from(body).toString()) as CloudEvent)
    for (const check of waiting) check()
  })
  const next = (name: string, source?: string): Promise<CloudEvent> =>
    new Promise((resolve) => {
      const check = (): void => {
        const found = all.findIndex(
          (event) =>
            event.type === `com.wasmcloud.lattice.${name}` &&
            (source === undefined || event.source === source),
        )
        if (found < 0) return
        waiting.delete(check)
        resolve(all.splice(found, 1)[0] as CloudEvent)
      }
      waiting.add(check)
      check()
    })
  return { all, next }
}

async function ask(member: Member, subject: string): Promise<Record<string, unknown>> {
  const question = { subject, body: new Uint8Array(0), timeoutMs: 5000 }
  const answer = await member.connection.ask({ ...question, target: subject, operation: 'get' })
  return JSON.parse(Buffer.from(answer.body).toString()) as Record<string, unknown>
}

test('events - tell the lattice what happens on a host, in wasmCloud’s words', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using member = await joinAsMember(nats.url)
  const events = await eventsOf(member)
  const labels = { zone: 'a' }
  const here = await startLatticeHost(nats.url, { labels, providers: [counterProvider()] })
  const { host } = here
  t.like(await events.next('host_started'), {
    specversion: '1.0',
    source: host.id,
    datacontenttype: 'application/json',
    data: { labels },
  })
  const wasm = await buildActor('kvcounter')
  const { id, issuer } = await host.startActor(wasm)
  const started = await events.next('actor_started')
  t.like(started.data, { public_key: id, claims: { issuer, name: 'kvcounter' } })
  t.deepEqual((started.data['claims'] as { caps: string[] }).caps.toSorted(), [
    'wascc:http_server',
    'wascc:keyvalue',
  ])

  await host.link({ actor: id, contractId: 'wascc:keyvalue', values: { PASSWORD: 'hush' } })
  const set = await events.next('linkdef_set')
  t.like(set.data, { actor_id: id, contract_id: 'wascc:keyvalue', link_name: 'default' })
  t.notRegex(JSON.stringify(set), /hush/)
  await host.unlink({ actor: id, contractId: 'wascc:keyvalue' })
  await events.next('linkdef_deleted')
  await host.addProvider(counterProvider({ name: 'second' }))
  const provider = await events.next('provider_started')
  t.like(provider.data, { public_key: host.providerId('second'), contract_id: 'wascc:keyvalue' })
  await host.removeProvider('second')
  t.is((await events.next('provider_stopped')).data['instance_id'], provider.data['instance_id'])
  await host.stopActor(id)
  const stopped = await events.next('actor_stopped')
  t.is(stopped.data['instance_id'], started.data['instance_id'])
  await here[Symbol.asyncDispose]()
  t.is((await events.next('host_stopped')).source, host.id)
})

test('heartbeats - tell what runs, over and over, and at once after an outage', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using member = await joinAsMember(nats.url)
  const events = await eventsOf(member)
  await using often = await startLatticeHost(nats.url, {}, { heartbeatMs: 20, version: '1.2.3' })
  const { id } = await often.host.startActor(await buildActor('echo'))
  for (;;) {
    const { data } = await events.next('host_heartbeat', often.host.id)
    t.like(data, { version: '1.2.3', providers: [] })
    if (id in (data['actors'] as object)) break
  }
  await using proxy = await startFaultProxy(nats.port)
  await using seldom = await startLatticeHost(`nats://127.0.0.1:${proxy.port}`)
  const back = backAgain(seldom)
  proxy.reset()
  await back
  t.like((await events.next('host_heartbeat', seldom.host.id)).data, { actors: {} })
})

test('questions - which hosts there are, what runs on one, and whose claims are known', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using member = await joinAsMember(nats.url)
  await using here = await startLatticeHost(nats.url, { providers: [counterProvider()] })
  await using there = await startLatticeHost(nats.url, { labels: { zone: 'b' } })
  const { id, revision } = await there.host.startActor(await buildActor('ponger'))
  const { subjects, connection } = member

  const pongs: Record<string, unknown>[] = []
  const both = Promise.withResolvers<void>()
  await connection.listen('_INBOX.pongs', undefined, ({ body }) => {
    if (pongs.push(JSON.parse(Buffer.from(body).toString()) as never) === 2) both.resolve()
  })
  connection.tell(subjects.control('ping.hosts'), new Uint8Array(0), {}, '_INBOX.pongs')
  await both.promise
  const ids = pongs.map((pong) => pong['id'])
  t.true(ids.includes(here.host.id) && ids.includes(there.host.id), ids.join())
  t.like(pongs[0], { lattice_prefix: 'test', uptime_seconds: 0, rpc_host: nats.url })

  const mine = await ask(member, subjects.hostControl(here.host.id, 'inv'))
  t.like(mine, { host_id: here.host.id, actors: [] })
  t.like((mine['providers'] as object[])[0], {
    id: here.host.providerId('counter'),
    contract_id: 'wascc:keyvalue',
    link_name: 'default',
  })
  const theirs = await ask(member, subjects.hostControl(there.host.id, 'inv'))
  t.like(theirs, { labels: { zone: 'b' } })
  t.like((theirs['actors'] as object[])[0], { id, name: 'ponger', instances: [{ revision }] })

  // Either host may answer, and one may not have read the bucket yet.
  let known: Record<string, string>[] = []
  for (let tries = 0; known.length === 0 && tries < 100; tries++) {
    known = (await ask(member, subjects.control('get.claims')))['claims'] as typeof known
  }
  t.like(known[0], { sub: id, name: 'ponger', call_alias: 'wash_ts/examples/ponger' })
})
