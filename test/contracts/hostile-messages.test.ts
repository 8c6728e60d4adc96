/** Mutated messages: whatever bytes come, only a ContractError may leave a codec. */
import test from 'ava'
import { plainRequest } from '../../contracts/http-server.ts'
import { ContractError } from '../../contracts/index.ts'
import { httpResponsesTarget, messageForms, readMessage } from '../fuzz/messages.ts'
import { mutate } from '../fuzz/mutate.ts'
import { seededRandom } from '../fuzz/random.ts'
import { handled } from '../support/contract-bytes.ts'

const seed = 20200402
const random = seededRandom(seed)

/** Whether the input was taken. Throws what is not a ContractError. */
function isTaken(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch (error) {
    if (error instanceof ContractError) return false
    throw error
  }
}

test(`codecs - throw nothing but ContractError for 100,000 mutated messages (seed ${seed})`, (t) => {
  const rounds = Math.ceil(100_000 / messageForms.length)
  let taken = 0
  let refused = 0
  for (const form of messageForms) {
    for (let round = 0; round < rounds; round++) {
      const other = messageForms[random.next(messageForms.length)] ?? form
      const bytes = mutate(form.sample, other.sample, random)
      try {
        if (isTaken(() => readMessage(form, bytes))) taken++
        else refused++
      } catch (error) {
        t.fail(`${form.name} ${Buffer.from(bytes).toString('hex')}: ${String(error)}`)
      }
    }
  }

  t.true(messageForms.length > 150)
  t.true(taken > 10_000 && refused > 40_000, `${taken} taken, ${refused} refused`)
})

test(`HandleRequest - the short cut reads what the shape reads, 30,000 times (seed ${seed})`, (t) => {
  const samples = httpResponsesTarget.seeds()
  let taken = 0
  for (let round = 0; round < 30_000; round++) {
    const sample = samples[round % samples.length] ?? new Uint8Array()
    const bytes = mutate(sample, samples[0] ?? sample, random)
    if (isTaken(() => void httpResponsesTarget.run(bytes))) taken++
  }

  t.true(taken > 1000, `${taken} taken`)
})

test('HandleRequest - the short cut writes what the shape writes', (t) => {
  const character = (): string =>
    String.fromCodePoint(random.next(20) === 0 ? random.next(0xd800) : 32 + random.next(90))
  const text = (): string => Array.from({ length: random.next(60) }, character).join('')
  const codec = handled('C')
  for (let round = 0; round < 2000; round++) {
    const request = {
      method: 'POST',
      path: `/${text()}`,
      queryString: text(),
      headers: Array.from({ length: random.next(8) * 2 }, text),
      body: new Uint8Array(random.next(300)).fill(round),
    }

    t.deepEqual(
      Buffer.from(codec.encodeRequest(request)),
      Buffer.from(plainRequest.encode(request)),
    )
  }
})
