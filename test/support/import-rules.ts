import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { publishedFolders, type SourceFile, withoutComments } from './source-files.ts'

/** What each folder may import of ours, besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  signing: [],
  contracts: [],
  'host/engine': [],
  host: ['signing', 'contracts', 'host/engine'],
  nats: [],
  'provider/channel': ['contracts'],
  provider: ['host', 'contracts', 'provider/channel'],
  capabilities: ['host', 'contracts', 'signing', 'nats', 'provider/channel'],
  control: ['host', 'contracts'],
  lattice: ['host', 'signing', 'contracts', 'nats'],
  'bridge-k8s': ['host', 'lattice'],
  cli: publishedFolders,
}

/** The one place each third-party library may be imported in; valibot may be used anywhere. */
const doors: Readonly<Record<string, RegExp>> = {
  jose: /^signing\//,
  '@msgpack/msgpack': /^contracts\//,
  undici: /^capabilities\//,
  ioredis: /^capabilities\/redis-/,
  nats: /^nats\//,
  pg: /^capabilities\/postgres-/,
  s3mini: /^capabilities\/s3-/,
  '@kubernetes/client-node': /^bridge-k8s\//,
  pino: /^cli\//,
  yaml: /^host\/manifest/,
  valibot: /^/,
}

/**
 * Every import in `file` that the table of folders or the doors of libraries forbid, as one line
 * each: `path imports specifier: why not`.
 */
export function forbiddenImports({ path, text }: SourceFile): string[] {
  return importsOf(text).flatMap((specifier) => {
    const reason = specifier.startsWith('.')
      ? forbiddenFolder(path, posix.join(posix.dirname(path), specifier))
      : forbiddenLibrary(path, specifier)
    return reason === undefined ? [] : [`${path} imports ${specifier}: ${reason}`]
  })
}

/** The specifiers of all static and dynamic imports and re-exports. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text)
  const patterns = [
    /^\s*(?:import|export)\s[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
  ]
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''))
}

function forbiddenFolder(from: string, to: string): string | undefined {
  const source = folderOf(from)
  const target = folderOf(to)
  if (target === undefined) return 'it lies outside the published folders'
  if (source === target) return undefined
  if (source === undefined || !mayImport[source]?.includes(target)) {
    return `${source} may not import ${target}`
  }
  return to === `${target}/index.ts` ? undefined : `only ${target}/index.ts is public`
}

function forbiddenLibrary(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return undefined
  if (builtinModules.includes(specifier)) return `write node:${specifier}`
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  const door = Object.hasOwn(doors, name) ? doors[name] : undefined
  if (!door) return 'the library has no door: add it to the table of doors'
  return door.test(from) ? undefined : `${name} may only be imported in ${door.source}`
}

function folderOf(path: string): string | undefined {
  return Object.keys(mayImport)
    .sort((a, b) => b.length - a.length)
    .find((folder) => path.startsWith(`${folder}/`))
}
