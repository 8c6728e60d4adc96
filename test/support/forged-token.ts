/** Tokens made outside the code under test, so that they can say anything at all. */

import { createPrivateKey, type KeyObject, sign } from 'node:crypto'

/** A fixed identity: what it signs is the same in every run. */
export const issuer = {
  seed: 'SAAPN4W3EG6KCJGUQTKTJ5GSB5NHK5CHAJL4DBGFUM3HHROI4XUEP4OBK4',
  publicKey: 'ACODERUVFFAWZQDSS6SBIACUA5O6SXF7HJ3YTYXBALHZP3P7R4BUO4J2',
} as const

/** Who the tokens are about. */
export const subject = 'MBRHZHYXF4UCFCEJHHMSFB2UDWVFUGWCVECAAL3NLJHQDNTPYOQSPIY2'

/** The seed's 32 bytes, by the definition of nkeys and not by our decoder. */
function rawSeed(seed: string): Buffer {
  const bits = seed
    .split('')
    .map((letter) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
    )
  const bytes = bits.join('').match(/.{8}/gu) ?? []
  return Buffer.from(bytes.slice(2, 34).map((byte) => Number.parseInt(byte, 2)))
}

const issuerKey: KeyObject = createPrivateKey({
  key: Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    rawSeed(issuer.seed),
  ]),
  format: 'der',
  type: 'pkcs8',
})

/** Base64url of a text (as UTF-8) or of bytes. */
export function base64url(content: string | Uint8Array): string {
  return Buffer.from(content as string).toString('base64url')
}

/** The 64-byte signature of {@link issuer}. */
export function signText(text: string): Buffer {
  return sign(null, Buffer.from(text), issuerKey)
}

/** The header that real tokens have. */
export const goodHeader = '{"typ":"jwt","alg":"Ed25519"}'

/** Joins three contents and signs them truly, whatever they say. */
export function forgeToken(header: string | Uint8Array, payload: string | Uint8Array): string {
  const signed = `${base64url(header)}.${base64url(payload)}`
  return `${signed}.${base64url(signText(signed))}`
}

/** A good actor's payload, with these members put in place of its own; `undefined` takes one out. */
export function payloadWith(
  changes: Record<string, unknown> = {},
  wascap: Record<string, unknown> = {},
): string {
  return JSON.stringify({
    jti: 'WJDxku9jYVjIgdxSTmhTh3',
    iat: 1_600_000_000,
    iss: issuer.publicKey,
    sub: subject,
    wascap: {
      name: 'Echo',
      hash: 'AB'.repeat(32),
      tags: ['a'],
      caps: ['wascc:http_server'],
      prov: false,
      ...wascap,
    },
    ...changes,
  })
}
