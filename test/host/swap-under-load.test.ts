import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Pool } from 'undici'
import { stockProviders } from '../../capabilities/index.ts'
import { buildActor } from '../support/actors.ts'
import { startRedis } from '../support/redis-server.ts'
import { temporaryFolder } from '../support/service.ts'
import { TestHost } from '../support/test-host.ts'

const contractId = 'wascc:keyvalue'
const swaps = 20

/** The counter actor behind HTTP, on Redis. */
async function servingFromRedis(
  opened: AsyncDisposableStack,
): Promise<{ host: TestHost; url: string; visit: () => Promise<string> }> {
  const redis = opened.use(await startRedis())
  const host = opened.use(new TestHost({ providers: stockProviders() }))
  const { id } = await host.startActor(await buildActor('kvcounter'))
  const values = { URL: redis.url }
  await host.link({ actor: id, contractId, provider: 'redis-keyvalue', values })
  const http = await host.link({
    actor: id,
    contractId: 'wascc:http_server',
    values: { PORT: '0' },
  })
  const pool = new Pool(http?.info['url'] ?? '', { connections: 16 })
  opened.defer(() => pool.destroy())
  const visit = async (): Promise<string> => {
    const { statusCode, body } = await pool.request({ path: '/visits', method: 'GET' })
    return `${statusCode} ${await body.text()}`
  }
  return { host, url: redis.url, visit }
}

/** Visits, so many at a time, until `change` is done. @returns every answer, by when it came */
async function visitDuring(
  visit: () => Promise<string>,
  change: () => Promise<void>,
): Promise<string[]> {
  const answers: string[] = []
  const over = new AbortController()
  const visitor = async (): Promise<void> => {
    while (!over.signal.aborted) answers.push(await visit())
  }
  const visitors = Array.from({ length: 16 }, visitor)
  try {
    await change()
  } finally {
    over.abort()
    await Promise.all(visitors)
  }
  return answers
}

const countOf = (answer: string): number =>
  Number(/^200 \{"counter":(\d+)\}$/.exec(answer)?.[1] ?? Number.NaN)

function assertCountsEveryVisitOnce(t: ExecutionContext, answers: readonly string[]): void {
  const counts = answers.map(countOf).sort((a, b) => a - b)
  t.deepEqual(
    counts,
    counts.map((_, index) => index + 1),
  )
}

/** Between two swaps some visits come, so that each swap meets some under way. */
async function someVisits(visit: () => Promise<string>): Promise<void> {
  for (let count = 0; count < 10; count++) await visit()
}

test('swap - Redis to memory and back 20 times under load fails no request', async (t) => {
  await using opened = new AsyncDisposableStack()
  const { host, visit } = await servingFromRedis(opened)

  const answers = await visitDuring(visit, async () => {
    for (let turn = 0; turn < swaps; turn++) {
      await someVisits(visit)
      const provider = turn % 2 === 0 ? 'memory-keyvalue' : 'redis-keyvalue'
      t.like(await host.swap({ contractId, provider }), { links: 1 })
    }
  })

  t.deepEqual(
    answers.filter((answer) => Number.isNaN(countOf(answer))),
    [],
  )
  t.is(host.eventsOf('link_swapped').length, swaps)
})

test('swap - with a copy, 20 times under load, counts every visit once', async (t) => {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await temporaryFolder())
  const { host, url, visit } = await servingFromRedis(opened)
  const seen: string[] = []
  const counted = async (): Promise<string> => {
    const answer = await visit()
    seen.push(answer)
    return answer
  }

  await visitDuring(counted, async () => {
    for (let turn = 0; turn < swaps; turn++) {
      await someVisits(counted)
      const next =
        turn % 2 === 0
          ? { provider: 'file-keyvalue', values: { FILE: join(folder.path, 'store.db') } }
          : { provider: 'redis-keyvalue', values: { URL: url } }
      t.like(await host.swap({ contractId, copy: true, ...next }), { links: 1 })
    }
  })

  assertCountsEveryVisitOnce(t, seen)
})
