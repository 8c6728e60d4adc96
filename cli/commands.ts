import type { Command } from './command.ts'
import { usage } from './arguments.ts'
import type { CliError } from './errors.ts'
import { suggest } from './suggest.ts'

/** A command's name and summary, without the code behind it. */
export interface CommandEntry {
  readonly name: string
  readonly summary: string
  load(): Promise<Command>
}

/**
 * Every command, in the order of `wash-ts help`. Only the one that runs is imported: the start-up
 * time of `wash-ts up` is counted.
 */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'run actors, from a manifest or straight from their files',
    load: async () => (await import('./commands/up.ts')).up,
  },
  {
    name: 'dev',
    summary: 'build, sign and serve an actor’s project again whenever its sources change',
    load: async () => (await import('./commands/dev.ts')).dev,
  },
  {
    name: 'call',
    summary: 'call one operation of an actor, from its file or running, and print the answer',
    load: async () => (await import('./commands/call.ts')).call,
  },
  {
    name: 'swap',
    summary: 'have another provider serve a contract, while actors use it',
    load: async () => (await import('./commands/swap.ts')).swap,
  },
  {
    name: 'update',
    summary: 'put a new module in the place of a running actor’s',
    load: async () => (await import('./commands/update.ts')).update,
  },
  {
    name: 'get hosts',
    summary: 'list the hosts that run on this machine',
    load: async () => (await import('./commands/get.ts')).getHosts,
  },
  {
    name: 'get inventory',
    summary: 'show everything on a running host',
    load: async () => (await import('./commands/get.ts')).getInventory,
  },
  {
    name: 'get actors',
    summary: 'list the actors of a running host, with what they did',
    load: async () => (await import('./commands/get.ts')).getActors,
  },
  {
    name: 'get links',
    summary: 'list the links of a running host, and why one is not live',
    load: async () => (await import('./commands/get.ts')).getLinks,
  },
  {
    name: 'get providers',
    summary: 'list the providers of a running host',
    load: async () => (await import('./commands/get.ts')).getProviders,
  },
  {
    name: 'get claims',
    summary: 'list what the running actors claim',
    load: async () => (await import('./commands/get.ts')).getClaims,
  },
  {
    name: 'get names',
    summary: 'print what can be named on a running host, one a line',
    load: async () => (await import('./commands/get-names.ts')).getNames,
  },
  {
    name: 'start actor',
    summary: 'start an actor on a running host',
    load: async () => (await import('./commands/start-actor.ts')).startActor,
  },
  {
    name: 'start provider',
    summary: 'make a provider available on a running host',
    load: async () => (await import('./commands/start-provider.ts')).startProvider,
  },
  {
    name: 'stop actor',
    summary: 'stop an actor of a running host',
    load: async () => (await import('./commands/stop.ts')).stopActor,
  },
  {
    name: 'stop provider',
    summary: 'take a provider that serves no link from a running host',
    load: async () => (await import('./commands/stop.ts')).stopProvider,
  },
  {
    name: 'stop host',
    summary: 'stop a running host, and wait until it has stopped',
    load: async () => (await import('./commands/stop.ts')).stopHost,
  },
  {
    name: 'link put',
    summary: 'link an actor of a running host to a provider',
    load: async () => (await import('./commands/link.ts')).linkPut,
  },
  {
    name: 'link del',
    summary: 'take a link of a running host back',
    load: async () => (await import('./commands/link.ts')).linkDel,
  },
  {
    name: 'link query',
    summary: 'list the links of a running host, and why one is not live',
    load: async () => (await import('./commands/link.ts')).linkQuery,
  },
  {
    name: 'events',
    summary: 'follow what happens on a running host',
    load: async () => (await import('./commands/events.ts')).events,
  },
  {
    name: 'logs',
    summary: 'follow the log of a running host, what its actors log among it',
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  {
    name: 'new actor',
    summary: 'make a project for an actor of your own',
    load: async () => (await import('./commands/new-actor.ts')).newActor,
  },
  {
    name: 'new provider',
    summary: 'make a project for a capability provider of your own',
    load: async () => (await import('./commands/new-provider.ts')).newProvider,
  },
  {
    name: 'claims sign',
    summary: 'sign an actor: what it is called and which contracts it may use',
    load: async () => (await import('./commands/claims-sign.ts')).claimsSign,
  },
  {
    name: 'claims inspect',
    summary: 'show who signed an actor, what it may use, and whether a host would load it',
    load: async () => (await import('./commands/claims-inspect.ts')).claimsInspect,
  },
  {
    name: 'claims token actor',
    summary: 'make the token of an actor, outside any module',
    load: async () => (await import('./commands/claims-token.ts')).claimsTokenActor,
  },
  {
    name: 'claims token provider',
    summary: 'make the token of a capability provider',
    load: async () => (await import('./commands/claims-token.ts')).claimsTokenProvider,
  },
  {
    name: 'claims token account',
    summary: 'make the token of an account, which signs actors',
    load: async () => (await import('./commands/claims-token.ts')).claimsTokenAccount,
  },
  {
    name: 'claims token operator',
    summary: 'make the token of an operator, which signs accounts',
    load: async () => (await import('./commands/claims-token.ts')).claimsTokenOperator,
  },
  {
    name: 'par create',
    summary: 'make and sign a provider archive',
    load: async () => (await import('./commands/par-create.ts')).parCreate,
  },
  {
    name: 'par inspect',
    summary: 'show who signed a provider archive, and whether a host would run it',
    load: async () => (await import('./commands/par-inspect.ts')).parInspect,
  },
  {
    name: 'par insert',
    summary: 'add a library for another target to a provider archive',
    load: async () => (await import('./commands/par-insert.ts')).parInsert,
  },
  {
    name: 'keys gen',
    summary: 'make a key pair',
    load: async () => (await import('./commands/keys-gen.ts')).keysGen,
  },
  {
    name: 'keys get',
    summary: 'print the seed of a stored key',
    load: async () => (await import('./commands/keys-get.ts')).keysGet,
  },
  {
    name: 'keys list',
    summary: 'list the stored keys',
    load: async () => (await import('./commands/keys-list.ts')).keysList,
  },
  {
    name: 'completions',
    summary: 'print a completion script for a shell',
    load: async () => (await import('./commands/completions.ts')).completions,
  },
  {
    name: 'version',
    summary: 'print the versions of wash-ts and Node',
    load: async () => (await import('./commands/version.ts')).version,
  },
  {
    name: 'help',
    summary: 'explain a command or an error code',
    load: async () => (await import('./commands/help.ts')).help,
  },
]

