/** A network that breaks at any byte: what an error says of a request is true. */
import test from 'ava'
import { seededRandom } from '../../fuzz/random.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { bodyOf, failure, linkClient, startServer } from './support/servers.ts'

const seed = 20_200_402

test(`http client - executes nothing twice, and tells what it knows, wherever it breaks (seed ${seed})`, async (t) => {
  const random = seededRandom(seed)
  const executed = new Map<string, number>()
  await using server = await startServer(({ url }, response) => {
    executed.set(url, (executed.get(url) ?? 0) + 1)
    response.end('done')
  })
  await using proxy = await startFaultProxy(server.port)
  const origin = `http://127.0.0.1:${proxy.port}`
  await using client = await linkClient({ HOSTS: origin, MAX_CONNECTIONS: '2' })
  const outcomes = new Map<string, string[]>()
  for (let round = 0; round < 300; round++) {
    const direction = random.next(2) === 0 ? 'requests' : 'replies'
    await proxy.pass()
    const fault = random.next(8)
    if (fault === 0) await proxy.refuse()
    else if (fault < 6) proxy.cutAfter(random.next(400), direction)
    const path = `/${round}`
    const body = Buffer.alloc(random.next(200), 'x')
    const outcome = await failure(client.perform({ method: 'POST', url: origin + path, body }))
    const { code = 'done' } = outcome as { code?: string }
    outcomes.set(code, [...(outcomes.get(code) ?? []), path])
  }
  const told = new Set(['done', 'ERR_OUTCOME_UNKNOWN', 'ERR_SERVER_UNAVAILABLE'])
  t.deepEqual(
    [...outcomes.keys()].filter((code) => !told.has(code)),
    [],
  )
  t.true((outcomes.get('ERR_OUTCOME_UNKNOWN')?.length ?? 0) > 20)
  t.deepEqual(new Set(executed.values()), new Set([1]))
  for (const path of outcomes.get('done') ?? []) t.true(executed.has(path), path)
  for (const path of outcomes.get('ERR_SERVER_UNAVAILABLE') ?? []) t.false(executed.has(path), path)
  t.log([...outcomes].map(([code, paths]) => `${code} ${paths.length}`).join(', '))
})

test('http client - is whole again as soon as the network is', async (t) => {
  await using server = await startServer()
  await using proxy = await startFaultProxy(server.port)
  const origin = `http://127.0.0.1:${proxy.port}`
  await using client = await linkClient({ HOSTS: origin, TIMEOUT_MS: '5000' })
  t.is(bodyOf(await client.perform({ url: origin })), 'ok')
  await proxy.refuse()
  for (const method of ['GET', 'POST']) {
    t.like(await failure(client.perform({ method, url: origin })), {
      code: 'ERR_SERVER_UNAVAILABLE',
    })
  }
  await proxy.pass()
  t.is(bodyOf(await client.perform({ url: origin })), 'ok')
})
