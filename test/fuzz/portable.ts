import type { OperationTypes } from '../../contracts/index.ts'
import { type LinkContext, portableProvider, type ProviderLink } from '../../host/index.ts'
import { linkedActor } from '../capabilities/support/linked-provider.ts'
import { puppetProvider } from '../host/portable-modules/modules.ts'
import { signFixture } from '../support/actors.ts'
import type { FuzzTarget } from './target.ts'

type Operation = (request: Uint8Array, call: object) => Promise<Uint8Array>

/** Two links of a provider: one plays the inputs, the other must not notice. */
interface Puppets {
  play(script: Uint8Array): Promise<Uint8Array>
  count(): Promise<number>
}

let puppets: Puppets | undefined
let counted = 0

async function openPuppets(): Promise<Puppets> {
  const wasm = await signFixture(await puppetProvider(), { name: 'puppet', isProvider: true })
  const limits = { cpuMs: 50, memoryBytes: 4 * 1024 * 1024 }
  const provider = await portableProvider(wasm, { limits })
  const played = await provider.link(contextOf('MPLAYED'))
  const bystander = await provider.link(contextOf('MBYSTANDER'))
  return {
    play: (script) => operation(played, 'Play')(script, call()),
    count: async () => {
      const answer = await operation(bystander, 'Count')(new Uint8Array(), call())
      return new DataView(answer.buffer, answer.byteOffset).getUint32(0, true)
    },
  }
}

function operation(link: ProviderLink<OperationTypes>, name: string): Operation {
  return (link.operations as unknown as Record<string, Operation>)[name]!
}

function call(): object {
  return { operation: 'Play', signal: new AbortController().signal, depth: 0, within: undefined }
}

function contextOf(actor: string): LinkContext<Readonly<Record<string, string>>> {
  const told = (_message: string, facts: Readonly<Record<string, unknown>> = {}): void => {
    const { text = '' } = facts as { readonly text?: string }
    if (/\p{Cc}/u.test(text) || Buffer.byteLength(text) > 8_192) {
      throw new Error('a line came raw into the log')
    }
  }
  const log = { debug: told, info: told, warn: told, error: told, child: () => log }
  return {
    config: {},
    actor: linkedActor(actor, 'played'),
    linkName: 'default',
    log,
    signal: new AbortController().signal,
    // A call of the actor's, answered late with what it was asked.
    invoke: async (_operation, request) => {
      await new Promise((resolve) => setImmediate(resolve))
      return request
    },
  }
}

/** What a portable provider may ask of its host, in any order and with any pointers. */
export const portableTarget: FuzzTarget = {
  name: 'portable-provider',
  open: async () => {
    puppets = await openPuppets()
    counted = 0
  },
  async run(input) {
    const { play, count } = puppets!
    const [played] = await Promise.allSettled([play(input)])
    counted += 1
    if ((await count()) !== counted) throw new Error('another link lost its memory')
    if (played.status === 'rejected') throw played.reason
  },
  seeds: () => [
    // Prints the text that follows, and answers with it.
    script([0x80, 27, 6, 0, 1], [0x83, 27, 6], [255], 'hello\n'),
    script([0x8c, 0, 2, 4, 1], [0x81, 30, 20], [0x83, 30, 20]),
    // Calls the actor, and answers with what it answered.
    script([0x82, 48, 0, 48, 7, 55, 4, 55, 4], [0x85, 48], [0x83, 48, 4], [255], 'MPLAYEDPing'),
    script([0x82, 0, 3, 0, 3, 0, 3, 0, 3], [9], [0x86, 40], [0x84, 40, 20]),
    script([0x87, 10, 5], [0x83, 10, 5], [255], 'said\n'),
    script([10, 1024, 0xffff_ffff], [11, 0, 3], [1, 65_535, 4_096]),
    script([13]),
    script([0x83, 0, 4]),
  ],
}

/** Steps, each a function's number and its parameters, and text for them to point at. */
function script(...parts: (readonly number[] | string)[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part)
      const [code = 0, ...words] = part
      return Buffer.concat([Buffer.of(code), Buffer.from(Uint32Array.from(words).buffer)])
    }),
  )
}
