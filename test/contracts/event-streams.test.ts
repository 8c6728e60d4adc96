import test from 'ava'
import { type Dialect, eventStreams, type StreamEvent } from '../../contracts/index.ts'
import { bytesOf, called, fromHex, refusal, str, toHex } from '../support/contract-bytes.ts'

function delivered(dialect: Dialect): {
  encodeRequest(event: StreamEvent): Uint8Array
  decodeResponse(bytes: Uint8Array): unknown
} {
  return eventStreams.dialect(dialect)?.toActor.get('DeliverEvent') as never
}

test('dialect E has no event streams', (t) => {
  t.is(eventStreams.dialect('E'), undefined)
})

for (const dialect of ['A', 'B', 'C', 'D'] as const) {
  test(`dialect ${dialect} - names of values may be anything`, (t) => {
    const contractId = dialect === 'D' ? 'wasmcloud:eventstreams' : 'wascc:eventstreams'
    const { encodeRequest, decodeRequest } = called(contractId, dialect, 'WriteEvent')
    const values = Object.fromEntries(
      ['__proto__', 'constructor', 'toString', '', '1', 'ü'].map((name) => [name, `of ${name}`]),
    )
    const read = decodeRequest(encodeRequest({ stream: 's', values })) as StreamEvent
    t.deepEqual(read.values, values)
    t.is(Object.getPrototypeOf(read.values), Object.prototype)
  })
}

test('a value that is given twice, or is no text, is refused', (t) => {
  const { decodeRequest } = called('wascc:eventstreams', 'C', 'WriteEvent')
  const event = (values: string) =>
    fromHex(`82 ${str('stream')} ${str('s')} ${str('values')} ${values}`)
  const facts = {
    code: 'ERR_MESSAGE_INVALID',
    contractId: 'wascc:eventstreams',
    operation: 'WriteEvent',
  }
  t.deepEqual(
    refusal(() => decodeRequest(event(`82 ${str('a')} a0 ${str('a')} a0`))),
    {
      ...facts,
      path: 'values.a',
      reason: 'given twice',
    },
  )
  t.like(
    refusal(() => decodeRequest(event(`81 ${str('a')} 05`))),
    { ...facts, path: 'values.a' },
  )
})

test('StreamQuery - needs no range, and has none when it is nil', (t) => {
  const { decodeRequest } = called('wascc:eventstreams', 'C', 'QueryStream')
  const query = { stream: 's', range: null, count: 0 }
  const start = `${str('streamId')} ${str('s')} ${str('count')} 00`
  t.deepEqual(decodeRequest(fromHex(`82 ${start}`)), query)
  t.deepEqual(decodeRequest(fromHex(`83 ${start} ${str('range')} c0`)), query)
})

test('dialect A - takes values in linear time, and messages share none', (t) => {
  const { decodeRequest } = called('wascc:eventstreams', 'A', 'WriteEvent')
  const entry = (name: string) => {
    const text = toHex(bytesOf(name))
    return `1a${(name.length + 2).toString(16).padStart(2, '0')}0a${name.length.toString(16).padStart(2, '0')}${text}`
  }
  const names = Array.from({ length: 60_000 }, (_, index) => `n${index}`)
  const many = decodeRequest(fromHex(names.map(entry).join(''))) as StreamEvent
  t.is(Object.keys(many.values).length, 60_000)
  t.deepEqual((decodeRequest(fromHex(entry('a'))) as StreamEvent).values, { a: '' })
  t.deepEqual((decodeRequest(new Uint8Array(0)) as StreamEvent).values, {})
})

test('dialect D - an actor may answer with nothing at all', (t) => {
  for (const answer of ['', 'c0']) {
    t.deepEqual(delivered('D').decodeResponse(fromHex(answer)), { refusal: '' })
  }
})
