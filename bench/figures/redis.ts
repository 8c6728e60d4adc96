/** Key-value calls through an actor to Redis, against the same client without an actor. */
import { buildExampleActor } from '../../scripts/build-actors.ts'
import { startRedis } from '../../test/support/redis-server.ts'
import { Contender } from '../contender.ts'
import type { Row } from '../report.ts'
import { inTurn, median, medianRatio, spread } from '../rounds.ts'
import type { Settings } from '../settings.ts'

/** Counters, one command of Redis for each call: in turn, and as many at a time as keep a core busy. */
export async function measureRedis({ rounds, roundMs }: Settings): Promise<Row[]> {
  const { path } = await buildExampleActor('kvcounter-c')
  await using redis = await startRedis({ config: { appendonly: 'no' } })
  await using actor = Contender.start('redis-actor')
  await using bare = Contender.start('redis-bare')
  await actor.ask('start', path, redis.url)
  await bare.ask('connect', redis.url)
  const measure = async (concurrency: number): Promise<Omit<Row, 'figure' | 'target'>> => {
    const contenders = (ms: number): Record<'actor' | 'bare', () => Promise<number>> => ({
      actor: () => actor.ask<number>('load', concurrency, ms),
      bare: () => bare.ask<number>('load', concurrency, ms),
    })
    await inTurn(contenders(Math.max(1000, roundMs / 2)), 1)
    const results = await inTurn(contenders(roundMs), rounds)
    return {
      value: medianRatio(results.actor, results.bare),
      unit: '',
      note: `rounds ${spread(results.actor, results.bare)}; ${Math.round(median(results.actor))}/s against ${Math.round(median(results.bare))}/s`,
    }
  }
  return [
    {
      figure: 'key-value call through an actor to Redis / bare ioredis, one at a time',
      target: { atLeast: 0.7 },
      ...(await measure(1)),
    },
    { figure: 'the same, 64 at a time', ...(await measure(64)) },
  ]
}
