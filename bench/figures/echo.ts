/** Invocations of the echo actor, one after the other. */
import { buildExampleActor } from '../../scripts/build-actors.ts'
import { Contender } from '../contender.ts'
import type { EchoResult } from '../echo-loop.ts'
import type { Row } from '../report.ts'
import { inTurn, median, medianRatio, spread } from '../rounds.ts'
import type { Settings } from '../settings.ts'

/** A host's echo against those of others. */
export async function measureEcho({ rounds, roundMs }: Settings): Promise<Row[]> {
  const { path } = await buildExampleActor('echo')
  await using host = Contender.start('echo-host')
  await using wapc = Contender.start('echo-wapc')
  await using extism = Contender.start('echo-extism')
  for (const contender of [host, wapc, extism]) await contender.ask('open', path)
  const contenders = (
    ms: number,
  ): Record<'host' | 'wapc' | 'extism', () => Promise<EchoResult>> => ({
    host: () => host.ask('run', ms),
    wapc: () => wapc.ask('run', ms),
    extism: () => extism.ask('run', ms),
  })
  const turnMs = roundMs / 2
  await inTurn(contenders(turnMs), 1)
  const results = await inTurn(contenders(turnMs), rounds)
  return [
    compare('echo invocations / @wapc/host', results.host, results.wapc, 0.9),
    compare('echo invocations / Extism in the background', results.host, results.extism),
  ]
}

function compare(figure: string, ours: EchoResult[], theirs: EchoResult[], atLeast?: number): Row {
  const byCpu = [ours, theirs].map((results) => results.map(({ perCpuSecond }) => perCpuSecond))
  const byClock = [ours, theirs].map((results) => results.map(({ perSecond }) => perSecond))
  const [first = [], second = []] = byClock
  const rates = byClock.map((values) => `${Math.round(median(values) / 1000)}k/s`)
  const cpuRatio = medianRatio(byCpu[0] ?? [], byCpu[1] ?? []).toFixed(2)
  return {
    figure,
    value: medianRatio(first, second),
    unit: '',
    ...(atLeast !== undefined && { target: { atLeast } }),
    note: `${rates.join(' against ')}, rounds ${spread(first, second)}; by CPU time ${cpuRatio}`,
  }
}
