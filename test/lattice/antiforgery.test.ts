import { randomUUID } from 'node:crypto'
import test from 'ava'
import { entityUrl } from '../../contracts/index.ts'
import { Antiforgery, type InvocationFacts, type LatticeError } from '../../lattice/index.ts'
import { KeyPair, signToken } from '../../signing/index.ts'
import { seededRandom } from '../fuzz/random.ts'

const start = Date.UTC(2026, 0, 1)
const actor = KeyPair.generate('module').publicKey
const target = { publicKey: 'VABC', contractId: 'wasmcloud:keyvalue', linkName: 'default' }
const cluster = KeyPair.generate('cluster')

function invocation(facts: Partial<InvocationFacts> = {}): InvocationFacts {
  return {
    id: randomUUID(),
    origin: { publicKey: actor, contractId: '', linkName: '' },
    target,
    operation: 'KeyValue.Increment',
    msg: Uint8Array.of(1, 2, 3),
    ...facts,
  }
}

/** A host of the lattice, whose clock a test sets. */
function hostAt(clock: { now: number }, key = cluster, clusterIssuers: string[] = []): Antiforgery {
  return new Antiforgery({ clusterKey: key, clusterIssuers, now: () => clock.now })
}

const codeOf = (check: string) => (error: unknown) =>
  (error as LatticeError<'ERR_INVOCATION_REFUSED'>).detail.check === check

test('Antiforgery - lets in what a host of the lattice signed', async (t) => {
  const host = hostAt({ now: start })
  const facts = invocation()
  await t.notThrowsAsync(async () => hostAt({ now: start }).verify(facts, await host.sign(facts)))
})

test('Antiforgery - lets in nothing twice', async (t) => {
  const clock = { now: start }
  const [from, to] = [hostAt(clock), hostAt(clock)]
  const facts = invocation()
  const token = await from.sign(facts)
  await to.verify(facts, token)
  for (let again = 0; again < 3; again++) {
    const error = await t.throwsAsync(() => to.verify(facts, token), {
      code: 'ERR_INVOCATION_REFUSED',
    })
    t.true(codeOf('replay')(error))
  }
})

test('Antiforgery - knows the cluster keys it was told, and no others', async (t) => {
  const other = KeyPair.generate('cluster')
  const stranger = hostAt({ now: start }, other)
  const facts = invocation()
  const token = await stranger.sign(facts)

  const error = await t.throwsAsync(() => hostAt({ now: start }).verify(facts, token))
  t.true(codeOf('issuer')(error))
  const friend = hostAt({ now: start }, cluster, [other.publicKey])
  await t.notThrowsAsync(() => friend.verify(facts, token))
})

test('Antiforgery - a host key is no cluster key', async (t) => {
  const server = KeyPair.generate('server')
  const { id, origin } = invocation()
  const originUrl = entityUrl(origin)
  const targetUrl = `${entityUrl(target)}/KeyValue.Increment`
  const hash = 'A'.repeat(64)
  const token = await signToken(
    'invocation',
    { originUrl, targetUrl, hash },
    { issuer: server, subject: id },
    { now: new Date(start) },
  )
  const error = await t.throwsAsync(() => hostAt({ now: start }).verify(invocation({ id }), token))
  t.true(codeOf('issuer')(error))
})

for (const [check, change] of [
  ['id', { id: randomUUID() }],
  ['target', { target: { ...target, publicKey: 'VABD' } }],
  ['target', { target: { ...target, linkName: 'other' } }],
  ['target', { operation: 'KeyValue.Del' }],
  ['origin', { origin: { publicKey: 'MOTHER', contractId: '', linkName: '' } }],
  ['hash', { msg: Uint8Array.of(1, 2, 4) }],
] as const) {
  test(`Antiforgery - refuses another ${JSON.stringify(change)}`, async (t) => {
    const host = hostAt({ now: start })
    const facts = invocation()
    const token = await host.sign(facts)
    const error = await t.throwsAsync(() => host.verify({ ...facts, ...change }, token))
    t.true(codeOf(check)(error))
  })
}

for (const offSeconds of [61, -61, 3600, -3600]) {
  test(`Antiforgery - refuses what was signed ${offSeconds} s ago by our clock`, async (t) => {
    const facts = invocation()
    const token = await hostAt({ now: start - offSeconds * 1000 }).sign(facts)
    const error = await t.throwsAsync(() => hostAt({ now: start }).verify(facts, token))
    t.true(codeOf('time')(error))
  })
}

test('Antiforgery - takes clocks that are a little apart', async (t) => {
  for (const offSeconds of [59, -59]) {
    const facts = invocation()
    const token = await hostAt({ now: start - offSeconds * 1000 }).sign(facts)
    await t.notThrowsAsync(() => hostAt({ now: start }).verify(facts, token))
  }
})

test('Antiforgery - 10,000 replayed, mutated or forged invocations: none gets in', async (t) => {
  const random = seededRandom(31)
  const clock = { now: start }
  const host = hostAt(clock)
  const strangers = hostAt(clock, KeyPair.generate('cluster'))
  const seen: { facts: InvocationFacts; token: string }[] = []
  for (let count = 0; count < 20; count++) {
    const facts = invocation({ msg: Uint8Array.of(count) })
    const token = await host.sign(facts)
    await host.verify(facts, token)
    seen.push({ facts, token })
  }
  // One that was not delivered: what mutates it must not bring it in either.
  const fresh = invocation()
  const freshToken = await host.sign(fresh)
  const forgedToken = await strangers.sign(fresh)
  let letIn = 0
  for (let count = 0; count < 10_000; count++) {
    const replayed = seen[random.next(seen.length)] as (typeof seen)[number]
    const [facts, token] = ((): [InvocationFacts, string] => {
      switch (random.next(5)) {
        case 0:
          return [replayed.facts, replayed.token]
        case 1:
          return [fresh, mutateText(freshToken, random.next)]
        case 2:
          return [{ ...fresh, msg: Uint8Array.of(1, 2, 3, random.next(256)) }, freshToken]
        case 3:
          return [{ ...fresh, id: replayed.facts.id }, replayed.token]
        default:
          return [fresh, forgedToken]
      }
    })()
    try {
      await host.verify(facts, token)
      letIn++
    } catch (error) {
      if ((error as LatticeError).code !== 'ERR_INVOCATION_REFUSED') throw error
    }
  }
  t.is(letIn, 0)
  await t.notThrowsAsync(() => host.verify(fresh, freshToken))
})

/** Another text in one place. */
function mutateText(text: string, next: (limit: number) => number): string {
  const at = next(text.length)
  const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='
  const other = characters.replace(text[at] ?? '', '')
  return `${text.slice(0, at)}${other.charAt(next(other.length))}${text.slice(at + 1)}`
}
