/** Answers that would take so long to gather that nothing else gets a turn. */
import test from 'ava'
import { memoryKeyValueProvider } from '../../../capabilities/memory-keyvalue/index.ts'
import { linkProvider } from '../support/linked-provider.ts'

const most = 65_536
const tooMuch = { code: 'ERR_STORE_LIMIT', message: /more than the 65536 of one answer/ }

test('Range - gives at most 65,536 items, of however long a list', async (t) => {
  await using link = await linkProvider(memoryKeyValueProvider())
  for (let at = 0; at < 70_000; at++) await link.ask('Push', { key: 'l', value: 'x', end: 'tail' })
  t.is((await link.ask('Range', { key: 'l', start: -most, stop: -1 })).values.length, most)
  await t.throwsAsync(async () => link.ask('Range', { key: 'l', start: 0, stop: -1 }), tooMuch)
  await t.throwsAsync(async () => link.ask('Range', { key: 'l', start: 0, stop: most }), tooMuch)
})

test('sets - give at most 65,536 items, alone or together', async (t) => {
  await using link = await linkProvider(memoryKeyValueProvider())
  for (let at = 0; at < most; at++) await link.ask('SetAdd', { key: 'a', value: String(at) })
  t.is((await link.ask('SetQuery', { key: 'a' })).values.length, most)
  await link.ask('SetAdd', { key: 'b', value: 'another' })
  await t.throwsAsync(async () => link.ask('SetUnion', { keys: ['a', 'b'] }), tooMuch)
  t.deepEqual(await link.ask('SetIntersection', { keys: ['a', 'b'] }), { values: [] })
  await link.ask('SetAdd', { key: 'a', value: 'another' })
  await t.throwsAsync(async () => link.ask('SetQuery', { key: 'a' }), tooMuch)
  await t.throwsAsync(async () => link.ask('SetIntersection', { keys: ['a'] }), tooMuch)
})
