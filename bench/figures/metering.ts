/** What metering costs: see `../metering.ts`. */
import { measureMetering } from '../metering.ts'
import type { Row } from '../report.ts'
import type { Settings } from '../settings.ts'

/** The slowest kernel is the figure. */
export async function measureMeteringRows({ rounds }: Settings): Promise<Row[]> {
  const kernels = await measureMetering(rounds * 3)
  const byRatio = kernels.toSorted((a, b) => b.ratio - a.ratio)
  return [
    {
      figure: 'metered / unmetered, slowest kernel',
      value: byRatio[0]?.ratio ?? Number.NaN,
      unit: '',
      target: { atMost: 1.3 },
      note: byRatio.map(({ kernel, ratio }) => `${kernel} ${ratio.toFixed(2)}`).join(', '),
    },
  ]
}
