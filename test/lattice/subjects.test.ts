import test from 'ava'
import { type LatticeError, Subjects } from '../../lattice/index.ts'
import { KeyPair } from '../../signing/index.ts'
import { seededRandom } from '../fuzz/random.ts'

const actor = KeyPair.generate('module').publicKey
const provider = KeyPair.generate('service').publicKey
const host = KeyPair.generate('server').publicKey

test('Subjects - are those of wasmCloud’s OTP host', (t) => {
  const subjects = new Subjects('default')

  t.deepEqual(
    [
      subjects.actor(actor),
      subjects.provider(provider, 'front'),
      subjects.providerVerb(provider, 'default', 'linkdefs.put'),
      subjects.controlQueue,
      subjects.control('auction.actor'),
      subjects.hostControl(host, 'inv'),
      subjects.hostControl(host, 'la'),
      subjects.events,
      subjects.invocationEvents,
      new Subjects('west', 'ops.ctl').control('ping.hosts'),
    ],
    [
      `wasmbus.rpc.default.${actor}`,
      `wasmbus.rpc.default.${provider}.front`,
      `wasmbus.rpc.default.${provider}.default.linkdefs.put`,
      'wasmbus.ctl.default',
      'wasmbus.ctl.default.auction.actor',
      `wasmbus.ctl.default.get.${host}.inv`,
      `wasmbus.ctl.default.cmd.${host}.la`,
      'wasmbus.evt.default',
      'wasmbus.rpcevt.default',
      'ops.ctl.west.ping.hosts',
    ],
  )
})

test('Subjects - take no key of another kind', (t) => {
  const subjects = new Subjects('default')

  t.throws(() => subjects.actor(provider), { code: 'ERR_LATTICE_NAME' })
  t.throws(() => subjects.provider(actor, 'default'), { code: 'ERR_LATTICE_NAME' })
  t.throws(() => subjects.hostControl(actor, 'stop'), { code: 'ERR_LATTICE_NAME' })
  t.throws(() => subjects.actor(actor.toLowerCase()), { code: 'ERR_LATTICE_NAME' })
})

test('Subjects - tell what was wrong with which name', (t) => {
  const error = t.throws<LatticeError>(() => new Subjects('a.b'))

  t.deepEqual(error.detail, { what: 'lattice name', name: 'a.b' })
})

/** Names that would be something else than one token, and the parts of such names. */
const hostileParts = [
  '.',
  '*',
  '>',
  ' ',
  '\t',
  '\r',
  '\n',
  '\r\nPUB x 0\r\n\r\n',
  '\0',
  '$SYS',
  '_INBOX.',
  '..',
  '%2e',
  'é',
  '\u2028',
  '\u200b',
  '．',
  '🦀',
  '/',
  '\\',
  ':',
  "'",
  '"',
  '{',
  '\u007f',
  '\ud800',
]

test('Subjects - none is made of 5,000 hostile names', (t) => {
  const random = seededRandom(20_261)
  const pick = (from: readonly string[]): string => from[random.next(from.length)] ?? ''
  const harmless = ['a', 'default', 'A1', '_', '-', '']
  const names = new Set(['', 'x'.repeat(129), ...hostileParts])
  while (names.size < 5000) {
    const parts = Array.from({ length: 1 + random.next(4) }, () =>
      pick(random.next(2) === 0 ? hostileParts : harmless),
    )
    parts.splice(random.next(parts.length), 0, pick(hostileParts))
    names.add(`${parts.join('')}${pick(harmless)}`)
  }
  const subjects = new Subjects('default')
  const made: string[] = []
  for (const name of names) {
    for (const make of [
      () => new Subjects(name).events,
      () => new Subjects('default', `wasmbus.${name}`).controlQueue,
      () => subjects.provider(provider, name),
      () => subjects.actor(name),
      () => subjects.actor(`${actor.slice(0, -1)}${name}`),
      () => subjects.hostControl(name, 'stop'),
    ]) {
      try {
        made.push(make())
      } catch (error) {
        if ((error as LatticeError).code !== 'ERR_LATTICE_NAME') throw error
      }
    }
  }
  // A prefix may have several tokens: the only way a dot gets in.
  t.deepEqual(
    made.filter((subject) => !/^wasmbus(\.[\w-]+)+\.default$/.test(subject)),
    [],
  )
})
