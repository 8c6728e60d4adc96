/** What metering costs: see `../metering.ts`. */
import { Contender } from '../contender.ts'
import type { MeteringRow } from '../metering.ts'
import type { Row } from '../report.ts'
import { median } from '../rounds.ts'
import type { Settings } from '../settings.ts'

/** Runs of each kernel in one process. */
const roundsEach = 11

/**
 * The slowest kernel is the figure: its median over several processes, for where V8 puts the code of
 * a kernel can weigh more than metering does, and that is settled anew in each process.
 */
export async function measureMeteringRows({ rounds }: Settings): Promise<Row[]> {
  const byKernel = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    await using process = Contender.start('kernels')
    for (const { kernel, ratio } of await process.ask<MeteringRow[]>('measure', roundsEach)) {
      byKernel.set(kernel, [...(byKernel.get(kernel) ?? []), ratio])
    }
  }
  const kernels = [...byKernel]
    .map(([kernel, ratios]) => ({ kernel, ratios, ratio: median(ratios) }))
    .sort((a, b) => b.ratio - a.ratio)
  const words = kernels.map(({ kernel, ratios, ratio }) => {
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)]
    const span = most - least > 0.1 ? ` (${least.toFixed(2)}-${most.toFixed(2)})` : ''
    return `${kernel} ${ratio.toFixed(2)}${span}`
  })
  const mean = Math.exp(
    kernels.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / kernels.length,
  )
  return [
    {
      figure: 'metered / unmetered, slowest kernel',
      value: kernels[0]?.ratio ?? Number.NaN,
      unit: '',
      target: { atMost: 1.3 },
      note: `${words.join(', ')}; geometric mean ${mean.toFixed(2)}`,
    },
  ]
}
