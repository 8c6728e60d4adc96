import test from 'ava'
import { extrasProvider } from '../../../capabilities/extras/index.ts'
import { linkProvider, valueProblems } from '../support/linked-provider.ts'

test('RequestGuid - answers version 4 UUIDs, each another', async (t) => {
  await using link = await linkProvider(extrasProvider())
  const guids = new Set<string>()
  for (let count = 0; count < 100; count++) {
    const { guid } = await link.ask('RequestGuid', {})
    t.regex(guid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    guids.add(guid)
  }
  t.is(guids.size, 100)
})

test('RequestRandom - answers every number from min up to but not max', async (t) => {
  await using link = await linkProvider(extrasProvider())
  const seen = new Set<number>()
  for (let count = 0; count < 500; count++) {
    seen.add((await link.ask('RequestRandom', { min: 3, max: 6 })).randomNumber)
  }
  t.deepEqual(
    [...seen].sort((a, b) => a - b),
    [3, 4, 5],
  )
  t.deepEqual(await link.ask('RequestRandom', { min: 2 ** 32 - 1, max: 2 ** 32 }), {
    randomNumber: 2 ** 32 - 1,
  })
})

test('RequestRandom - refuses a range without a number in it', async (t) => {
  await using link = await linkProvider(extrasProvider())
  for (const range of [
    { min: 5, max: 5 },
    { min: 6, max: 5 },
    { min: 0, max: 0 },
  ]) {
    const error = await t.throwsAsync(async () => link.ask('RequestRandom', range), {
      code: 'ERR_RANDOM_RANGE',
    })
    t.like(error, { detail: range })
  }
})

test('extrasProvider - takes its chance from where it is told, and answers at once', async (t) => {
  const asked: number[][] = []
  const randomness = {
    uuid: () => 'u',
    integer: (min: number, max: number) => {
      asked.push([min, max])
      return min
    },
  }
  await using link = await linkProvider(extrasProvider({ randomness }))
  t.deepEqual(link.ask('RequestGuid', {}), { guid: 'u' })
  t.deepEqual(link.ask('RequestRandom', { min: 1, max: 7 }), { randomNumber: 1 })
  t.deepEqual(asked, [[1, 7]])
})

test('RequestSequence - counts from 0 for each actor, over all its links', async (t) => {
  const provider = extrasProvider()
  const next = async (actor: string, linkName = 'default') => {
    await using link = await linkProvider(provider, { actor, linkName })
    return (await link.ask('RequestSequence', {})).sequenceNumber
  }
  t.is(await next('MA'), 0)
  t.is(await next('MA'), 1)
  t.is(await next('MB'), 0)
  t.is(await next('MA', 'other'), 2)
})

test('extrasProvider - needs no link definition, and takes no values', async (t) => {
  t.true(extrasProvider().automatic)
  t.deepEqual(await valueProblems(extrasProvider(), { SEED: '1' }), [
    'SEED: unknown key "SEED"; there are none',
  ])
})
