import { contracts } from '../../contracts/index.ts'
import { contractIdOf } from '../../control/index.ts'
import { usage } from '../arguments.ts'
import type { Command, OptionSpec } from '../command.ts'
import { hostOption, keyValues, runningHost } from '../running-host.ts'
import { printable } from '../terminal.ts'
import { getLinks } from './get.ts'

const linkNameOption: OptionSpec = {
  short: 'l',
  type: 'text',
  value: 'NAME',
  summary: 'tells several links of one actor and contract apart; default: default',
}

/** `wash-ts link put` */
export const linkPut: Command = {
  name: 'link put',
  summary: 'link an actor of a running host to a provider',
  description: [
    'States which provider serves a contract to an actor, and with which values. The link becomes live at once if the actor runs, else when it starts; stating it again with other values turns it over.',
    'A contract goes by any of its ids (wascc:keyvalue, wasmcloud:keyvalue) or by its name (keyvalue). Without a provider the first that serves the contract is taken.',
  ],
  positionals: [
    { name: 'ACTOR', required: true, completeRunning: 'actors' },
    { name: 'CONTRACT', required: true, completeRunning: 'contracts' },
    { name: 'PROVIDER|KEY=VALUE', rest: true, completeRunning: 'providers' },
  ],
  options: { 'link-name': linkNameOption, host: hostOption },
  examples: [
    ['wash-ts link put counter keyvalue', 'to the first key-value store'],
    ['wash-ts link put counter wascc:http_server http-server PORT=8080', 'with a value'],
  ],
  run: async (call) => {
    const {
      arguments: [actor = '', ...words],
      options,
      terminal,
    } = call
    const { contractId, provider } = contractAndProvider(
      words.filter((word) => !word.includes('=')),
    )
    const values = keyValues(words.filter((word) => word.includes('=')))
    const linkName = options.text('link-name')
    const host = await runningHost(call)
    const { link } = await host.request('put-link', {
      ...{ actor, contractId },
      ...(linkName !== undefined && { linkName }),
      ...(provider !== undefined && { provider }),
      ...(values && { values }),
    })
    if (!link) {
      const text = `Kept the link of ${printable(actor)} to ${printable(contractId)}: it becomes live when the actor starts`
      return { text, data: { link } }
    }
    const about = Object.entries(link.info).map(([key, value]) => ` ${key}=${printable(value)}`)
    const text = `Linked ${terminal.paint('strong', printable(link.actorName ?? link.actor))} to ${link.contractId} on ${link.provider}${about.join('')}`
    return { text, data: { link } }
  },
}

/** `wash-ts link del` */
export const linkDel: Command = {
  name: 'link del',
  summary: 'take a link of a running host back',
  description: [
    'Deletes a link definition, and ends the link if it is live: it drains and closes.',
  ],
  positionals: [
    { name: 'ACTOR', required: true, completeRunning: 'actors' },
    { name: 'CONTRACT', required: true, completeRunning: 'contracts' },
  ],
  options: { 'link-name': linkNameOption, host: hostOption },
  examples: [['wash-ts link del counter keyvalue', 'the link named default']],
  run: async (call) => {
    const {
      arguments: [actor = '', contractId = ''],
      options,
    } = call
    const linkName = options.text('link-name')
    const host = await runningHost(call)
    const { deleted } = await host.request('delete-link', {
      ...{ actor, contractId },
      ...(linkName !== undefined && { linkName }),
    })
    const what = `link of ${printable(actor)} to ${printable(contractId)}`
    return { text: deleted ? `Deleted the ${what}` : `There was no ${what}`, data: { deleted } }
  },
}

/** `wash-ts link query` */
export const linkQuery: Command = {
  ...getLinks,
  name: 'link query',
  examples: [['wash-ts link query -o json', 'for programs']],
}

/** wash wrote the provider before the contract; which is which can be told. @throws CliError `ERR_USAGE` */
function contractAndProvider(words: readonly string[]): { contractId: string; provider?: string } {
  const isContract = (word: string): boolean =>
    word.includes(':') || contracts.some(({ ids }) => ids.includes(contractIdOf(word)))
  const [first = '', second, extra] = words
  if (extra !== undefined) throw usage(extra, `${JSON.stringify(extra)} must be KEY=VALUE`)
  if (second === undefined) return { contractId: first }
  return isContract(first) || !isContract(second)
    ? { contractId: first, provider: second }
    : { contractId: second, provider: first }
}
