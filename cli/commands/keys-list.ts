import { join } from 'node:path'
import type { Command } from '../command.ts'
import { directoryOption, keyDirectory, keyNames, readKey } from '../key-store.ts'

/** What `keys list` says of one key; `problem` in place of a key that cannot be read. */
interface ListedKey {
  readonly name: string
  readonly path: string
  readonly type?: string
  readonly publicKey?: string
  readonly problem?: string
}

/** `wash-ts keys list` */
export const keysList: Command = {
  name: 'keys list',
  summary: 'list the stored keys',
  description: ['Lists names, types and public keys; no seeds.'],
  positionals: [],
  options: { directory: { short: 'd', ...directoryOption } },
  examples: [['wash-ts keys list -o json', 'the same for programs']],
  run: async ({ options, terminal: { paint } }) => {
    const directory = keyDirectory(options)
    const keys: ListedKey[] = []
    for (const name of await keyNames(directory)) {
      keys.push(await describe(name, join(directory, `${name}.nk`)))
    }
    const column = Math.max(0, ...keys.map(({ name }) => name.length))
    const lines = keys.map(({ name, publicKey, problem }) =>
      publicKey === undefined
        ? `${name.padEnd(column)}  ${paint('bad', problem ?? '')}`
        : `${name.padEnd(column)}  ${publicKey}`,
    )
    const text =
      keys.length === 0
        ? `No keys in ${directory} yet`
        : [`Keys in ${directory}:`, ...lines].join('\n')
    return { text, data: { directory, keys } }
  },
}

async function describe(name: string, path: string): Promise<ListedKey> {
  try {
    const pair = await readKey(path)
    if (!pair) return { name, path, problem: 'gone while it was being read' }
    return { name, path, type: pair.type, publicKey: pair.publicKey }
  } catch (error) {
    return { name, path, problem: error instanceof Error ? error.message : String(error) }
  }
}
