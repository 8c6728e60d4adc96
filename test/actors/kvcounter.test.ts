import test from 'ava'
import { buildActor } from '../support/actors.ts'
import { answer, BareGuest, refusal } from '../support/bare-guest.ts'
import { httpResponseHex } from '../support/http-message.ts'

// The request, the call and the reply were recorded from waSCC's own counter of 2020.
const request =
  '85a66d6574686f64a3474554a470617468a42f666f6fab7175657279537472696e67a3613d31' +
  'a668656164657281a6616363657074aa746578742f706c61696ea4626f6479c4026869'

for (const name of ['kvcounter', 'kvcounter-c']) {
  test(`${name} - counts the path in the key-value store`, async (t) => {
    const guest = new BareGuest(await buildActor(name))
    guest.host = () => Buffer.from('81a576616c75652a', 'hex')

    t.is(
      answer(guest.call('HandleRequest', request)),
      httpResponseHex(200, { 'content-type': 'application/json' }, '{"counter":42}'),
    )
    t.deepEqual(guest.hostCalls, [
      {
        link: 'default',
        namespace: 'wascc:keyvalue',
        operation: 'Add',
        payload: '82a36b6579a43a666f6fa576616c756501',
      },
    ])
  })

  test(`${name} - fails with the words of the host`, async (t) => {
    const guest = new BareGuest(await buildActor(name))
    guest.host = () => {
      throw new Error('kein Zähler')
    }

    t.is(refusal(guest.call('HandleRequest', request)), 'kein Zähler')
  })

  test(`${name} - says what is wrong with a reply it cannot read`, async (t) => {
    const guest = new BareGuest(await buildActor(name))
    guest.host = () => Buffer.from('81a576616c7565cb4045000000000000', 'hex')

    t.is(
      refusal(guest.call('HandleRequest', request)),
      'malformed reply to Add: expected an integer at byte 8',
    )
  })
}
