import { existsSync } from 'node:fs'
import { text as readText } from 'node:stream/consumers'
import { stockProviders } from '../../capabilities/index.ts'
import { decodeJsonResponse, encodeJsonRequest } from '../../contracts/index.ts'
import { Host } from '../../host/index.ts'
import { readFileArgument } from '../actor-file.ts'
import { usage } from '../arguments.ts'
import type { Command } from '../command.ts'
import { type LogLevel, openErrorLog } from '../log.ts'
import { looksLikeFile } from '../provider-file.ts'
import { hostOption, runningHost } from '../running-host.ts'
import { linkToStock } from '../stock-links.ts'

/** `wash-ts call` */
export const call: Command = {
  name: 'call',
  summary: 'call one operation of an actor, from its file or running, and print the answer',
  description: [
    'Given a file, it starts a host with this one actor, linked to the stock providers of the contracts it claims (it listens on no port), calls the operation, prints the answer as JSON, and stops.',
    'Given the name, call alias or public key of an actor, it has the running host call that.',
    'The request is JSON: HandleRequest takes method, path, queryString, headers and body, all optional; any other operation gets the value as MessagePack. Bytes are text, or {"base64": "…"}. The request - is read from standard input.',
  ],
  positionals: [
    {
      name: 'ACTOR.wasm|ACTOR',
      required: true,
      completeFiles: '.wasm',
      completeRunning: 'actors',
    },
    { name: 'OPERATION', required: true },
    { name: 'JSON' },
  ],
  options: {
    timeout: {
      short: 't',
      type: 'text',
      value: 'MS',
      summary: 'how long the call may take; default 10000',
    },
    host: hostOption,
  },
  examples: [
    [`wash-ts call counter_s.wasm HandleRequest '{"path":"/visits"}'`, 'as if over HTTP'],
    ['wash-ts call counter HealthRequest', 'asks a running actor after its health'],
  ],
  run: async (command) => {
    const {
      arguments: [path = '', operation = '', given],
      options,
    } = command
    const request = parseJson(given === '-' ? await readText(process.stdin) : given)
    const timeoutMs = parseTimeout(options.text('timeout'))
    if (!looksLikeFile(path) && !existsSync(path)) {
      const host = await runningHost(command)
      const answer = await host.request('call', {
        ...{ actor: path, operation, json: request },
        ...(timeoutMs !== undefined && { timeoutMs }),
      })
      const data = 'json' in answer ? answer.json : answer.payload
      return { text: JSON.stringify(data, undefined, 2), data }
    }
    const wasm = await readFileArgument(path)
    await using log = openErrorLog((options.text('log-level') ?? 'info') as LogLevel)
    await using host = new Host({ providers: stockProviders(), log })
    const limits = timeoutMs === undefined ? {} : { timeoutMs }
    const { id, dialect } = await host.startActor(wasm, { limits })
    await linkToStock(host, id, undefined)
    const encoded = encodeJsonRequest(operation, request, dialect)
    const reply = await host.call(id, encoded.operation, encoded.payload)
    const answer = decodeJsonResponse(operation, reply, dialect)
    return { text: JSON.stringify(answer, undefined, 2), data: answer }
  },
}

function parseJson(text: string | undefined): unknown {
  if (text === undefined || text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw usage('JSON', `the request is not JSON: ${reason}`)
  }
}

function parseTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const timeoutMs = /^\d{1,8}$/.test(text) ? Number(text) : 0
  if (timeoutMs > 0) return timeoutMs
  throw usage(
    '--timeout',
    `--timeout must be a number of milliseconds, not ${JSON.stringify(text)}`,
  )
}
