import type { TokenKind } from '../../signing/claims.ts'
import { decodeToken, tokenKindOf, verifyToken } from '../../signing/signed-token.ts'
import { forgeToken, goodHeader, payloadWith } from '../support/forged-token.ts'
import type { FuzzTarget } from './target.ts'

const kinds: readonly TokenKind[] = [
  'actor',
  'provider',
  'account',
  'operator',
  'cluster',
  'user',
  'invocation',
]

/** Payloads, truly signed: what the holder of a good key can claim. The first byte chooses the kind. */
export const claimsTarget: FuzzTarget = {
  name: 'claims',
  async run(input) {
    const kind = kinds[(input[0] ?? 0) % kinds.length]!
    const token = forgeToken(goodHeader, input.subarray(1))
    tokenKindOf(token)
    const { claims } = await verifyToken(kind, token)
    const again = decodeToken(kind, token)
    if (JSON.stringify(again.claims) !== JSON.stringify(claims)) throw new Error('read in two ways')
    if (Object.getPrototypeOf(claims) !== Object.prototype)
      throw new Error('a prototype was claimed')
  },
  seeds: () => [
    seed(
      'actor',
      payloadWith(
        { exp: 99_999_999_999, nbf: 0, wascap_revision: 3 },
        { rev: 1, ver: '1', call_alias: 'a' },
      ),
    ),
    seed(
      'actor',
      payloadWith({ wascap: undefined, hash: 'AB'.repeat(32), caps: ['wascc:keyvalue'], tags: [] }),
    ),
    seed(
      'provider',
      payloadWith({
        sub: 'VDLNNUXZCUVUC6HDDNHB5FELNVVAOMNI2ACUWTHC3TZTKRHT2R7ATLXT',
        wascap: {
          name: 'p',
          capid: 'c',
          vendor: 'v',
          target_hashes: { 'x86_64-linux': 'AB'.repeat(32) },
          config_schema: { type: 'object', properties: { a: [{}] } },
        },
      }),
    ),
    seed('account', payloadWith({ wascap: { name: 'a', valid_signers: ['x'] } })),
    seed(
      'invocation',
      payloadWith({
        sub: 'id',
        wascap: { target_url: 'a', origin_url: 'b', hash: 'AB'.repeat(32) },
      }),
    ),
  ],
}

function seed(kind: TokenKind, payload: string): Uint8Array {
  return Buffer.concat([Buffer.from([kinds.indexOf(kind)]), Buffer.from(payload)])
}
