import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/**
 * The path of a file that comes with the package, from its root. This code stands one folder deep in
 * a checkout (`cli/`) and two in a published package (`dist/cli/`).
 */
export function packageFile(path: string): string {
  const besides = new URL('../package.json', import.meta.url)
  const root = new URL(existsSync(besides) ? '../' : '../../', import.meta.url)
  return fileURLToPath(new URL(path, root))
}

/** The version of the package. */
export async function ownVersion(): Promise<string> {
  const text = await readFile(packageFile('package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
