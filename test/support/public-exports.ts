import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { root, withoutComments } from './source-files.ts'

/** Something a public face exports. */
export interface PublicExport {
  readonly name: string
  /** The file that declares it. */
  readonly path: string
  /** Whether a JSDoc comment stands before its declaration. */
  readonly documented: boolean
}

/** What a folder's `index.ts` exports, followed to where each thing is declared. */
export function publicExports(indexPath: string): PublicExport[] {
  const text = readFileSync(root + indexPath, 'utf8')
  const code = withoutComments(text)
  const found: PublicExport[] = []
  for (const [, list = '', from] of code.matchAll(
    /^export\s+(?:type\s+)?\{([^}]*)\}(?:\s*from\s*'([^']+)')?/gm,
  )) {
    for (const item of list.split(',').map((each) => each.trim())) {
      if (item === '') continue
      const [local = '', name = local] = item.replace(/^type\s+/, '').split(/\s+as\s+/)
      const path = from ?? importedFrom(code, local)
      const declaredIn = path === undefined ? indexPath : posix.join(posix.dirname(indexPath), path)
      found.push({ name, ...declaration(declaredIn, local) })
    }
  }
  for (const [, name = ''] of code.matchAll(declarationPattern('[A-Za-z0-9_$]+'))) {
    found.push({ name, ...declaration(indexPath, name) })
  }
  return found
}

function importedFrom(code: string, name: string): string | undefined {
  for (const [, list = '', from] of code.matchAll(
    /^import\s+(?:type\s+)?\{([^}]*)\}\s*from\s*'([^']+)'/gm,
  )) {
    if (new RegExp(`\\b${name}\\b`).test(list)) return from
  }
  return undefined
}

/** Follows re-exports, such as a nested folder's public face, to the declaration itself. */
function declaration(path: string, name: string): { path: string; documented: boolean } {
  const text = readFileSync(root + path, 'utf8')
  const match = declarationPattern(name.replaceAll('$', '\\$')).exec(text)
  if (match) return { path, documented: text.slice(0, match.index).trimEnd().endsWith('*/') }
  const onward = publicExports(path).find((each) => each.name === name)
  if (onward) return { path: onward.path, documented: onward.documented }
  throw new Error(`${path} exports ${name}, which it neither declares nor imports`)
}

function declarationPattern(name: string): RegExp {
  return new RegExp(
    `^export\\s+(?:declare\\s+)?(?:abstract\\s+)?(?:async\\s+)?(?:function\\*?|class|const|let|interface|type|enum)\\s+(${name})\\b(?!\\s*\\})`,
    'gm',
  )
}
