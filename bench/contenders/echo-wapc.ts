/** Echo through `@wapc/host`: one instance, not metered, nothing awaited. */
import { readFile } from 'node:fs/promises'
import { answerQuestions } from '../contender.ts'
import { echoFor } from '../echo-loop.ts'
import { loadPeer } from '../peers.ts'

interface WapcHost {
  invoke(operation: string, payload: Uint8Array): Promise<Uint8Array>
}

const wapc = loadPeer('@wapc/host') as { instantiate(wasm: Uint8Array): Promise<WapcHost> }
let guest: WapcHost

answerQuestions({
  async open(path: string): Promise<void> {
    guest = await wapc.instantiate(await readFile(path))
  },
  run: (ms: number) => echoFor(ms, (payload) => guest.invoke('Echo', payload)),
})
