import test from 'ava'
import { SigningError } from '../../signing/errors.ts'
import { fuzz } from './loop.ts'
import { mutate } from './mutate.ts'
import { seededRandom } from './random.ts'
import { targets } from './targets.ts'

const seeds = (): Uint8Array[] => [Buffer.from('abcdefgh'), Buffer.from([0, 1, 2])]

test('mutate - gives the same changes for the same seed, and leaves its inputs alone', (t) => {
  const [input, other] = seeds() as [Uint8Array, Uint8Array]
  const changes = (): string[] => {
    const random = seededRandom(7)
    return Array.from({ length: 500 }, () =>
      Buffer.from(mutate(input, other, random)).toString('hex'),
    )
  }
  const first = changes()
  t.deepEqual(changes(), first)
  t.true(new Set(first).size > 400)
  t.deepEqual([input, other], seeds())
})

test('mutate - copes with nothing to change', (t) => {
  const random = seededRandom(1)
  for (let round = 0; round < 1000; round++)
    t.notThrows(() => mutate(new Uint8Array(), new Uint8Array(), random))
})

test('fuzz - passes a target that throws only its folder’s own errors, and keeps new outcomes', async (t) => {
  const run = (input: Uint8Array): void => {
    if (input.length % 2 === 0)
      throw new SigningError('ERR_SEED_INVALID', { reason: 'length' }, 'even')
  }
  const result = await fuzz({ name: 'even', run, seeds }, { seed: 1, iterations: 300 })
  t.deepEqual(result, { iterations: 300, outcomes: 2 })
})

const failures: [why: string, run: (input: Uint8Array) => void | Promise<void>, message: RegExp][] =
  [
    ['a TypeError', () => (undefined as unknown as () => void)(), /not a function/u],
    ['an error of Node with a code', () => void Buffer.alloc(-1), /out of range|must be/u],
    ['a rejected promise', async () => Promise.reject(new Error('rejected')), /rejected/u],
    ['an input that is slow', () => burn(600), /one input took/u],
  ]

function burn(milliseconds: number): void {
  const started = process.threadCpuUsage()
  while (process.threadCpuUsage(started).user < milliseconds * 1000);
}

// One after the other: what one test computes while another awaits would count as the other's.
for (const [why, run, message] of failures)
  test.serial(`fuzz - fails on ${why}, with the input`, async (t) => {
    const faulty = (input: Uint8Array): void | Promise<void> =>
      input.length > 9 ? run(input) : undefined
    const { failure } = await fuzz(
      { name: 'faulty', run: faulty, seeds },
      { seed: 1, iterations: 1000, slowMs: 500 },
    )
    t.true(failure !== undefined && failure.input.length > 9)
    t.regex(String(failure?.error), message)
  })

for (const target of targets)
  test.serial(
    `fuzz - target ${target.name} survives its seeds and 1,000 changes of them`,
    async (t) => {
      t.timeout(120_000)
      const { iterations, failure } = await fuzz(target, {
        seed: 1,
        iterations: 1000 + target.seeds().length,
      })
      t.is(failure, undefined)
      t.true(iterations > 1000)
    },
  )
