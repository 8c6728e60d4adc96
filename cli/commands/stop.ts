import { ControlError } from '../../control/index.ts'
import type { Command, CommandCall } from '../command.ts'
import { hostOption, runningHost } from '../running-host.ts'
import { printable } from '../terminal.ts'

/** How long a host that was asked to stop may take, in milliseconds: its actors drain for 30 s at most. */
const stopTimeoutMs = 45_000

/** `wash-ts stop actor` */
export const stopActor: Command = {
  name: 'stop actor',
  summary: 'stop an actor of a running host',
  description: [
    'Stops an actor in good order: what it serves takes no new requests, its calls end, its links close. Link definitions stay, and become live again when it is started again.',
  ],
  positionals: [{ name: 'ACTOR', required: true, completeRunning: 'actors' }],
  options: { host: hostOption },
  examples: [['wash-ts stop actor counter', 'by name, call alias or public key']],
  run: async (call) => {
    const [actor = ''] = call.arguments
    const stopped = await (await runningHost(call)).request('stop-actor', { actor })
    return { text: `Stopped ${printable(stopped.name)} ${stopped.id}`, data: stopped }
  },
}

/** `wash-ts stop provider` */
export const stopProvider: Command = {
  name: 'stop provider',
  summary: 'take a provider that serves no link from a running host',
  description: [
    'Has a running host forget a provider. One that serves links is refused: swap or delete them first.',
  ],
  positionals: [{ name: 'PROVIDER', required: true, completeRunning: 'providers' }],
  options: { host: hostOption },
  examples: [['wash-ts stop provider memory-keyvalue', 'once no link uses it']],
  run: async (call) => {
    const [provider = ''] = call.arguments
    const stopped = await (await runningHost(call)).request('stop-provider', { provider })
    return { text: `Stopped ${provider}`, data: stopped }
  },
}

/** `wash-ts stop host` */
export const stopHost: Command = {
  name: 'stop host',
  summary: 'stop a running host, and wait until it has stopped',
  description: [
    'Stops a host as Ctrl-C would: it takes no new requests, calls in flight end, then the process ends. The command ends when the host has stopped.',
  ],
  positionals: [{ name: 'HOST', completeRunning: 'hosts' }],
  options: { host: hostOption },
  examples: [['wash-ts stop host', 'the only one that runs']],
  run: async (call) => {
    const client = await runningHost(withHost(call))
    const signal = AbortSignal.timeout(stopTimeoutMs)
    const events = await client.events(signal)
    const { host } = await client.request('stop-host', {})
    for await (const { type } of events) if (type.endsWith('.host_stopped')) break
    if (signal.aborted) {
      throw new ControlError(
        'ERR_CONTROL_TIMEOUT',
        { verb: 'stop-host', timeoutMs: stopTimeoutMs },
        `host ${host} did not stop within ${stopTimeoutMs / 1_000} s`,
      )
    }
    return { text: `Stopped host ${host}`, data: { host } }
  },
}

/** The host may be named as an argument, too. */
function withHost(call: CommandCall): CommandCall {
  const [named] = call.arguments
  if (named === undefined) return call
  const { options } = call
  const text = (name: string): string | undefined => (name === 'host' ? named : options.text(name))
  return { ...call, options: { ...options, text } }
}
