import type { Command, CommandResult } from '../command.ts'
import { type CommandEntry, commandsIn, commandTable, findCommand } from '../commands.ts'
import { allErrors, errorDocs } from '../error-report.ts'
import { groupOverview, manualPage, overview } from '../help.ts'
import { suggest } from '../suggest.ts'
import type { Paint } from '../terminal.ts'
import { usage } from '../arguments.ts'

/** `wash-ts help` */
export const help: Command = {
  name: 'help',
  summary: 'explain a command or an error code',
  description: [
    'Without a topic it lists the commands. With the words of a command it prints what the command does and takes; with an error code, what that means and what to do about it.',
  ],
  positionals: [{ name: 'TOPIC', rest: true }],
  options: {},
  examples: [
    ['wash-ts help claims sign', 'what the command does and every flag'],
    ['wash-ts help ERR_HASH_MISMATCH', 'what the error means and how to fix it'],
  ],
  run: async ({ arguments: words, terminal: { paint } }) => {
    const [first] = words
    if (first === undefined) return commandList(paint)
    if (/^err_/i.test(first)) return errorPage(first.toUpperCase(), paint)
    const group = commandsIn(words.join(' '))
    if (group.length > 0) {
      return { text: groupOverview(group, paint), data: { commands: list(group) } }
    }
    const found = findCommand(words)
    const command = await found.entry.load()
    const { name, summary, description, positionals, options } = command
    return {
      text: manualPage(command, paint),
      data: { name, summary, description, positionals, options },
    }
  },
}

function commandList(paint: Paint): CommandResult {
  return { text: overview(commandTable, paint), data: { commands: list(commandTable) } }
}

function list(entries: readonly CommandEntry[]): { name: string; summary: string }[] {
  return entries.map(({ name, summary }) => ({ name, summary }))
}

async function errorPage(code: string, paint: Paint): Promise<CommandResult> {
  const errors = await allErrors()
  const info = Object.hasOwn(errors, code) ? errors[code] : undefined
  if (!info) {
    throw usage(code, `there is no error code ${code}`, suggest(code, Object.keys(errors)))
  }
  const { summary, hint, exit, retryable } = info
  const lines = [
    `${paint('strong', code)}: ${summary}`,
    `${paint('strong', 'fix:')} ${hint}`,
    `${paint('strong', 'exit code:')} ${exit}${retryable ? '; the same call may succeed later' : ''}`,
  ]
  return {
    text: lines.join('\n'),
    data: { code, summary, hint, exit, retryable: retryable === true, docs: errorDocs(code) },
  }
}
