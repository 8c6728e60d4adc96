import type { LogLine } from '../../control/index.ts'
import type { Command } from '../command.ts'
import { readableLine } from '../log.ts'
import { hostOption, runningHost } from '../running-host.ts'

const severity = ['debug', 'info', 'warn', 'error']

/** `wash-ts logs` */
export const logs: Command = {
  name: 'logs',
  summary: 'follow the log of a running host, what its actors log among it',
  description: [
    'Prints the last lines that a host logged, then those that follow until it ends. What the host does not log is not here: its --log-level says how much that is. With --output json each line is a JSON object.',
  ],
  positionals: [],
  options: {
    actor: {
      type: 'text',
      value: 'ACTOR',
      summary: 'only lines about this actor: its name or public key',
    },
    level: { type: 'text', choices: severity, summary: 'only lines of this level and above' },
    host: hostOption,
  },
  examples: [['wash-ts logs --level warn', 'warnings and errors']],
  run: async (call) => {
    const { options, terminal } = call
    const host = await runningHost(call)
    const actor = options.text('actor')
    const meant = new Set(actor === undefined ? [] : [actor])
    if (actor !== undefined) {
      const { actors } = await host.request('inventory', {})
      for (const { id, name } of actors) if (name === actor) meant.add(id)
    }
    const lowest = severity.indexOf(options.text('level') ?? 'debug')
    const isWanted = (line: LogLine): boolean =>
      severity.indexOf(line.level) >= lowest &&
      (meant.size === 0 || meant.has(String(line['actor'])))
    for await (const line of await host.logs()) {
      if (!isWanted(line)) continue
      terminal.print(terminal.json ? JSON.stringify(line) : readableLine(line, terminal.paint))
    }
    return undefined
  },
}
