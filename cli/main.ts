import { parseArguments, usage } from './arguments.ts'
import type { Command } from './command.ts'
import { commandsIn, commandTable, findCommand } from './commands.ts'
import { printError, reportError } from './error-report.ts'
import { processTerminal, type Terminal } from './terminal.ts'

/**
 * Runs one command line and sets the process's exit code: 0 done, or that of the error's code.
 *
 * @param args What follows `wash-ts`.
 */
export function main(args: readonly string[]): Promise<void> {
  return reportingFailures(args, (terminal, onFound) => findAndRun(args, terminal, onFound))
}

/** As {@link main}, for a command that is known already: `args` are its own. */
export function mainOf(command: Command, args: readonly string[]): Promise<void> {
  return reportingFailures(args, (terminal, onFound) => {
    onFound(command.name)
    return runCommand(command, args, terminal)
  })
}

async function reportingFailures(
  args: readonly string[],
  run: (terminal: Terminal, onFound: (name: string) => void) => Promise<void>,
): Promise<void> {
  const terminal = processTerminal(wantsJson(args))
  // A reader that has enough, such as `head`, closes the pipe: that is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
  let command: string | undefined
  try {
    await run(terminal, (name) => {
      command = name
    })
  } catch (error) {
    const report = await reportError(error, command)
    printError(report, terminal)
    if (report.code === 'ERR_INTERNAL' && error instanceof Error && wantsStack(args, terminal)) {
      terminal.note(error.stack ?? '')
    }
    process.exitCode = report.exitCode
  }
}

async function findAndRun(
  args: readonly string[],
  terminal: Terminal,
  onFound: (name: string) => void,
): Promise<void> {
  const { words, flags } = splitLeadingFlags(args)
  if (flags.includes('--version') || flags.includes('-V')) {
    return findAndRun(['version', ...outputFlags(flags)], terminal, onFound)
  }
  const [first] = words
  if (first === undefined) {
    const { overview } = await import('./help.ts')
    terminal.print(overview(commandTable, terminal.paint))
    if (!flags.includes('--help') && !flags.includes('-h')) process.exitCode = 2
    return
  }
  const group = words.slice(0, -1).join(' ')
  if (isHelpFlag(words.at(-1)) && commandsIn(group).length > 0) {
    const { groupOverview } = await import('./help.ts')
    terminal.print(groupOverview(commandsIn(group), terminal.paint))
    return
  }
  const found = findCommand(words)
  onFound(found.entry.name)
  const command = await found.entry.load()
  await runCommand(command, [...found.rest, ...flags], terminal)
}

async function runCommand(
  command: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const parsed = parseArguments(command, args, terminal.env)
  if (parsed.options.flag('help')) {
    const { manualPage } = await import('./help.ts')
    terminal.print(manualPage(command, terminal.paint))
    return
  }
  const result = await command.run({ ...parsed, terminal })
  if (result) terminal.print(terminal.json ? JSON.stringify(result.data) : result.text)
}

function isHelpFlag(word: string | undefined): boolean {
  return word === '--help' || word === '-h'
}

/** Flags may stand before the command: `wash-ts -o json keys list`. */
function splitLeadingFlags(args: readonly string[]): { words: string[]; flags: string[] } {
  const flags: string[] = []
  let index = 0
  for (; index < args.length; index++) {
    const arg = args[index] ?? ''
    if (!arg.startsWith('-')) break
    if (arg === '-o' || arg === '--output' || arg === '--log-level') {
      flags.push(arg, args[++index] ?? '')
    } else if (/^(-o.+|--output=.*|--log-level=.*|--help|-h|--version|-V)$/.test(arg)) {
      flags.push(arg === '-h' ? '--help' : arg)
    } else {
      throw usage(arg, `wash-ts has no flag ${arg} before a command`)
    }
  }
  return { words: args.slice(index), flags }
}

function outputFlags(flags: readonly string[]): string[] {
  return flags.filter((flag) => flag !== '--version' && flag !== '-V')
}

/** Read before anything can fail, so that failures of parsing are reported in the right form. */
function wantsJson(args: readonly string[]): boolean {
  return args.some(
    (arg, index) =>
      /^(-o|--output=)json$/.test(arg) ||
      (arg === 'json' && /^(-o|--output)$/.test(args[index - 1] ?? '')),
  )
}

function wantsStack(args: readonly string[], terminal: Terminal): boolean {
  return terminal.env['WASH_LOG_LEVEL'] === 'debug' || args.join(' ').includes('--log-level debug')
}
