import { allOptions, globalOptions } from './arguments.ts'
import type { Command, OptionSpec, PositionalSpec } from './command.ts'
import type { CommandEntry } from './commands.ts'
import type { Paint } from './terminal.ts'

const width = 88

/** What `wash-ts help` prints: every command, and the flags that all of them take. */
export function overview(commands: readonly CommandEntry[], paint: Paint): string {
  const rows = commands.map(({ name, summary }): [string, string] => [name, summary])
  return [
    'A host for signed WebAssembly actors.',
    '',
    `${paint('strong', 'Usage:')} wash-ts COMMAND [arguments] [flags]`,
    '',
    paint('strong', 'Commands:'),
    ...table(rows),
    '',
    paint('strong', 'Flags of every command:'),
    ...table(optionRows(globalOptions)),
    '',
    '`wash-ts help COMMAND` says more, `wash-ts help ERR_…` explains an error code.',
    'Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 denied, 5 unavailable, 6 timeout,',
    '7 conflict, 130 interrupted.',
  ].join('\n')
}

/** What `wash-ts claims --help` prints: the commands of a group. */
export function groupOverview(commands: readonly CommandEntry[], paint: Paint): string {
  const rows = commands.map(({ name, summary }): [string, string] => [name, summary])
  return [paint('strong', 'Commands:'), ...table(rows)].join('\n')
}

/** The manual page of one command. */
export function manualPage(command: Command, paint: Paint): string {
  const options = allOptions(command)
  const own = Object.fromEntries(
    Object.entries(options).filter(([name]) => name in command.options),
  )
  const global = Object.fromEntries(
    Object.entries(options).filter(([name]) => !(name in command.options)),
  )
  const sections = [
    `wash-ts ${command.name}: ${command.summary}`,
    `${paint('strong', 'Usage:')} ${usageLine(command)}`,
    ...command.description.map((paragraph) => wrap(paragraph, width).join('\n')),
  ]
  if (Object.keys(own).length > 0) {
    sections.push([paint('strong', 'Flags:'), ...table(optionRows(own))].join('\n'))
  }
  sections.push(
    [paint('strong', 'Flags of every command:'), ...table(optionRows(global))].join('\n'),
  )
  if (command.examples.length > 0) {
    const lines = command.examples.flatMap(([line, what]) => [`  ${line}`, `      ${what}`])
    sections.push([paint('strong', 'Examples:'), ...lines].join('\n'))
  }
  return sections.join('\n\n')
}

function usageLine({ name, positionals, options }: Command): string {
  const words = ['wash-ts', name, ...positionals.map(positionalUsage)]
  if (Object.keys(options).length > 0) words.push('[flags]')
  return words.join(' ')
}

function positionalUsage({ name, required, rest, choices }: PositionalSpec): string {
  const word = `${choices ? choices.join('|') : name}${rest ? '…' : ''}`
  return required ? word : `[${word}]`
}

function optionRows(options: Readonly<Record<string, OptionSpec>>): [string, string][] {
  return Object.entries(options).map(([name, option]) => {
    const { short, type, value, choices, env, multiple, summary } = option
    const letter = short === undefined ? '    ' : `-${short}, `
    const argument = type === 'flag' ? '' : ` ${value ?? choices?.join('|') ?? 'VALUE'}`
    const notes = [multiple && 'repeatable', env !== undefined && `env ${env}`].filter(Boolean)
    return [
      `${letter}--${name}${argument}`,
      notes.length > 0 ? `${summary} (${notes.join('; ')})` : summary,
    ]
  })
}

/** Two columns; a left text too wide for its column gets a line of its own. */
function table(rows: readonly (readonly [string, string])[]): string[] {
  const column = Math.min(30, Math.max(...rows.map(([left]) => left.length)))
  return rows.flatMap(([left, right]) => {
    const [first = '', ...more] = wrap(right, width - column - 4)
    const indent = ' '.repeat(column + 4)
    const head =
      left.length > column ? [`  ${left}`, indent + first] : [`  ${left.padEnd(column)}  ${first}`]
    return [...head, ...more.map((line) => indent + line)]
  })
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
