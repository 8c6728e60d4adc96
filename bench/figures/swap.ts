/** What clients notice of swaps and updates, at a steady pace of requests. */
import { buildExampleActor, exampleKey } from '../../scripts/build-actors.ts'
import { signActor } from '../../signing/index.ts'
import { startRedis } from '../../test/support/redis-server.ts'
import { Contender } from '../contender.ts'
import type { PacedResult, TimedAnswer } from '../contenders/paced-load.ts'
import type { TurnOver } from '../contenders/redis-actor.ts'
import type { Row } from '../report.ts'
import { median } from '../rounds.ts'

const perSecond = 2000
const swaps = 20
/** Between two swaps, so that each stands alone. */
const betweenMs = 250

/** The counter actor on Redis, swapped to memory and back, and updated, while 2,000 requests a second come. */
export async function measureSwap(): Promise<Row[]> {
  const counter = await signedAs('kvcounter', 'kvcounter')
  const other = await signedAs('kvcounter-c', 'kvcounter')
  await using redis = await startRedis({ config: { appendonly: 'no' } })
  await using host = Contender.start('redis-actor')
  await host.ask('start', counter, redis.url)
  const port = await host.ask<number>('listen')
  const provider = (turn: number): string => (turn % 2 === 0 ? 'memory-keyvalue' : 'redis-keyvalue')
  const module = (turn: number): Uint8Array => (turn % 2 === 0 ? other : counter)
  const kinds: readonly [string, (turn: number) => Promise<TurnOver>][] = [
    ['swap Redis / memory', (turn) => host.ask('swap', provider(turn), false)],
    ['the same with --copy', (turn) => host.ask('swap', provider(turn), true)],
    ['update AssemblyScript / C', (turn) => host.ask('update', module(turn))],
  ]
  const rows: Row[] = []
  for (const [figure, change] of kinds) {
    await using load = Contender.start('paced-load')
    rows.push(await measure(figure, port, load, change))
  }
  return rows
}

/** An example actor under the key of another, which it can so be updated to. */
async function signedAs(name: string, other: string): Promise<Uint8Array> {
  const { wasm } = await buildExampleActor(name)
  return signActor(
    wasm,
    { name: other, contracts: ['wascc:http_server', 'wascc:keyvalue'] },
    { issuer: await exampleKey('account'), subject: await exampleKey('module', other) },
  )
}

async function measure(
  figure: string,
  port: number,
  load: Contender,
  change: (turn: number) => Promise<TurnOver>,
): Promise<Row> {
  await load.ask('start', port, perSecond)
  await pause(1000)
  const turns: TurnOver[] = []
  for (let turn = 0; turn < swaps; turn++) {
    turns.push(await change(turn))
    await pause(betweenMs)
  }
  const { answers, failed } = await load.ask<PacedResult>('stop')
  const during = answers.filter((answer) => turns.some((turn) => overlap(answer, turn)))
  const calm = answers.filter((answer) => !turns.some((turn) => overlap(answer, turn)))
  const worst = `longest ${percentile(during, 1).toFixed(1)} ms`
  const took = `a turn-over took ${median(turns.map(({ from, to }) => to - from)).toFixed(1)} ms`
  return {
    figure: `pause p99, ${figure}`,
    value: percentile(during, 0.99),
    unit: 'ms',
    target: { atMost: 50 },
    note: `${failed.length} of ${answers.length} requests failed${failed[0] === undefined ? '' : ` (${failed[0]})`}; ${swaps} times; ${during.length} requests met one, ${worst}; ${took}; p99 otherwise ${percentile(calm, 0.99).toFixed(1)} ms`,
  }
}

function overlap({ dueAt, answeredAt }: TimedAnswer, { from, to }: TurnOver): boolean {
  return dueAt <= to && answeredAt >= from
}

function percentile(answers: readonly TimedAnswer[], share: number): number {
  const sorted = answers.map(({ dueAt, answeredAt }) => answeredAt - dueAt).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
