import { findHosts, type InventoryReport } from '../../control/index.ts'
import type { Command, CommandCall, RunningThings } from '../command.ts'
import { hostOption, runningHost } from '../running-host.ts'

const kinds: readonly RunningThings[] = ['actors', 'providers', 'contracts', 'hosts']

/** `wash-ts get names` */
export const getNames: Command = {
  name: 'get names',
  summary: 'print what can be named on a running host, one a line',
  description: [
    'Prints the names of actors, providers, contracts or hosts, for shells to complete words with. An actor whose name a shell could take for more than a word is given by its public key.',
  ],
  positionals: [{ name: 'KIND', required: true, rest: true, choices: kinds }],
  options: { host: hostOption },
  examples: [['wash-ts get names actors contracts', 'both, one a line']],
  run: async (call) => {
    const names = new Set<string>()
    const wanted = new Set(call.arguments)
    if (wanted.delete('hosts')) for (const name of await hostNames(call)) names.add(name)
    if (wanted.size > 0) {
      const inventory = await (await runningHost(call)).request('inventory', {})
      for (const kind of wanted) for (const name of namesOf(kind, inventory)) names.add(name)
    }
    return { text: [...names].join('\n'), data: { names: [...names] } }
  },
}

async function hostNames({ terminal }: CommandCall): Promise<string[]> {
  const hosts = await findHosts(terminal.env)
  return hosts.flatMap(({ report }) => (report ? [report.host] : []))
}

function namesOf(kind: string, { actors, providers }: InventoryReport): string[] {
  if (kind === 'actors') return actors.map(({ id, name }) => (isWord(name) ? name : id))
  if (kind === 'providers') return providers.map(({ name }) => name).filter(isWord)
  return providers.map(({ contractId }) => contractId).filter(isWord)
}

/** Shells expand the words they complete with: nothing in them may be more than a letter. */
function isWord(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/.test(name)
}
