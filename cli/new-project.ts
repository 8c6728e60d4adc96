import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { usage } from './arguments.ts'
import type { CommandResult } from './command.ts'
import { packageFile } from './package-files.ts'
import { copyTemplate, ownPackageSpecifier } from './project-template.ts'
import type { Paint } from './terminal.ts'

/**
 * Makes a project from a template, in a folder of the project's name.
 *
 * @param next Commands to run in it.
 * @throws CliError `ERR_USAGE`, `ERR_FILE_EXISTS`
 */
export async function newProject(
  template: 'actor' | 'provider',
  path: string,
  next: readonly string[],
  paint: Paint,
): Promise<CommandResult> {
  const folder = resolve(path)
  const name = basename(path)
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(name)) {
    throw usage(
      name,
      `${JSON.stringify(name)} cannot be the name of ${template === 'actor' ? 'an actor' : 'a provider'}: begin with a small letter, then small letters, digits, - and _`,
    )
  }
  const washTs = await ownPackageSpecifier(folder)
  const files = await copyTemplate(template, folder, { name, washTs })
  // What a project imports of wash-ts is its build, which a checkout may be without.
  const isBuilt = existsSync(packageFile('dist'))
  const first =
    template === 'provider' && !isBuilt
      ? [`npm --prefix ${quoted(packageFile('.'))} run build`]
      : []
  const text = [
    `Made ${paint('strong', name)} in ${path}`,
    ...files.map((file) => `  ${file}`),
    '',
    'Next:',
    ...[...first, `cd ${quoted(path)}`, ...next].map((command) => `  ${command}`),
  ]
  return { text: text.join('\n'), data: { name, folder, files } }
}

/** A path as a shell takes it for one word. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
