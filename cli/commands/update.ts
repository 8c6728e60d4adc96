import type { Command } from '../command.ts'
import { fileOnHost, hostOption, runningHost } from '../running-host.ts'
import { msText } from '../table.ts'
import { printable } from '../terminal.ts'

/** `wash-ts update` */
export const update: Command = {
  name: 'update',
  summary: 'put a new module in the place of a running actor’s',
  description: [
    'Has a running host turn an actor over to a new module with the same key and a higher revision. Calls in flight end on the old module, later ones begin on the new; links and open connections stay. If the new module cannot be loaded, nothing has changed.',
  ],
  positionals: [
    { name: 'ACTOR', required: true, completeRunning: 'actors' },
    { name: 'NEW.wasm', required: true, completeFiles: '.wasm' },
  ],
  options: {
    'allow-any-revision': {
      type: 'flag',
      summary: 'also one that is not higher, as while developing',
    },
    'allow-any-issuer': { type: 'flag', summary: 'also one that another account signed' },
    host: hostOption,
  },
  examples: [['wash-ts update counter counter_s.wasm', 'by name, call alias or public key']],
  run: async (call) => {
    const {
      arguments: [actor = '', path = ''],
      options,
      terminal,
    } = call
    const host = await runningHost(call)
    const updated = await host.request('update-actor', {
      actor,
      module: fileOnHost(path),
      allowAnyRevision: options.flag('allow-any-revision'),
      allowAnyIssuer: options.flag('allow-any-issuer'),
    })
    const { name, revision } = updated.actor
    const text = `Updated ${terminal.paint('strong', printable(name))} from revision ${updated.oldRevision} to ${revision} in ${msText(updated.durationMs)}`
    return { text, data: updated }
  },
}
