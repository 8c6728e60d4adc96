import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The root of the checkout, with a slash at its end. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url))

/** The folders whose code is published. */
export const publishedFolders: readonly string[] = [
  'signing',
  'contracts',
  'host',
  'nats',
  'provider',
  'capabilities',
  'control',
  'lattice',
  'bridge-k8s',
  'cli',
]

/** A source file: its path from the root, and its text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** The TypeScript files below some folders of the checkout, sorted by path. */
export function sourceFiles(folders: readonly string[]): SourceFile[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .filter((path) => !path.includes('node_modules/') && !path.endsWith('.d.ts'))
    .sort()
    .map((path) => ({ path, text: readFileSync(root + path, 'utf8') }))
}

/** A source text without its comments, line numbers kept. */
export function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|\s)\/\/.*$/gm, '$1')
}
