import { basename, resolve } from 'node:path'
import { usage } from '../arguments.ts'
import type { Command } from '../command.ts'
import { copyTemplate, ownPackageSpecifier } from '../project-template.ts'

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
  run: async ({ arguments: [path = ''], terminal: { paint } }) => {
    const folder = resolve(path)
    const name = basename(path)
    if (!/^[a-z][a-z0-9_-]{0,63}$/.test(name)) {
      throw usage(
        name,
        `${JSON.stringify(name)} cannot be an actor's name: begin with a small letter, then small letters, digits, - and _`,
      )
    }
    const washTs = await ownPackageSpecifier(folder)
    const files = await copyTemplate('actor', folder, { name, washTs })
    const text = [
      `Made ${paint('strong', name)} in ${path}`,
      ...files.map((file) => `  ${file}`),
      '',
      'Next:',
      `  cd ${path}`,
      '  npm install',
      '  npm start',
    ]
    return { text: text.join('\n'), data: { name, folder, files } }
  },
}
