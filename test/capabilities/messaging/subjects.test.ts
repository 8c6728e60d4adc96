import test from 'ava'
import { SendRights } from '../../../capabilities/messaging/send-rights.ts'
import { matchesPattern, subjectProblem } from '../../../capabilities/messaging/subject.ts'
import { Subscriptions } from '../../../capabilities/messaging/subscriptions.ts'
import { type Random, seededRandom } from '../../fuzz/random.ts'

const tokens = ['a', 'b', 'c', '*', '>']

function randomSubject(random: Random): string {
  const length = 1 + random.next(4)
  return Array.from({ length }, () => tokens[random.next(tokens.length)]).join('.')
}

test('Subscriptions - finds the patterns that take in a subject, and no others', (t) => {
  const random = seededRandom(20_260)
  const subscriptions = new Subscriptions<string>()
  const present: { readonly pattern: string; readonly remove: () => void }[] = []
  let found = 0
  for (let round = 0; round < 20_000; round++) {
    const text = randomSubject(random)
    const isPattern = subjectProblem(text, true) === undefined
    if (isPattern && random.next(10) < 3) {
      present.push({ pattern: text, remove: subscriptions.add(text, text) })
    }
    if (random.next(10) < 3) {
      const [gone] = present.splice(random.next(present.length), 1)
      gone?.remove()
      gone?.remove()
    }
    if (subjectProblem(text, false) !== undefined) continue
    const expected = present.map(({ pattern }) => pattern).filter((p) => matchesPattern(p, text))
    const matched = subscriptions.match(text)
    found += matched.length
    t.deepEqual(matched.toSorted(), expected.toSorted())
  }
  t.true(found > 1000)
  for (const { remove } of present) remove()
  for (const subject of ['a', 'a.b', 'a.b.c']) t.deepEqual(subscriptions.match(subject), [])
})

test('SendRights - an answer is allowed to the last thousand that asked', (t) => {
  const rights = new SendRights([])
  for (let index = 0; index <= 1000; index++) rights.received(`_INBOX.${index}`)
  t.throws(() => rights.checkSend('_INBOX.0'), { code: 'ERR_SUBJECT_DENIED' })
  rights.checkSend('_INBOX.1')
  rights.received('_INBOX.1')
  rights.received('_INBOX.new')
  rights.checkSend('_INBOX.1')
  t.throws(() => rights.checkSend('_INBOX.2'), { code: 'ERR_SUBJECT_DENIED' })
})

test('SendRights - nobody can have the actor answer where servers are steered', (t) => {
  const rights = new SendRights(['>'])
  for (const subject of ['$JS.API.STREAM.DELETE.x', '$SYS.REQ.SERVER.PING', 'wasmbus.ctl.x']) {
    rights.received(subject)
    t.throws(() => rights.checkSend(subject), { code: 'ERR_SUBJECT_DENIED' })
    t.throws(() => rights.checkReplyTo(subject), { code: 'ERR_SUBJECT_DENIED' })
  }
  const acknowledging = new SendRights(['$JS.ACK.>'])
  acknowledging.checkSend('$JS.ACK.orders.1')
  t.throws(() => acknowledging.checkSend('$JS.API.INFO'), { code: 'ERR_SUBJECT_DENIED' })
})
