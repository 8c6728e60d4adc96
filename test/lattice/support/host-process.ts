// A host of a lattice in a process of its own. Ends in good order on SIGTERM.
import { readFile } from 'node:fs/promises'
import { Host } from '../../../host/index.ts'
import { Lattice } from '../../../lattice/index.ts'
import { KeyPair } from '../../../signing/index.ts'

const [url = '', name = '', seed = '', ...modules] = process.argv.slice(2)
const host = new Host()
const lattice = await Lattice.join(host, {
  name,
  nats: { url },
  clusterKey: KeyPair.fromSeed(seed),
})
for (const module of modules) await host.startActor(await readFile(module))
const end = async (): Promise<void> => {
  await host.stop()
  await lattice[Symbol.asyncDispose]()
}
process.on('SIGTERM', () => void end())
console.log('ready')
