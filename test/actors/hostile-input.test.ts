import test from 'ava'
import { buildActor } from '../support/actors.ts'
import { BareGuest } from '../support/bare-guest.ts'
import { httpRequestBytes } from '../support/http-message.ts'

const request = httpRequestBytes({
  method: 'POST',
  path: '/a/b',
  queryString: 'value=3',
  header: { host: 'é', 'content-type': 'text/plain' },
  body: 'body',
})
const message = Buffer.from('83a77375626a656374a173a77265706c79546fa172a4626f6479c40101', 'hex')

const targets: readonly (readonly [actor: string, operation: string, valid: Uint8Array])[] = [
  ['echo', 'HandleRequest', request],
  ['kvcounter', 'HandleRequest', request],
  ['kvcounter-c', 'HandleRequest', request],
  ['logger', 'HandleRequest', request],
  ['pinger', 'HandleRequest', request],
  ['ponger', 'Ping', Buffer.from('81a576616c7565cd0102', 'hex')],
  ['probe', 'DeliverMessage', message],
  ['probe', 'Strings', Buffer.from('92a161a162', 'hex')],
]

/** Numbers that look random and are the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed
  while (true) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state >>> 8
  }
}

for (const [name, operation, valid] of targets) {
  test(`${name} ${operation} - ends in an answer or an error whatever the bytes are`, async (t) => {
    const guest = new BareGuest(await buildActor(name))
    guest.host = () => Buffer.from('81a576616c75652a', 'hex')
    const call = (payload: Uint8Array): number => {
      const { code, error, response } = guest.call(operation, payload)
      if (code === 0 ? !error || response : error) t.fail(Buffer.from(payload).toString('hex'))
      return code
    }

    t.is(call(valid), 1)
    for (let length = 0; length < valid.length; length++) {
      t.is(call(valid.subarray(0, length)), 0, `first ${length} bytes`)
    }
    const random = numbers(valid.length)
    for (let round = 0; round < 20_000; round++) {
      const changed = Buffer.from(valid)
      for (let i = 0; i <= round % 3; i++) {
        changed[random.next().value % valid.length] = random.next().value
      }
      call(changed)
    }
    t.true(guest.memoryBytes <= 4 * 65_536, `${guest.memoryBytes} bytes of memory`)
    t.is(call(valid), 1)
  })
}
