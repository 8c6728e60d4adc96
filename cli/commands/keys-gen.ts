import { KeyPair, type KeyType, keyTypes } from '../../signing/index.ts'
import type { Command } from '../command.ts'

/** `wash-ts keys gen` */
export const keysGen: Command = {
  name: 'keys gen',
  summary: 'make a key pair',
  description: [
    'Prints a new public key and its seed and stores neither. The seed is the private half: whoever has it is this identity. `claims sign` makes and stores the keys it needs by itself.',
  ],
  positionals: [{ name: 'TYPE', required: true, choices: keyTypes }],
  options: {},
  examples: [['wash-ts keys gen account', 'a key that signs actors']],
  run: async ({ arguments: [type], terminal: { paint } }) => {
    const { publicKey, seed } = KeyPair.generate(type as KeyType)
    const text = [
      `Public key: ${paint('strong', publicKey)}`,
      `Seed:       ${seed}`,
      '',
      'The seed is private: keep it secret.',
    ]
    return { text: text.join('\n'), data: { type, publicKey, seed } }
  },
}
