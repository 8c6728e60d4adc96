import type { SwapResult } from '../../control/index.ts'
import { usage } from '../arguments.ts'
import type { Command } from '../command.ts'
import { progressBar } from '../progress-bar.ts'
import { looksLikeFile } from '../provider-file.ts'
import { fileOnHost, hostOption, keyValues, runningHost } from '../running-host.ts'
import { msText } from '../table.ts'
import { printable, type Terminal } from '../terminal.ts'

/** Failures to copy that are listed for people; JSON has all. */
const failuresShown = 20

/** `wash-ts swap` */
export const swap: Command = {
  name: 'swap',
  summary: 'have another provider serve a contract, while actors use it',
  description: [
    'Turns every link of a contract over to another provider: opens them all on the new one, turns over in one step, then lets the old one end its calls and close. No call is lost; if the new one cannot take a link, nothing has changed.',
    'CONTRACT is an id (wascc:keyvalue, wasmcloud:keyvalue) or a name (keyvalue), and may say which link name: keyvalue/sessions. NEW_PROVIDER is the name of a registered provider, or a file to load one from.',
    'Links keep their values unless --set gives new ones, for all of them. With --copy what the old provider keeps moves along, where both can: keys are copied while actors go on using them, and calls are held back only for the last of it.',
  ],
  positionals: [
    { name: 'CONTRACT[/LINK]', required: true, completeRunning: 'contracts' },
    { name: 'NEW_PROVIDER', required: true, completeRunning: 'providers' },
  ],
  options: {
    set: {
      type: 'text',
      multiple: true,
      value: 'KEY=VALUE',
      summary: 'a value of the links from now on, in the place of all that they have',
    },
    actor: {
      type: 'text',
      value: 'ACTOR',
      summary: 'only links of this actor; default every actor',
    },
    copy: { type: 'flag', summary: 'take what the old provider keeps along' },
    host: hostOption,
  },
  examples: [
    [
      'wash-ts swap keyvalue redis-keyvalue --set URL=redis://127.0.0.1:6379',
      'from memory to Redis',
    ],
    [
      'wash-ts swap keyvalue/sessions file-keyvalue --set FILE=sessions.db --copy',
      'one link name, with its keys',
    ],
  ],
  run: async (call) => {
    const {
      arguments: [what = '', provider = ''],
      options,
      terminal,
    } = call
    const slash = what.indexOf('/')
    const contractId = slash < 0 ? what : what.slice(0, slash)
    const linkName = slash < 0 ? undefined : what.slice(slash + 1)
    if (contractId === '' || linkName === '') {
      throw usage(what, `${JSON.stringify(what)} must be CONTRACT or CONTRACT/LINK`)
    }
    const values = keyValues(options.texts('set'))
    const actor = options.text('actor')
    const copy = options.flag('copy')
    const host = await runningHost(call)
    if (copy) terminal.status('counting keys')
    const swapped = await host
      .request(
        'swap',
        {
          contractId,
          provider: looksLikeFile(provider) ? fileOnHost(provider) : provider,
          ...(linkName !== undefined && { linkName }),
          ...(actor !== undefined && { actor }),
          ...(values && { values }),
          copy,
        },
        {
          ...(copy && {
            onProgress: ({ copiedKeys, totalKeys }) => {
              terminal.status(progressBar(copiedKeys, totalKeys, 'keys'))
            },
          }),
        },
      )
      .finally(() => terminal.status(''))
    return { text: describe(swapped, terminal), data: swapped }
  },
}

function describe({ links, pauseMs, provider, copied }: SwapResult, { paint }: Terminal): string {
  const count = `${links} ${links === 1 ? 'link' : 'links'}`
  if (links === 0) return `Nothing to do: ${printable(provider)} serves these links already`
  const lines = [
    `${paint('strong', `Swapped ${count} to ${printable(provider)}`)}; calls waited ${msText(pauseMs)}`,
  ]
  if (copied) {
    lines.push(`  ${keysCopied(copied.keys)}`)
    const shown = copied.failed.slice(0, failuresShown)
    for (const { linkName, key, reason } of shown) {
      lines.push(
        `  ${paint('bad', 'not copied')}: ${printable(key)} (link ${printable(linkName)}): ${printable(reason)}`,
      )
    }
    const more = copied.failed.length - shown.length
    if (more > 0) lines.push(`  and ${more} more: -o json lists them all`)
  }
  return lines.join('\n')
}

function keysCopied(keys: number): string {
  return `${keys.toLocaleString('en')} ${keys === 1 ? 'key' : 'keys'} copied`
}
