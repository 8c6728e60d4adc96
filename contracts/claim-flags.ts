/** The one-letter flags by which `claims sign` grants contracts, as wash has had them since 2020. */
import type { Dialect } from './contract.ts'

/** One flag of `claims sign`, and the contract id it stands for. */
export interface ClaimFlag {
  /** `k` of `-k`. */
  readonly letter: string
  /** `keyvalue` of `--keyvalue`. */
  readonly name: string
  /** What the claim lets an actor do, for the help text. */
  readonly summary: string
  /** The contract id that it puts in the claims; `undefined` where the dialect has none. */
  readonly contractIds: Readonly<Record<Dialect, string | undefined>>
}

function flag(
  letter: string,
  name: string,
  summary: string,
  waScc: string,
  wasmCloud: string,
  otp: string | undefined = wasmCloud,
): ClaimFlag {
  const contractIds = { A: waScc, B: waScc, C: waScc, D: wasmCloud, E: otp }
  return { letter, name, summary, contractIds }
}

/** In the order in which help lists them. */
export const claimFlags: readonly ClaimFlag[] = [
  flag('q', 'http_server', 'answer HTTP requests', 'wascc:http_server', 'wasmcloud:httpserver'),
  flag('h', 'http_client', 'make HTTP requests', 'wascc:http_client', 'wasmcloud:httpclient'),
  flag('k', 'keyvalue', 'use a key-value store', 'wascc:keyvalue', 'wasmcloud:keyvalue'),
  flag('g', 'msg', 'send and receive messages', 'wascc:messaging', 'wasmcloud:messaging'),
  flag('f', 'blob_store', 'store blobs', 'wascc:blobstore', 'wasmcloud:blobstore'),
  flag(
    'z',
    'extras',
    'get unique ids and random numbers',
    'wascc:extras',
    'wasmcloud:extras',
    'wasmcloud:builtin:numbergen',
  ),
  flag(
    'l',
    'logging',
    'write to the log',
    'wascc:logging',
    'wasmcloud:logging',
    'wasmcloud:builtin:logging',
  ),
  flag('e', 'events', 'use event streams', 'wascc:eventstreams', 'wasmcloud:eventstreams'),
]
