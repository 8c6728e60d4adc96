import test from 'ava'
import { stripClaims } from '../../signing/index.ts'
import { buildActor } from '../support/actors.ts'
import { answer, BareGuest, refusal } from '../support/bare-guest.ts'
import { httpRequestBytes, httpResponseHex } from '../support/http-message.ts'

const wasm = await buildActor('echo')

test('echo - answers a request without a body with what was asked for', (t) => {
  const guest = new BareGuest(wasm)
  const request = httpRequestBytes({ path: '/a"b\\c\u0001é', queryString: 'x=1' })

  t.is(
    answer(guest.call('HandleRequest', request)),
    httpResponseHex(
      200,
      { 'content-type': 'application/json' },
      '{"method":"GET","path":"/a\\"b\\\\c\\u0001é","queryString":"x=1"}',
    ),
  )
})

test('echo - answers a body with that body under its own type', (t) => {
  const guest = new BareGuest(wasm)
  const body = 'hello '.repeat(2000)
  const request = httpRequestBytes({ body, header: { accept: '*/*', 'Content-Type': 'text/x' } })

  t.is(
    answer(guest.call('HandleRequest', request)),
    httpResponseHex(200, { 'content-type': 'text/x' }, body),
  )
  t.is(
    answer(guest.call('HandleRequest', httpRequestBytes({ body: 'b' }))),
    httpResponseHex(200, { 'content-type': 'application/octet-stream' }, 'b'),
  )
})

test('echo - takes a request whose header and body are absent or nil', (t) => {
  const guest = new BareGuest(wasm)
  const expected = httpResponseHex(
    200,
    { 'content-type': 'application/json' },
    '{"method":"GET","path":"/","queryString":""}',
  )
  const fields = 'a66d6574686f64a3474554a470617468a12fab7175657279537472696e67a0'

  t.is(answer(guest.call('HandleRequest', `83${fields}`)), expected)
  t.is(answer(guest.call('HandleRequest', `85${fields}a6686561646572c0a4626f6479c0`)), expected)
})

test('echo - names the field that a request lacks', (t) => {
  const guest = new BareGuest(wasm)

  t.is(
    refusal(guest.call('HandleRequest', '80')),
    'malformed HandleRequest: no field "method" at byte 1',
  )
  t.is(
    refusal(guest.call('HandleRequest', '')),
    'malformed HandleRequest: message ends early at byte 0',
  )
})

test('echo - answers Echo with its payload, of any size', (t) => {
  const guest = new BareGuest(wasm)
  const large = Buffer.alloc(1_000_000, 'large')

  t.is(answer(guest.call('Echo', '')), '')
  t.is(answer(guest.call('Echo', 'c1ff00')), 'c1ff00')
  t.true(large.equals(Buffer.from(guest.call('Echo', large).response ?? [])))
})

test('echo - has at most 10 KiB before it is signed', (t) => {
  const { length } = stripClaims(wasm)

  t.true(length <= 10_240, `it has ${length} bytes`)
})
