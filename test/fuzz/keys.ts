import { parsePublicKey, parseSeed } from '../../signing/nkey.ts'
import { encodePublicKey, encodeSeed } from '../../signing/nkey.ts'
import { issuer, subject } from '../support/forged-token.ts'
import type { FuzzTarget } from './target.ts'

/** Public keys and seeds: whatever is read is written back as the same text. */
export const keysTarget: FuzzTarget = {
  name: 'keys',
  run(input) {
    const text = Buffer.from(input).toString('latin1')
    const [parsed, written] = text.startsWith('S')
      ? [parseSeed(text), encodeSeed]
      : [parsePublicKey(text), encodePublicKey]
    const again = written(parsed.type, parsed.raw)
    if (again !== text) throw new Error(`read as ${again}`)
  },
  seeds: () => [issuer.publicKey, subject, issuer.seed].map((text) => Buffer.from(text)),
}
