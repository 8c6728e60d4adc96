import type { Command } from '../command.ts'
import { newProject } from '../new-project.ts'

/** `wash-ts new provider` */
export const newProvider: Command = {
  name: 'new provider',
  summary: 'make a project for a capability provider of your own',
  description: [
    'Makes a folder NAME with a provider in TypeScript that serves the key-value contract from memory, its tests, a manifest, and scripts that build it, put it into a signed archive and run it. Nothing is downloaded; `npm install` in the folder brings the compiler.',
  ],
  positionals: [{ name: 'NAME', required: true }],
  options: {},
  examples: [['wash-ts new provider my-store', 'makes the folder my-store']],
  run: ({ arguments: [path = ''], terminal: { paint } }) =>
    newProject('provider', path, ['npm install', 'npm test', 'npm run par'], paint),
}
