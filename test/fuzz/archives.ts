import { gzipSync } from 'node:zlib'
import {
  createArchive,
  insertIntoArchive,
  inspectArchive,
  verifyArchive,
} from '../../signing/archive.ts'
import { KeyPair } from '../../signing/key-pair.ts'
import type { FuzzTarget } from './target.ts'

const keys = { issuer: KeyPair.generate('account'), subject: KeyPair.generate('service') }
const node = Buffer.from('export default 1')
const native = Buffer.alloc(700, 7)
const single = await createArchive(
  { name: 'Redis', contractId: 'wascc:keyvalue', vendor: 'Acme' },
  new Map([['node', node]]),
  keys,
)
const double = await insertIntoArchive(single, 'x86_64-linux', native, keys)
const contents: Readonly<Record<string, Buffer>> = { node, 'x86_64-linux': native }

/** Provider archives. One that passes holds the libraries that were signed. */
export const archivesTarget: FuzzTarget = {
  name: 'archives',
  async run(input) {
    const { failures } = await inspectArchive(input)
    const { code } = await verifyArchive(input, { targets: 'all' })
    if (failures.length > 0) throw new Error('verified in spite of failures')
    for (const [target, bytes] of code) {
      if (contents[target]?.equals(bytes) !== true) throw new Error('accepted, but never signed')
    }
  },
  seeds: () => [
    single,
    double,
    Uint8Array.from(gzipSync(single)),
    Uint8Array.from(gzipSync(double)),
  ],
}
