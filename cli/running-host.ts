import { resolve } from 'node:path'
import type { ControlClient } from '../control/index.ts'
import { chooseHost } from '../control/index.ts'
import { usage } from './arguments.ts'
import type { CommandCall, OptionSpec } from './command.ts'

/** The flag that says which of the running hosts is meant. */
export const hostOption: OptionSpec = {
  type: 'text',
  value: 'HOST',
  env: 'WASH_HOST',
  summary:
    'which running host: the beginning of its id, its label name, or the path of its socket; not needed where only one runs',
}

/** The output flag of commands that list: `wide` shows whole keys and more columns. */
export const listOutput: OptionSpec = {
  short: 'o',
  type: 'text',
  choices: ['text', 'wide', 'json'],
  summary: 'print text for people, more of it, or JSON for programs; errors too',
}

/** The host that a command means. @throws ControlError `ERR_HOST_NOT_FOUND`, `ERR_HOST_AMBIGUOUS` */
export function runningHost({ options, terminal }: CommandCall): Promise<ControlClient> {
  const given = options.text('host')
  const isPath = given?.includes('/') === true
  return chooseHost(isPath ? resolve(given) : given, terminal.env)
}

/** A file that the command line names, for a host to read. */
export function fileOnHost(path: string): { readonly path: string } {
  return { path: resolve(path) }
}

/** Values given as `KEY=VALUE`; none at all is `undefined`. @throws CliError `ERR_USAGE` */
export function keyValues(words: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (words.length === 0) return undefined
  const values = new Map<string, string>()
  for (const word of words) {
    const at = word.indexOf('=')
    if (at < 1) throw usage(word, `${JSON.stringify(word)} must be KEY=VALUE`)
    const key = word.slice(0, at)
    if (values.has(key)) throw usage(word, `${key} is given twice`)
    values.set(key, word.slice(at + 1))
  }
  return Object.fromEntries(values)
}
