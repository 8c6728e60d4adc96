import { readFile } from 'node:fs/promises'
import type { Command } from '../command.ts'
import { packageFile } from '../package-files.ts'

/** `wash-ts version` */
export const version: Command = {
  name: 'version',
  summary: 'print the versions of wash-ts and Node',
  description: [],
  positionals: [],
  options: {},
  examples: [],
  run: async () => {
    const text = await readFile(packageFile('package.json'), 'utf8')
    const { version } = JSON.parse(text) as { version: string }
    const node = process.versions.node
    return { text: `wash-ts ${version} (Node ${node})`, data: { version, node } }
  },
}
