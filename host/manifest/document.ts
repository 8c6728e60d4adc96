import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'
import type { ManifestProblem } from '../errors.ts'
import { pathText } from './path-text.ts'

type Path = readonly PropertyKey[]

/** A YAML or JSON text, with the line that each of its values stands on. */
export class ManifestText {
  readonly problems: ManifestProblem[] = []
  readonly #document: Document
  readonly #lines = new LineCounter()

  constructor(text: string) {
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      strict: true,
      uniqueKeys: true,
    })
    for (const { message, pos } of this.#document.errors) {
      const problem = message.replace(/ at line \d+, column \d+:[^]*$/, '')
      this.problems.push({ path: '', line: this.#lines.linePos(pos[0]).line, problem })
    }
    // A tree that shares its nodes may be exponentially large when it is written out.
    visit(this.#document, {
      Pair: (_key, { key }) => {
        if (isScalar(key)) return
        const line = this.#lineOf(key as Node | null)
        this.problems.push({ path: '', line, problem: 'a key must be a text' })
      },
      Alias: (_key, node) => {
        this.problems.push({
          path: '',
          line: this.#lineOf(node),
          problem: `alias *${node.source} is not supported`,
        })
      },
    })
  }

  /** Replaces `${VAR}` and `${VAR:default}` in every text; `$${` stands for `${`. */
  expand(env: Readonly<Record<string, string | undefined>>): void {
    visit(this.#document, {
      Scalar: (key, node, above) => {
        if (key === 'key' || typeof node.value !== 'string') return
        // Past the last brace nothing ends; looking for an end from each beginning takes quadratic time.
        const end = node.value.lastIndexOf('}') + 1
        const rest = node.value.slice(end).replaceAll('$${', '${')
        const expanded = node.value
          .slice(0, end)
          .replaceAll(
            /\$\$\{|\$\{([^}:]*)(?::([^}]*))?\}/g,
            (whole, name: string | undefined, otherwise: string | undefined) => {
              if (name === undefined) return '${'
              const value = env[name] ?? otherwise
              if (value !== undefined) return value
              const problem = `environment variable ${name || '(no name)'} is not set, and ${whole} gives no default`
              const path = pathText(keysTo(above, key))
              this.problems.push({ path, line: this.#lineOf(node), problem })
              return whole
            },
          )
        node.value = expanded + rest
      },
    })
  }

  toJs(): unknown {
    // Prototype keys must not reach what reads this: a null document is an empty manifest.
    return this.#document.toJS({ maxAliasCount: 0 }) ?? {}
  }

  /** The line of the value at a path, or of what is nearest to it, from 1. */
  lineAt(path: Path): number {
    let node: unknown = this.#document.contents
    let line = this.#lineOf(node as Node | null)
    for (const step of path) {
      let next: unknown
      if (isMap(node)) {
        const pair = node.items.find(
          ({ key }) => isScalar(key) && String(key.value) === String(step),
        )
        if (!pair) break
        line = this.#lineOf(pair.key as Node)
        next = pair.value
      } else if (isSeq(node)) {
        next = node.items[Number(step)]
        line = this.#lineOf(next as Node | null) || line
      } else break
      node = isAlias(next) ? undefined : next
    }
    return line
  }

  #lineOf(node: Node | null | undefined): number {
    return node?.range ? this.#lines.linePos(node.range[0]).line : 1
  }
}

/** The keys that lead to a node, of which `visit` tells the nodes above it and its own place. */
function keysTo(above: readonly unknown[], own: unknown): PropertyKey[] {
  const keys: PropertyKey[] = []
  above.forEach((node, index) => {
    const below = above[index + 1]
    if (isPair(node)) keys.push(String(isScalar(node.key) ? node.key.value : node.key))
    else if (isSeq(node)) keys.push(below === undefined ? Number(own) : node.items.indexOf(below))
  })
  return keys
}
