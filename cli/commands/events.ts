import type { CloudEvent } from '../../host/index.ts'
import type { Command } from '../command.ts'
import { hostOption, runningHost } from '../running-host.ts'
import { printable, type Terminal } from '../terminal.ts'

/** `wash-ts events` */
export const events: Command = {
  name: 'events',
  summary: 'follow what happens on a running host',
  description: [
    'Prints what happens from now on until the host ends: actors and links that start and stop, updates and swaps, failures, denied calls. With --output json each line is a CloudEvent.',
  ],
  positionals: [],
  options: {
    actor: {
      type: 'text',
      value: 'ACTOR',
      summary: 'only what is about this actor: its name or public key',
    },
    type: {
      type: 'text',
      multiple: true,
      value: 'TYPE',
      summary: 'only events of this type, such as link_failed',
    },
    host: hostOption,
  },
  examples: [
    ['wash-ts events --type capability_denied', 'only denied calls'],
    ['wash-ts events -o json', 'as CloudEvents, one a line'],
  ],
  run: async (call) => {
    const { options, terminal } = call
    const host = await runningHost(call)
    const types = new Set(options.texts('type'))
    const actor = options.text('actor')
    const key = actor === undefined ? undefined : await keyOf(actor)
    for await (const event of await host.events()) {
      const type = shortType(event)
      const { data } = event
      const isAbout = key === undefined || data['actor'] === key || data['name'] === actor
      if (!isAbout || (types.size > 0 && !types.has(type))) continue
      terminal.print(terminal.json ? JSON.stringify(event) : lineOf(event, terminal))
    }
    return undefined

    async function keyOf(reference: string): Promise<string> {
      const { actors } = await host.request('inventory', {})
      return actors.find(({ name }) => name === reference)?.id ?? reference
    }
  },
}

function shortType({ type }: CloudEvent): string {
  return type.slice(type.lastIndexOf('.') + 1)
}

function lineOf(event: CloudEvent, { paint }: Terminal): string {
  const type = shortType(event)
  const style = /failed|denied|expired|dropped/.test(type) ? 'bad' : 'strong'
  const facts = Object.entries(event.data).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return ` ${paint('dim', `${name}=`)}${printable(text)}`
  })
  return `${paint('dim', event.time.slice(11, 19))} ${paint(style, printable(type))}${facts.join('')}`
}
