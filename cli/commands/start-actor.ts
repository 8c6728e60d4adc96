import { contractForId, httpServer } from '../../contracts/index.ts'
import type { ControlClient, LinkReport } from '../../control/index.ts'
import type { Command } from '../command.ts'
import { fileOnHost, hostOption, runningHost } from '../running-host.ts'
import { printable } from '../terminal.ts'

/** `wash-ts start actor` */
export const startActor: Command = {
  name: 'start actor',
  summary: 'start an actor on a running host',
  description: [
    'Has a running host load, verify and start an actor. Link definitions that name it become live; what it claims and nothing serves yet is listed.',
    'With --link it is linked to the first provider of each such contract, without values: an HTTP server listens on --port.',
  ],
  positionals: [{ name: 'ACTOR.wasm', required: true, completeFiles: '.wasm' }],
  options: {
    link: {
      type: 'flag',
      summary: 'link it to the first provider of each contract that it claims',
    },
    port: {
      short: 'p',
      type: 'text',
      value: 'PORT',
      summary: 'with --link: where it serves HTTP; default 8080, 0 for any free port',
    },
    host: hostOption,
  },
  examples: [
    ['wash-ts start actor counter_s.wasm', 'starts it; link definitions decide what serves it'],
    ['wash-ts start actor counter_s.wasm --link --port 0', 'and links it to what is there'],
  ],
  run: async (call) => {
    const {
      arguments: [path = ''],
      options,
      terminal,
    } = call
    const host = await runningHost(call)
    const { actor } = await host.request('start-actor', { module: fileOnHost(path) })
    const linked = new Set(actor.links.map(({ contractId }) => contractNameOf(contractId)))
    const unlinked = actor.contracts.filter(
      (contract) => !linked.has(contractNameOf(contract)) && !/^M[A-Z2-7]{55}$/.test(contract),
    )
    const made = options.flag('link')
      ? await linkAll(host, actor.id, unlinked, options.text('port') ?? '8080')
      : []
    const left = unlinked.filter((contract) => !made.some((link) => link.contractId === contract))
    const lines = [
      `Started ${terminal.paint('strong', printable(actor.name))} (revision ${actor.revision}) ${actor.id}`,
      ...made.map(
        ({ contractId, provider, info }) =>
          `  ${contractId} is served by ${provider}${info['url'] === undefined ? '' : ` at ${info['url']}`}`,
      ),
      ...left.map(
        (contract) =>
          `  ${printable(contract)} is not linked yet: wash-ts link put ${printable(actor.name)} ${printable(contract)}`,
      ),
    ]
    return { text: lines.join('\n'), data: { actor, links: made, unlinked: left } }
  },
}

async function linkAll(
  host: ControlClient,
  actor: string,
  contracts: readonly string[],
  port: string,
): Promise<LinkReport[]> {
  const { providers } = await host.request('inventory', {})
  const served = new Set(providers.map(({ contractId }) => contractNameOf(contractId)))
  const made: LinkReport[] = []
  for (const contractId of contracts) {
    if (!served.has(contractNameOf(contractId))) continue
    const isHttp = httpServer.ids.includes(contractId)
    const values = isHttp ? { PORT: port } : {}
    const { link } = await host.request('put-link', { actor, contractId, values })
    if (link) made.push({ ...link, contractId })
  }
  return made
}

function contractNameOf(id: string): string {
  return contractForId(id)?.name ?? id
}
