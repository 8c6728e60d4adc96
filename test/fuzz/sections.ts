import { createHash } from 'node:crypto'
import { inspectActor, readActor, verifyActor } from '../../signing/actor.ts'
import { hashToClaim, stripClaims } from '../../signing/claims-section.ts'
import { SigningError } from '../../signing/errors.ts'
import { readSections } from '../../signing/wasm-sections.ts'
import { forgeToken, goodHeader, payloadWith } from '../support/forged-token.ts'
import { answerModule, answerSections, custom, moduleOf, section } from '../support/module-bytes.ts'
import type { FuzzTarget } from './target.ts'

const padded = moduleOf(
  ...Object.values(answerSections).map((bytes) => section(bytes[0]!, bytes.slice(2), 5)),
)
const inside = answerModule(custom('plugin', answerModule(custom('x', ''))))
const unsigned = [answerModule(), padded, inside]
const signed = unsigned.flatMap((wasm) =>
  (['jwt', 'wasmcloud_jwt'] as const).map((name) => {
    const hash = createHash('sha256').update(wasm).digest('hex').toUpperCase()
    const token = forgeToken(goodHeader, payloadWith({}, { hash }))
    return Uint8Array.from([...wasm, ...custom(name, token)])
  }),
)
const signedContents = new Set(unsigned.map(contents))

/** Modules. One that passes has the contents of one that was signed, however its sizes are written. */
export const sectionsTarget: FuzzTarget = {
  name: 'sections',
  async run(input) {
    const { failures } = await inspectActor(input)
    const stripped = stripClaims(input)
    if (!Buffer.from(stripClaims(stripped)).equals(stripped))
      throw new Error('stripping twice strips more')
    claimable(stripped)
    readActor(input)
    await verifyActor(input)
    if (failures.length > 0) throw new Error('verified in spite of failures')
    if (!signedContents.has(contents(stripped))) throw new Error('accepted, but never signed')
  },
  seeds: () => [
    ...signed.map((wasm) => Uint8Array.from(wasm)),
    answerModule([], custom('x', signed[0]!)),
    answerModule([], custom('x', [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, ...section(1, signed[1]!)])),
  ],
}

function contents(wasm: Uint8Array): string {
  return readSections(wasm)
    .map(
      ({ id, payload, end }) => `${id}:${Buffer.from(wasm.subarray(payload, end)).toString('hex')}`,
    )
    .join(' ')
}

/** A stripped module can be signed, unless it hides claims. */
function claimable(stripped: Uint8Array): void {
  try {
    hashToClaim(stripped)
  } catch (error) {
    if (!(error instanceof SigningError) || error.code !== 'ERR_CLAIMS_NESTED') throw error
  }
}
