import type { Command } from '../command.ts'
import { newProject } from '../new-project.ts'

/** `wash-ts new actor` */
export const newActor: Command = {
  name: 'new actor',
  summary: 'make a project for an actor of your own',
  description: [
    'Makes a folder NAME with an actor in AssemblyScript that answers HTTP requests, its tests, and scripts that build, sign and run it. Nothing is downloaded; `npm install` in the folder brings the compiler.',
  ],
  positionals: [{ name: 'NAME', required: true }],
  options: {},
  examples: [['wash-ts new actor greeter', 'makes the folder greeter']],
  run: ({ arguments: [path = ''], terminal: { paint } }) =>
    newProject('actor', path, ['npm install', 'npm start'], paint),
}
