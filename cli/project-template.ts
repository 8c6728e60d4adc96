import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { CliError } from './errors.ts'
import { packageFile } from './package-files.ts'

/** What the templates' placeholders stand for, by name: `{{name}}`. */
export type TemplateValues = Readonly<Record<string, string>>

/**
 * Copies a bundled template to a new folder, its placeholders filled in. The folder appears whole or
 * not at all.
 *
 * @see actors/templates/README.md for what is replaced
 * @returns the paths of the files, from the folder, sorted
 * @throws CliError `ERR_FILE_EXISTS` if the folder is there already
 */
export async function copyTemplate(
  template: string,
  destination: string,
  values: TemplateValues,
): Promise<string[]> {
  if (existsSync(destination)) {
    throw new CliError('ERR_FILE_EXISTS', { path: destination }, `${destination} is there already`)
  }
  const source = packageFile(`actors/templates/${template}`)
  const aside = join(dirname(destination), `.${basename(destination)}-${process.pid}`)
  const written: string[] = []
  try {
    for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const from = join(entry.parentPath, entry.name)
      const to = join(relative(source, entry.parentPath), fileName(fill(entry.name, values)))
      await mkdir(join(aside, dirname(to)), { recursive: true })
      await writeFile(join(aside, to), fill(await readFile(from, 'utf8'), values))
      written.push(to)
    }
    await rename(aside, destination)
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    throw error
  }
  return written.sort()
}

/**
 * How a project in `folder` can depend on this very wash-ts, as `dependencies` say it: a checkout is
 * linked, what was installed from a tarball comes from there again, and anything else from the
 * registry.
 */
export async function ownPackageSpecifier(folder: string): Promise<string> {
  const own = JSON.parse(await readFile(packageFile('package.json'), 'utf8')) as {
    version: string
  }
  const isCheckout = existsSync(packageFile('cli/main.ts'))
  const source = isCheckout ? packageFile('.') : await installedFrom(packageFile('.'))
  return source === undefined ? `^${own.version}` : `file:${relative(folder, source)}`
}

/** npm notes in its hidden lock file where each package came from. */
async function installedFrom(packageFolder: string): Promise<string | undefined> {
  const modules = dirname(resolve(packageFolder))
  const text = await readFile(join(modules, '.package-lock.json'), 'utf8').catch(() => '{}')
  const { packages } = JSON.parse(text) as { packages?: Record<string, { resolved?: string }> }
  const { resolved } = packages?.['node_modules/wash-ts'] ?? {}
  if (!resolved?.startsWith('file:') || !resolved.endsWith('.tgz')) return undefined
  const path = resolve(modules, '..', resolved.slice('file:'.length))
  return existsSync(path) ? path : undefined
}

function fill(text: string, values: TemplateValues): string {
  return text.replace(/\{\{(\w+)\}\}/g, (placeholder, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? placeholder) : placeholder,
  )
}

function fileName(name: string): string {
  return name.replace(/\.tmpl$/, '').replace(/^dot-/, '.')
}
