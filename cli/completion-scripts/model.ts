import { allOptions } from '../arguments.ts'
import type { Command } from '../command.ts'

/** What can follow one command, or one group of commands. */
export interface CompletionNode {
  /** The words typed so far, without flags: `claims sign`; empty at the start. */
  readonly path: string
  /** Words that may come next, each with what it does: subcommands, or choices of an argument. */
  readonly words: readonly CompletionWord[]
  readonly flags: readonly CompletionFlag[]
  /** Whether files may come next, and how their names end. */
  readonly files: string | undefined
  /** What of a running host may come next: arguments of `wash-ts get names`. */
  readonly running: readonly string[]
}

/** A word that may come next. */
export interface CompletionWord {
  readonly word: string
  readonly summary: string
}

/** A flag, and what may follow it. */
export interface CompletionFlag {
  /** With its hyphens: `--output` and `-o`. */
  readonly spellings: readonly string[]
  readonly summary: string
  readonly takesValue: boolean
  readonly choices: readonly string[]
  readonly files: string | undefined
}

/** Every node, the longest paths first, so that the first one that fits is the right one. */
export function completionNodes(commands: readonly Command[]): CompletionNode[] {
  const groups = new Map<string, Map<string, string>>()
  for (const { name, summary } of commands) {
    const words = name.split(' ')
    for (const [index, word] of words.entries()) {
      const path = words.slice(0, index).join(' ')
      const next = groups.get(path) ?? new Map<string, string>()
      const isLast = index === words.length - 1
      if (isLast || !next.has(word)) next.set(word, isLast ? summary : `${word} …`)
      groups.set(path, next)
    }
  }
  const nodes = commands.map(commandNode)
  for (const [path, next] of groups) {
    const words = [...next].map(([word, summary]) => ({ word, summary }))
    nodes.push({ path, words, flags: [], files: undefined, running: [] })
  }
  return nodes.sort(
    (a, b) =>
      b.path.split(' ').length - a.path.split(' ').length ||
      (a.path === '' ? 1 : 0) - (b.path === '' ? 1 : 0),
  )
}

function commandNode(command: Command): CompletionNode {
  const [first] = command.positionals
  return {
    path: command.name,
    words: (first?.choices ?? []).map((word) => ({ word, summary: first?.name ?? '' })),
    flags: Object.entries(allOptions(command)).map(([name, option]) => ({
      spellings: option.short === undefined ? [`--${name}`] : [`--${name}`, `-${option.short}`],
      summary: option.summary,
      takesValue: option.type === 'text',
      choices: option.choices ?? [],
      files: option.completeFiles,
    })),
    files: command.positionals.find(({ completeFiles }) => completeFiles !== undefined)
      ?.completeFiles,
    running: [
      ...new Set(command.positionals.flatMap(({ completeRunning }) => completeRunning ?? [])),
    ],
  }
}
