import type { Command } from '../command.ts'
import { looksLikeFile } from '../provider-file.ts'
import { fileOnHost, hostOption, runningHost } from '../running-host.ts'

/** `wash-ts start provider` */
export const startProvider: Command = {
  name: 'start provider',
  summary: 'make a provider available on a running host',
  description: [
    'Has a running host load a provider from a file, or register one of the stock providers that it was started without. It opens nothing until it is linked, or links are swapped to it.',
  ],
  positionals: [{ name: 'FILE|NAME', required: true, completeFiles: '' }],
  options: { host: hostOption },
  examples: [
    ['wash-ts start provider ./redis.par.gz', 'from an archive'],
    ['wash-ts start provider ./printer.wasm', 'a portable provider'],
    ['wash-ts start provider memory-keyvalue', 'a stock provider'],
  ],
  run: async (call) => {
    const [given = ''] = call.arguments
    const host = await runningHost(call)
    const { provider } = await host.request('start-provider', {
      provider: looksLikeFile(given) ? fileOnHost(given) : given,
    })
    const { name, contractId } = provider
    const text = `Started ${call.terminal.paint('strong', name)}, which serves ${contractId}`
    return { text, data: { provider } }
  },
}
