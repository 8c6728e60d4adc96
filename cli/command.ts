import type { Terminal } from './terminal.ts'

/** A flag of a command, as `--name`. */
export interface OptionSpec {
  /** One letter, for `-x`. */
  readonly short?: string
  /** `flag` takes no value. */
  readonly type: 'flag' | 'text'
  /** May be given more than once. */
  readonly multiple?: true
  /** What help calls the value. Default: the choices, or `VALUE`. */
  readonly value?: string
  /** The only values it takes. */
  readonly choices?: readonly string[]
  /** The environment variable that stands in for it. */
  readonly env?: string
  readonly summary: string
  /** Complete with file names ending so, such as `.wasm`; an empty text means any file. */
  readonly completeFiles?: string
}

/** An argument of a command that is not a flag. */
export interface PositionalSpec {
  /** What help calls it: `ACTOR.wasm`. */
  readonly name: string
  readonly required?: true
  /** Takes all that follow; only the last may. */
  readonly rest?: true
  readonly choices?: readonly string[]
  /** As in {@link OptionSpec.completeFiles}. */
  readonly completeFiles?: string
  /** Complete with what a running host has. */
  readonly completeRunning?: RunningThings
}

/** What of a running host completes an argument. */
export type RunningThings = 'actors' | 'providers' | 'contracts' | 'hosts'

/** One command of `wash-ts`; each has a file of its own, imported when it runs. */
export interface Command {
  /** The words that call it: `claims sign`. */
  readonly name: string
  /** One line, for lists. */
  readonly summary: string
  /** What a manual page would say: one string a paragraph. */
  readonly description: readonly string[]
  readonly positionals: readonly PositionalSpec[]
  readonly options: Readonly<Record<string, OptionSpec>>
  /** Command lines to copy, each with what it does. */
  readonly examples: readonly (readonly [commandLine: string, what: string])[]
  /**
   * Does the work.
   *
   * @returns what to print, as text or as JSON; nothing where the command printed by itself.
   * @throws anything: it is reported with its code, and the exit code is that of the error.
   */
  run(call: CommandCall): Promise<CommandResult | undefined>
}

/** One use of a command, its arguments parsed. */
export interface CommandCall {
  readonly arguments: readonly string[]
  readonly options: OptionValues
  readonly terminal: Terminal
}

/** The flags that were given, or their environment variables. */
export interface OptionValues {
  flag(name: string): boolean
  text(name: string): string | undefined
  /** Every value of a flag that may be given more than once, in order. */
  texts(name: string): readonly string[]
}

/** What a command has to say. */
export interface CommandResult {
  /** For people, without the last line break. */
  readonly text: string
  /** For programs: printed with `--output json`. */
  readonly data: unknown
}
