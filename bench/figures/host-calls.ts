/** What a host call costs, answered at once and later. For comparison: nothing is promised. */
import { Contender } from '../contender.ts'
import type { HostCallResult } from '../contenders/host-calls.ts'
import type { Row } from '../report.ts'
import type { Settings } from '../settings.ts'

/** Invocations of a guest that makes one host call each. */
export async function measureHostCalls({ roundMs }: Settings): Promise<Row[]> {
  await using guests = Contender.start('host-calls')
  const { atOnce, later } = await guests.ask<HostCallResult>('measure', roundMs)
  return [
    {
      figure: 'invocations with a host call answered at once',
      value: atOnce,
      unit: '/s',
      note: 'one guest',
    },
    {
      figure: 'the same answered by a promise',
      value: later,
      unit: '/s',
      note: 'the guest is set aside',
    },
  ]
}
