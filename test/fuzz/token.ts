import { decodeToken, tokenKindOf, verifyToken } from '../../signing/signed-token.ts'
import { forgeToken, goodHeader, payloadWith } from '../support/forged-token.ts'
import type { FuzzTarget } from './target.ts'

const good = [
  forgeToken(goodHeader, payloadWith()),
  forgeToken(goodHeader, payloadWith({ wascap: undefined, hash: 'AB'.repeat(32), caps: [] })),
]

/** Tokens as text. None but the ones that were signed may pass. */
export const tokenTarget: FuzzTarget = {
  name: 'token',
  async run(input) {
    const token = Buffer.from(input).toString('latin1')
    tokenKindOf(token)
    decodeToken('actor', token)
    await verifyToken('actor', token)
    if (!good.includes(token)) throw new Error(`accepted, but never signed: ${token}`)
  },
  seeds: () => good.map((token) => Buffer.from(token)),
}
