import test from 'ava'
import { signActor, verifyActor } from '../../signing/actor.ts'
import { SigningError } from '../../signing/errors.ts'
import { KeyPair } from '../../signing/key-pair.ts'
import { checkValidity, validityFailure, type ValidityPeriod } from '../../signing/validity.ts'
import { issuer, subject } from '../support/forged-token.ts'
import { answerModule } from '../support/module-bytes.ts'

const noon = new Date('2026-06-01T12:00:00Z')
const second = 1000
const minute = 60 * second
const day = 24 * 60 * minute
const at = (offsetMs: number): Date => new Date(noon.getTime() + offsetMs)

type Verdict = 'holds' | 'expired' | 'nbf' | 'iat'

function verdict(
  period: Omit<ValidityPeriod, 'subject'>,
  offsetMs: number,
  leewaySeconds?: number,
): Verdict {
  const options = { now: at(offsetMs), ...(leewaySeconds !== undefined && { leewaySeconds }) }
  const failure = validityFailure({ subject, ...period }, options)
  if (failure === undefined) return 'holds'
  if (failure.code === 'ERR_CLAIMS_EXPIRED') return 'expired'
  return (failure as SigningError<'ERR_CLAIMS_NOT_YET_VALID'>).detail.claim
}

const clocks: [offsetMs: number, exp: Verdict, nbf: Verdict, iat: Verdict][] = [
  [-day, 'holds', 'nbf', 'iat'],
  [-5 * minute, 'holds', 'nbf', 'iat'],
  [-minute - 1, 'holds', 'nbf', 'iat'],
  [-minute, 'holds', 'holds', 'holds'],
  [-1, 'holds', 'holds', 'holds'],
  [0, 'expired', 'holds', 'holds'],
  [1, 'expired', 'holds', 'holds'],
  [5 * minute, 'expired', 'holds', 'holds'],
  [day, 'expired', 'holds', 'holds'],
]

for (const [offsetMs, exp, nbf, iat] of clocks)
  test(`validityFailure - ${offsetMs} ms from noon, claims that turn at noon: exp ${exp}, nbf ${nbf}, iat ${iat}`, (t) => {
    t.is(verdict({ expiresAt: noon }, offsetMs), exp)
    t.is(verdict({ notBefore: noon }, offsetMs), nbf)
    t.is(verdict({ issuedAt: noon }, offsetMs), iat)
    t.is(verdict({}, offsetMs), 'holds')
  })

test('validityFailure - a leeway moves every limit, by seconds', (t) => {
  t.is(verdict({ expiresAt: noon }, 30 * second - 1, 30), 'holds')
  t.is(verdict({ expiresAt: noon }, 30 * second, 30), 'expired')
  t.is(verdict({ notBefore: noon }, -30 * second, 30), 'holds')
  t.is(verdict({ notBefore: noon }, -30 * second - 1, 30), 'nbf')
  t.is(verdict({ issuedAt: noon }, -30 * second - 1, 30), 'iat')
  t.is(verdict({ notBefore: noon }, -1, 0), 'nbf')
})

test('validityFailure - expiry is told before not-before, and not-before before issue', (t) => {
  t.is(verdict({ expiresAt: at(-day), notBefore: at(day), issuedAt: at(day) }, 0), 'expired')
  t.is(verdict({ notBefore: at(day), issuedAt: at(day) }, 0), 'nbf')
})

test('checkValidity - names the subject and the time', (t) => {
  const expired = t.throws<SigningError>(
    () => checkValidity({ subject, expiresAt: noon }, { now: noon }),
    {
      instanceOf: SigningError,
      code: 'ERR_CLAIMS_EXPIRED',
    },
  )
  t.deepEqual(expired.detail, { subject, expiredAt: noon })
  const early = t.throws<SigningError>(
    () => checkValidity({ subject, notBefore: noon }, { now: at(-day) }),
    {
      instanceOf: SigningError,
      code: 'ERR_CLAIMS_NOT_YET_VALID',
    },
  )
  t.deepEqual(early.detail, { subject, claim: 'nbf', validFrom: noon })
  t.notThrows(() => checkValidity({ subject, expiresAt: at(day) }, { now: noon }))
})

test('validityFailure - goes by the system’s clock unless told another', (t) => {
  t.is(
    validityFailure({ subject, expiresAt: new Date(Date.now() - second) })?.code,
    'ERR_CLAIMS_EXPIRED',
  )
  t.is(validityFailure({ subject, expiresAt: new Date(Date.now() + day) }), undefined)
})

test('verifyActor - the same module passes, then expires, by the clock it is given', async (t) => {
  const keys = { issuer: KeyPair.fromSeed(issuer.seed), subject }
  const period = { notBefore: at(-day), expiresAt: at(day) }
  const signed = await signActor(answerModule(), period, keys, { now: at(-2 * day) })
  await t.notThrowsAsync(verifyActor(signed, { now: noon }))
  await t.throwsAsync(verifyActor(signed, { now: at(day) }), { code: 'ERR_CLAIMS_EXPIRED' })
  await t.notThrowsAsync(verifyActor(signed, { now: at(day), leewaySeconds: 1 }))
  await t.throwsAsync(verifyActor(signed, { now: at(-day - 2 * minute) }), {
    code: 'ERR_CLAIMS_NOT_YET_VALID',
  })
})
