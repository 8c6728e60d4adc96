import { findHosts, type InventoryReport } from '../../control/index.ts'
import type { Command, CommandCall, CommandResult } from '../command.ts'
import {
  actorTable,
  claimTable,
  hostTable,
  inventoryText,
  linkTable,
  providerTable,
  type TableOptions,
} from '../report-tables.ts'
import { hostOption, listOutput, runningHost } from '../running-host.ts'

const options = { output: listOutput, host: hostOption }
const healthOption = {
  health: { type: 'flag', summary: 'ask every actor after its health' },
} as const

/** `wash-ts get hosts` */
export const getHosts: Command = {
  name: 'get hosts',
  summary: 'list the hosts that run on this machine',
  description: ['Lists your own hosts: those of other users are theirs alone.'],
  positionals: [],
  options: { output: listOutput },
  examples: [['wash-ts get hosts -o wide', 'with whole ids, labels and sockets']],
  run: async (call) => {
    const hosts = await findHosts(call.terminal.env)
    return { text: hostTable(hosts, tableOptions(call)), data: { hosts } }
  },
}

/** `wash-ts get actors` */
export const getActors: Command = {
  name: 'get actors',
  summary: 'list the actors of a running host, with what they did',
  description: [
    'Lists name, revision, calls, failed calls, mean time of a call, the largest memory of an instance, and links. MEAN counts from the call to the answer.',
  ],
  positionals: [],
  options: { ...options, ...healthOption },
  examples: [['wash-ts get actors --health -o wide', 'with keys, issuers and health']],
  run: async (call) => {
    const { actors } = await inventoryOf(call)
    return { text: actorTable(actors, tableOptions(call)), data: { actors } }
  },
}

/** `wash-ts get links` */
export const getLinks: Command = {
  name: 'get links',
  summary: 'list the links of a running host, and why one is not live',
  description: [
    'Lists actor, contract, link name, provider and status: live, waiting for its actor to start, or failed, with the reason. Passwords in values are not shown.',
  ],
  positionals: [],
  options,
  examples: [['wash-ts get links -o wide', 'with their values']],
  run: async (call) => {
    const { links } = await inventoryOf(call)
    return { text: linkTable(links, tableOptions(call)), data: { links } }
  },
}

/** `wash-ts get providers` */
export const getProviders: Command = {
  name: 'get providers',
  summary: 'list the providers of a running host',
  description: ['Lists what links can name, and how many live links each serves.'],
  positionals: [],
  options,
  examples: [['wash-ts get providers -o wide', 'with the keys that other hosts name them by']],
  run: async (call) => {
    const { providers } = await inventoryOf(call)
    return { text: providerTable(providers, tableOptions(call)), data: { providers } }
  },
}

/** `wash-ts get claims` */
export const getClaims: Command = {
  name: 'get claims',
  summary: 'list what the running actors claim',
  description: ['Lists who the actors are, who signed them, and which contracts they may use.'],
  positionals: [],
  options,
  examples: [['wash-ts get claims -o wide', 'with whole keys']],
  run: async (call) => {
    const { actors } = await inventoryOf(call)
    const claims = actors.map(
      ({ id, name, issuer, contracts, revision, version, callAlias, expiresAt }) => ({
        ...{ id, name, issuer, contracts, revision },
        ...{ version, callAlias, expiresAt },
      }),
    )
    return { text: claimTable(actors, tableOptions(call)), data: { claims } }
  },
}

/** `wash-ts get inventory` */
export const getInventory: Command = {
  name: 'get inventory',
  summary: 'show everything on a running host',
  description: ['Shows the host, its actors, links and providers.'],
  positionals: [],
  options: { ...options, ...healthOption },
  examples: [['wash-ts get inventory -o json', 'for programs, with limits and metrics']],
  run: async (call): Promise<CommandResult> => {
    const inventory = await inventoryOf(call)
    return { text: inventoryText(inventory, tableOptions(call)), data: inventory }
  },
}

async function inventoryOf(call: CommandCall): Promise<InventoryReport> {
  const host = await runningHost(call)
  return host.request('inventory', { health: call.options.flag('health') }, { timeoutMs: 30_000 })
}

function tableOptions({ options, terminal }: CommandCall): TableOptions {
  return { wide: options.text('output') === 'wide', terminal }
}
