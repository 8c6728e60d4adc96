import test from 'ava'
import { Framing } from '../../../capabilities/http-server/framing.ts'

test('Framing - finds what the server acts on, in any case', (t) => {
  const { host, severalHosts, contentLength, coding, expects, traceparent } = new Framing([
    ...['HOST', 'example.com', 'Content-length', '12', 'accept', '*/*'],
    ...['transfer-Encoding', 'chunked', 'EXPECT', '100-continue', 'TraceParent', '00-1-2-01'],
  ])
  t.deepEqual(
    { host, severalHosts, contentLength, coding, expects, traceparent },
    {
      host: 'example.com',
      severalHosts: false,
      contentLength: '12',
      coding: 'chunked',
      expects: true,
      traceparent: '00-1-2-01',
    },
  )
})

test('Framing - takes no header for another of the same length', (t) => {
  const names = ['from', 'cookie', 'x-forwarded', 'if-none-match!', 'x-forwarded-proto']
  const framing = new Framing(names.flatMap((name) => [name, 'value']))
  t.deepEqual(framing, new Framing([]))
  t.false(framing.hasBody)
})

test('Framing - joins what came several times, and keeps the first host', (t) => {
  const framing = new Framing([
    ...['Host', 'a', 'host', 'b', 'Transfer-Encoding', 'gzip', 'transfer-encoding', 'chunked'],
    ...['traceparent', '1', 'traceparent', '2'],
  ])
  t.is(framing.host, 'a')
  t.true(framing.severalHosts)
  t.is(framing.coding, 'gzip, chunked')
  t.is(framing.traceparent, '1, 2')
})

test('Framing - says whether a body follows', (t) => {
  t.false(new Framing(['Content-Length', '0']).hasBody)
  t.true(new Framing(['Content-Length', '1']).hasBody)
  t.true(new Framing(['Transfer-Encoding', 'chunked']).hasBody)
})
