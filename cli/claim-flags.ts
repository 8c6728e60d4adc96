import { claimFlags, type Dialect } from '../contracts/index.ts'
import type { ActorClaimsInput } from '../signing/index.ts'
import { usage } from './arguments.ts'
import type { OptionSpec, OptionValues } from './command.ts'

/** A contract flag's long name, as {@link OptionValues} knows it. */
const longName = (name: string): string => name.replaceAll('_', '-')

/** The flags that say what an actor claims, named as wash named them. */
export const actorClaimOptions: Readonly<Record<string, OptionSpec>> = {
  name: { short: 'n', type: 'text', summary: 'what the actor is called' },
  ...Object.fromEntries(
    claimFlags.map(({ letter, name, summary }): [string, OptionSpec] => [
      longName(name),
      { short: letter, type: 'flag', summary: `may ${summary}` },
    ]),
  ),
  cap: {
    short: 'c',
    type: 'text',
    multiple: true,
    value: 'CONTRACT',
    summary: 'allow a contract by its id, such as wascc:keyvalue',
  },
  tag: { short: 't', type: 'text', multiple: true, summary: 'a word to find the actor by' },
  prov: {
    short: 'p',
    type: 'flag',
    summary: 'the module is a portable provider: it serves a contract, and is no actor',
  },
  rev: { short: 'r', type: 'text', value: 'NUMBER', summary: 'revision: rises with every release' },
  ver: { short: 'v', type: 'text', value: 'VERSION', summary: 'version, for people: 1.2.0' },
  'call-alias': {
    short: 'a',
    type: 'text',
    value: 'ALIAS',
    summary: 'a name other actors may call it by',
  },
}

/** The flags that say when a token holds. */
export const periodOptions: Readonly<Record<string, OptionSpec>> = {
  expires: {
    short: 'x',
    type: 'text',
    value: 'DAYS',
    summary: 'expires in so many days; default never',
  },
  nbf: {
    short: 'b',
    type: 'text',
    value: 'DAYS',
    summary: 'holds only in so many days; default at once',
  },
}

/**
 * Reads an actor's claims from the flags.
 *
 * @param now What days are counted from.
 * @param dialect Whose contract ids the contract flags stand for.
 * @throws CliError `ERR_USAGE`
 */
export function actorClaims(options: OptionValues, now: Date, dialect: Dialect): ActorClaimsInput {
  const named = claimFlags
    .filter(({ name }) => options.flag(longName(name)))
    .map(({ contractIds }) => contractIds[dialect])
    .filter((id) => id !== undefined)
  const others = options.texts('cap').map((id) => notBlank('--cap', id))
  const name = optionalText(options, 'name')
  const version = optionalText(options, 'ver')
  const callAlias = optionalText(options, 'call-alias')
  const revision = optionalRevision(options, 'rev')
  return {
    ...(name !== undefined && { name }),
    contracts: [...new Set([...named, ...others])],
    tags: options.texts('tag').map((tag) => notBlank('--tag', tag)),
    ...(revision !== undefined && { revision }),
    ...(version !== undefined && { version }),
    ...(callAlias !== undefined && { callAlias }),
    isProvider: options.flag('prov'),
    ...period(options, now),
  }
}

/** @throws CliError `ERR_USAGE` */
export function period(options: OptionValues, now: Date): { expiresAt?: Date; notBefore?: Date } {
  const expiresAt = optionalDays(options, 'expires', now)
  const notBefore = optionalDays(options, 'nbf', now)
  return { ...(expiresAt && { expiresAt }), ...(notBefore && { notBefore }) }
}

/** A flag's text, which may be left out but not be empty. @throws CliError `ERR_USAGE` */
export function optionalText(options: OptionValues, name: string): string | undefined {
  const text = options.text(name)
  return text === undefined ? undefined : notBlank(`--${name}`, text)
}

/** A flag's text, which may not be left out. @throws CliError `ERR_USAGE` */
export function requiredText(options: OptionValues, name: string): string {
  const text = optionalText(options, name)
  if (text === undefined) throw usage(`--${name}`, `--${name} is needed`)
  return text
}

/** A revision: a whole number of 31 bits. @throws CliError `ERR_USAGE` */
export function optionalRevision(options: OptionValues, name: string): number | undefined {
  const text = options.text(name)
  if (text === undefined) return undefined
  const revision = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (revision < 2 ** 31) return revision
  throw usage(
    `--${name}`,
    `--${name} must be a whole number from 0 to 2147483647, not ${JSON.stringify(text)}`,
  )
}

function notBlank(flag: string, text: string): string {
  if (text.trim() !== '') return text
  throw usage(flag, `${flag} must not be empty`)
}

const dayMs = 86_400_000

function optionalDays(options: OptionValues, name: string, now: Date): Date | undefined {
  const text = options.text(name)
  if (text === undefined) return undefined
  const days = /^\d{1,6}(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isNaN(days)) return new Date(now.getTime() + days * dayMs)
  throw usage(`--${name}`, `--${name} must be a number of days, not ${JSON.stringify(text)}`)
}
