import type { HostOptions } from '../../../host/index.ts'
import { Lattice, type LatticeOptions } from '../../../lattice/index.ts'
import { TestHost } from '../../support/test-host.ts'
import { cluster, lattice } from './member.ts'

/** A host that is in a lattice. Disposal stops it, then leaves. */
export interface LatticeHost extends AsyncDisposable {
  readonly host: TestHost
  readonly lattice: Lattice
}

/** Starts a host and has it join the lattice of a NATS server. */
export async function startLatticeHost(
  url: string,
  hostOptions: HostOptions = {},
  options: Partial<LatticeOptions> = {},
): Promise<LatticeHost> {
  await using opened = new AsyncDisposableStack()
  const host = new TestHost(hostOptions)
  opened.defer(() => host.stop())
  const nats = { url }
  const joined = await Lattice.join(host, { name: lattice, nats, clusterKey: cluster, ...options })
  opened.move()
  return {
    host,
    lattice: joined,
    [Symbol.asyncDispose]: async () => {
      await host.stop()
      await joined[Symbol.asyncDispose]()
    },
  }
}

/** Resolves when a member's connection has come back. */
export function backAgain({ lattice: joined }: LatticeHost): Promise<void> {
  const back = Promise.withResolvers<void>()
  const stop = joined.onChange((isUp) => {
    if (!isUp) return
    stop()
    back.resolve()
  })
  return back.promise
}
