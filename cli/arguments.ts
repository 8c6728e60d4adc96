import { parseArgs } from 'node:util'
import type { Command, OptionSpec, OptionValues } from './command.ts'
import { CliError } from './errors.ts'
import { suggest } from './suggest.ts'

/** The flags that every command takes. */
export const globalOptions: Readonly<Record<string, OptionSpec>> = {
  output: {
    short: 'o',
    type: 'text',
    choices: ['text', 'json'],
    summary: 'print text for people or JSON for programs; errors too',
  },
  'log-level': {
    type: 'text',
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
    env: 'WASH_LOG_LEVEL',
    summary: 'what to log to standard error',
  },
  help: { short: 'h', type: 'flag', summary: 'say what the command does and takes' },
}

/** The flags of a command and the global ones; a command's own short letters take precedence. */
export function allOptions(command: Command): Readonly<Record<string, OptionSpec>> {
  const taken = new Set(Object.values(command.options).map(({ short }) => short))
  const global = Object.entries(globalOptions)
    .filter(([name]) => !(name in command.options))
    .map(([name, option]): [string, OptionSpec] => {
      const { short, ...rest } = option
      return [name, short !== undefined && taken.has(short) ? rest : option]
    })
  return { ...command.options, ...Object.fromEntries(global) }
}

/** Arguments of a command, checked against what it takes. */
export interface ParsedArguments {
  readonly arguments: readonly string[]
  readonly options: OptionValues
}

/**
 * Parses what follows a command's name.
 *
 * @param env Stands in for flags that name a variable and were not given.
 * @throws CliError `ERR_USAGE`, with the nearest flag there is
 */
export function parseArguments(
  command: Command,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedArguments {
  const options = allOptions(command)
  const { tokens } = parseArgs({
    args: args.map(withHyphens),
    options: Object.fromEntries(
      Object.entries(options).map(([name, { short, type }]) => [
        name,
        { type: type === 'flag' ? 'boolean' : 'string', ...(short && { short }) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const given = new Map<string, string[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (!option) throw unknownOption(command, token.rawName, options)
    const value = optionValue(token, option)
    const values = given.get(token.name) ?? []
    if (values.length > 0 && option.type === 'text' && !option.multiple) {
      throw usage(token.rawName, `${token.rawName} may be given only once`)
    }
    given.set(token.name, [...values, value])
  }
  for (const [name, option] of Object.entries(options)) {
    const value = option.env === undefined ? undefined : env[option.env]
    if (value === undefined || value === '' || given.has(name)) continue
    checkChoice(option.env ?? '', value, option.choices)
    given.set(name, [value])
  }
  if (!given.has('help')) checkPositionals(command, positionals)
  return {
    arguments: positionals,
    options: {
      flag: (name) => given.has(name),
      text: (name) => given.get(name)?.at(-1),
      texts: (name) => given.get(name) ?? [],
    },
  }
}

/** An `ERR_USAGE` about `argument`. */
export function usage(argument: string, message: string, suggestion?: string): CliError {
  return new CliError(
    'ERR_USAGE',
    { argument, ...(suggestion !== undefined && { suggestion }) },
    suggestion === undefined ? message : `${message}; did you mean ${suggestion}?`,
  )
}

/** wash wrote some of its flags with an underscore: `--http_server` means `--http-server`. */
function withHyphens(arg: string): string {
  return arg.replace(/^--[a-z_]+/, (name) => name.replaceAll('_', '-'))
}

function optionValue(
  token: { rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
  option: OptionSpec,
): string {
  const { rawName, value } = token
  if (option.type === 'flag') {
    if (value !== undefined) throw usage(rawName, `${rawName} takes no value`)
    return ''
  }
  if (value === undefined || (!token.inlineValue && /^-./.test(value))) {
    throw usage(rawName, `${rawName} needs a value`)
  }
  checkChoice(rawName, value, option.choices)
  return value
}

function checkChoice(what: string, value: string, choices: readonly string[] | undefined): void {
  if (!choices || choices.includes(value)) return
  throw usage(
    value,
    `${what} cannot be ${JSON.stringify(value)}: use ${choices.join(', ')}`,
    suggest(value, choices),
  )
}

function unknownOption(
  command: Command,
  rawName: string,
  options: Readonly<Record<string, OptionSpec>>,
): CliError {
  const names = Object.keys(options).map((name) => `--${name}`)
  const nearest = rawName.startsWith('--') ? suggest(rawName, names) : undefined
  return usage(rawName, `wash-ts ${command.name} has no flag ${rawName}`, nearest)
}

function checkPositionals(command: Command, given: readonly string[]): void {
  const { positionals } = command
  const missing = positionals.find(({ required }, index) => required && index >= given.length)
  if (missing) {
    throw usage(missing.name, `wash-ts ${command.name} needs ${missing.name}`)
  }
  const extra = positionals.at(-1)?.rest ? undefined : given[positionals.length]
  if (extra !== undefined) {
    throw usage(extra, `wash-ts ${command.name} does not take ${JSON.stringify(extra)}`)
  }
  for (const [index, { name, choices }] of positionals.entries()) {
    const value = given[index]
    if (value !== undefined) checkChoice(name, value, choices)
  }
}
