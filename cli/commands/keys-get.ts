import { join } from 'node:path'
import type { Command } from '../command.ts'
import { directoryOption, keyDirectory, keyNames, keyNotFound, readKey } from '../key-store.ts'
import { suggest } from '../suggest.ts'

/** `wash-ts keys get` */
export const keysGet: Command = {
  name: 'keys get',
  summary: 'print the seed of a stored key',
  description: ['Takes a name that `wash-ts keys list` shows and prints the seed: keep it secret.'],
  positionals: [{ name: 'NAME', required: true }],
  options: { directory: { short: 'd', ...directoryOption } },
  examples: [['wash-ts keys get counter_module', 'the seed of the actor made from counter.wasm']],
  run: async ({ arguments: [given = ''], options }) => {
    const directory = keyDirectory(options)
    const names = await keyNames(directory)
    const name = given.replace(/\.nk$/, '')
    const path = join(directory, `${name}.nk`)
    const pair = names.includes(name) ? await readKey(path) : undefined
    if (!pair) {
      const error = keyNotFound(path)
      const nearest = suggest(name, names)
      if (nearest !== undefined) error.message += `; did you mean ${nearest}?`
      throw error
    }
    const { type, publicKey, seed } = pair
    return { text: seed, data: { name, type, publicKey, seed, path } }
  },
}