/** Other names for commands, as wash had them. */
const aliases: Readonly<Record<string, string>> = {
  'key gen': 'keys gen',
  'key get': 'keys get',
  'key list': 'keys list',
  'ctl get hosts': 'get hosts',
  'ctl get inventory': 'get inventory',
  'ctl get claims': 'get claims',
  'ctl get links': 'get links',
  'ctl link put': 'link put',
  'ctl link del': 'link del',
  'ctl link query': 'link query',
  'ctl start actor': 'start actor',
  'ctl start provider': 'start provider',
  'ctl stop actor': 'stop actor',
  'ctl stop provider': 'stop provider',
  'ctl call': 'call',
  'ctl update actor': 'update',
}

/** A command that was found, and the words after its name. */
export interface FoundCommand {
  readonly entry: CommandEntry
  readonly rest: readonly string[]
}

/** The commands whose names begin with the words of `group`, such as `claims`; often none. */
export function commandsIn(group: string): readonly CommandEntry[] {
  return commandTable.filter(({ name }) => name.startsWith(`${group} `))
}

/**
 * Finds the command that `words` begin with.
 *
 * @throws CliError `ERR_USAGE`, with the nearest command there is
 */
export function findCommand(words: readonly string[]): FoundCommand {
  for (const length of [3, 2, 1]) {
    if (words.length < length) continue
    const spoken = words.slice(0, length).join(' ')
    const name = aliases[spoken] ?? spoken
    const entry = commandTable.find((candidate) => candidate.name === name)
    if (entry) return { entry, rest: words.slice(length) }
  }
  throw unknownCommand(words)
}

function unknownCommand(words: readonly string[]): CliError {
  let group: string | undefined
  for (const length of [2, 1]) {
    const spoken = words.slice(0, length).join(' ')
    if (commandsIn(spoken).length > 0) {
      group = spoken
      break
    }
  }
  if (group === undefined) {
    const [first = ''] = words
    const names = commandTable.map(({ name }) => name)
    const nearest =
      suggest(words.slice(0, 2).join(' '), names) ??
      suggest(
        first,
        names.map((name) => name.split(' ')[0] ?? name),
      )
    return usage(first, `wash-ts has no command ${JSON.stringify(first)}`, nearest)
  }
  const next = [...new Set(commandsIn(group).map(({ name }) => wordAfter(group, name)))]
  const given = words[group.split(' ').length]
  if (given === undefined || given.startsWith('-')) {
    return usage(group, `wash-ts ${group} needs one of ${next.join(', ')}`)
  }
  const nearest = suggest(given, next)
  return usage(
    given,
    `wash-ts has no command ${JSON.stringify(`${group} ${given}`)}`,
    nearest && `${group} ${nearest}`,
  )
}

function wordAfter(group: string, name: string): string {
  return name.slice(group.length + 1).split(' ')[0] ?? ''
}
