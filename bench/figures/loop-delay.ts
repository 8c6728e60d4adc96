/** How late the event loop gets while actors compute without end. */
import { buildExampleActor } from '../../scripts/build-actors.ts'
import { Contender } from '../contender.ts'
import type { BusyResult } from '../contenders/busy-host.ts'
import type { Delay } from '../event-loop.ts'
import type { Row } from '../report.ts'
import { inTurn, median } from '../rounds.ts'
import type { Settings } from '../settings.ts'
import { signedCopies } from '../signed-copies.ts'

const hogs = 8

/** Eight actors that loop for ever in one host; and plain JavaScript, for what the machine is late by. */
export async function measureLoopDelay({ rounds, roundMs }: Settings): Promise<Row[]> {
  const { wasm } = await buildExampleActor('hog')
  const modules = await signedCopies(wasm, hogs)
  // Each turn has a process of its own: once they loop, guests do not stop for the other's turn.
  const turns = await inTurn<'guests' | 'plain', Delay>(
    {
      guests: async () => {
        await using host = Contender.start('busy-host')
        await host.ask('loop', modules)
        const result = await host.ask<BusyResult>('delay', roundMs)
        if (result.busy !== hogs) throw new Error(`only ${result.busy} of ${hogs} actors were busy`)
        return result
      },
      plain: async () => {
        await using host = Contender.start('busy-host')
        return await host.ask<Delay>('plain', roundMs)
      },
    },
    rounds,
  )
  const p99s = turns.guests.map(({ p99 }) => p99)
  const of = (delays: readonly Delay[], name: keyof Delay): string =>
    median(delays.map((delay) => delay[name])).toFixed(2)
  return [
    {
      figure: `event-loop delay p99, ${hogs} actors looping for ever`,
      value: median(p99s),
      unit: 'ms',
      target: { atMost: 10 },
      note: `rounds ${Math.min(...p99s).toFixed(2)}-${Math.max(...p99s).toFixed(2)}, p50 ${of(turns.guests, 'p50')}, max ${of(turns.guests, 'max')}; plain JavaScript: p99 ${of(turns.plain, 'p99')}, max ${of(turns.plain, 'max')}`,
    },
  ]
}
