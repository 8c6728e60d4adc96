/** How late the event loop gets while actors compute without end. */
import { buildExampleActor } from '../../scripts/build-actors.ts'
import { Contender } from '../contender.ts'
import type { DelayResult } from '../contenders/busy-host.ts'
import type { Row } from '../report.ts'
import type { Settings } from '../settings.ts'
import { signedCopies } from '../signed-copies.ts'

const hogs = 8

/** Eight actors that loop for ever, in one host. */
export async function measureLoopDelay({ roundMs }: Settings): Promise<Row[]> {
  const { wasm } = await buildExampleActor('hog')
  await using host = Contender.start('busy-host')
  const modules = await signedCopies(wasm, hogs)
  const { p50, p99, max, busy } = await host.ask<DelayResult>('measure', modules, roundMs * 3)
  if (busy !== hogs) throw new Error(`only ${busy} of ${hogs} actors were busy`)
  return [
    {
      figure: `event-loop delay p99, ${hogs} actors looping for ever`,
      value: p99,
      unit: 'ms',
      target: { atMost: 10 },
      note: `p50 ${p50.toFixed(2)}, max ${max.toFixed(1)}`,
    },
  ]
}
