import test from 'ava'
import { verifyActor } from '../../signing/index.ts'
import { exampleActors } from '../../scripts/build-actors.ts'
import { buildActor } from '../support/actors.ts'
import { answer, BareGuest, refusal } from '../support/bare-guest.ts'
import { httpRequestBytes, httpResponseHex } from '../support/http-message.ts'

const names = await exampleActors()

for (const name of names) {
  test(`${name} - is signed, and needs waPC and nothing else`, async (t) => {
    const wasm = await buildActor(name)
    const { claims } = await verifyActor(wasm)
    const module = new WebAssembly.Module(wasm)

    t.is(claims.name, name)
    t.deepEqual(
      new Set(WebAssembly.Module.imports(module).map((entry) => entry.module)),
      new Set(['wapc']),
    )
    t.deepEqual(
      WebAssembly.Module.exports(module)
        .map((entry) => entry.name)
        .filter((entry) => entry !== '_start')
        .toSorted(),
      ['__guest_call', 'memory'],
    )
  })

  test(`${name} - answers HealthRequest with nil, and knows what it does not know`, async (t) => {
    const guest = new BareGuest(await buildActor(name))

    t.is(answer(guest.call('HealthRequest', '81ab706c616365686f6c646572c3')), 'c0')
    t.is(refusal(guest.call('Nope')), 'Could not find function "Nope"')
    t.is(answer(guest.call('HealthRequest')), 'c0')
  })
}

test('logger - logs the body at the level that the path names', async (t) => {
  const guest = new BareGuest(await buildActor('logger'))

  const outcome = guest.call('HandleRequest', httpRequestBytes({ path: '/warn', body: 'hot' }))
  guest.call('HandleRequest', httpRequestBytes({ path: '/x' }))

  t.is(answer(outcome), httpResponseHex(204, {}, ''))
  t.deepEqual(
    guest.hostCalls.map((call) => [call.namespace, call.operation, call.payload]),
    [
      ['wascc:logging', 'WriteLog', '82a56c6576656c02a4626f6479a3686f74'],
      ['wascc:logging', 'WriteLog', '82a56c6576656c03a4626f6479a22f78'],
    ],
  )
})

test('extras - answers each path with its own kind of number', async (t) => {
  const guest = new BareGuest(await buildActor('extras'))
  guest.host = () =>
    Buffer.from(
      '83a467756964a161ae73657175656e63654e756d6265727bac72616e646f6d4e756d62657207',
      'hex',
    )
  const get = (path: string) => answer(guest.call('HandleRequest', httpRequestBytes({ path })))
  const json = { 'content-type': 'application/json' }

  t.is(get('/guid'), httpResponseHex(200, json, '{"guid":"a"}'))
  t.is(get('/random'), httpResponseHex(200, json, '{"random":7}'))
  t.is(get('/sequence'), httpResponseHex(200, json, '{"sequence":123}'))
  t.deepEqual(
    guest.hostCalls.map((call) => call.operation),
    ['RequestGuid', 'RequestRandom', 'RequestSequence'],
  )
})

test('pinger - answers with what ponger made of its number', async (t) => {
  const pinger = new BareGuest(await buildActor('pinger'))
  const ponger = new BareGuest(await buildActor('ponger'))
  pinger.host = ({ operation, payload }) => ponger.call(operation, payload).response!
  const request = httpRequestBytes({ queryString: 'a=0&value=-1235&b' })

  t.is(
    answer(pinger.call('HandleRequest', request)),
    httpResponseHex(200, { 'content-type': 'application/json' }, '{"pong":-1234}'),
  )
  t.deepEqual(pinger.hostCalls[0], {
    link: 'default',
    namespace: 'wash_ts/examples/ponger',
    operation: 'Ping',
    payload: '81a576616c7565d1fb2d',
  })
  t.is(refusal(ponger.call('Ping', '80')), 'malformed Ping: no field "value" at byte 1')
})
