import test from 'ava'
import { loggingProvider } from '../../../capabilities/logging/index.ts'
import type { LogLevel } from '../../../contracts/index.ts'
import { linkProvider, type LinkFacts, valueProblems } from '../support/linked-provider.ts'

async function linkLog(facts: LinkFacts = {}) {
  const clock = { now: 0 }
  const link = await linkProvider(loggingProvider({ now: () => clock.now }), facts)
  const write = (text: string, level: LogLevel = 'info', target = ''): unknown =>
    link.ask('WriteLog', { level, text, target })
  const texts = (): unknown[] =>
    link.log.map(({ message, facts }) => (message === 'actor log' ? facts['text'] : facts))
  return { link, clock, write, texts }
}

test('WriteLog - passes level, actor, target and text on as facts, at once', async (t) => {
  const { link, write } = await linkLog({ actorName: 'Pinger' })
  for (const level of ['error', 'warn', 'info', 'debug', 'trace'] as const) {
    t.is(write('hello', level), undefined)
  }
  write('hello', 'warn', 'a::b')
  t.deepEqual(
    link.log.map(({ level, facts }) => [level, facts['actorLevel']]),
    [
      ['error', 'error'],
      ['warn', 'warn'],
      ['info', 'info'],
      ['debug', 'debug'],
      ['debug', 'trace'],
      ['warn', 'warn'],
    ],
  )
  t.deepEqual(link.log.at(-1), {
    level: 'warn',
    message: 'actor log',
    facts: { actorName: 'Pinger', actorLevel: 'warn', target: 'a::b', text: 'hello' },
  })
  t.false('target' in (link.log[0]?.facts ?? {}))
})

test('WriteLog - escapes text, target and the name in the claims', async (t) => {
  const { link, write } = await linkLog({ actorName: 'a\nb' })
  write('one\ntwo\u001b[2J', 'info', 'x\u202ey')
  t.deepEqual(link.log[0]?.facts, {
    actorName: 'a\\x0ab',
    actorLevel: 'info',
    target: 'x\\u{202e}y',
    text: 'one\\x0atwo\\x1b[2J',
  })
})

test('WriteLog - cuts a line of 10 MiB to 8 KiB', async (t) => {
  const { link, write } = await linkLog()
  write('\u001b'.repeat(10 * 1024 * 1024), 'info', 'x'.repeat(10_000))
  const { text, target } = Object(link.log[0]?.facts) as { text: string; target: string }
  t.true(Buffer.byteLength(text) <= 8192)
  t.true(text.endsWith(' [cut, 10485760 bytes in all]'))
  t.true(Buffer.byteLength(target) <= 256)
})

test('WriteLog - suppresses a flood, and says how much once it goes on', async (t) => {
  const { clock, write, texts } = await linkLog({
    values: { LINES_PER_SECOND: '2', BURST_LINES: '3' },
  })
  for (let line = 0; line < 1_000; line++) write(String(line))
  t.deepEqual(texts(), ['0', '1', '2'])
  clock.now = 999
  write('too early: a second is worth two lines')
  t.is(texts().length, 3)
  clock.now = 1000
  write('a')
  write('b')
  write('c')
  t.deepEqual(texts().slice(3), [{ actorName: 'MA', suppressed: 998, linesPerSecond: 2 }, 'a', 'b'])
  clock.now = 1_000_000
  for (const text of 'defg') write(text)
  t.deepEqual(texts().slice(6), [
    { actorName: 'MA', suppressed: 1, linesPerSecond: 2 },
    'd',
    'e',
    'f',
  ])
})

test('WriteLog - never suppresses an actor that keeps to its rate', async (t) => {
  const { clock, write, texts } = await linkLog({
    values: { LINES_PER_SECOND: '10', BURST_LINES: '1' },
  })
  for (let line = 0; line < 500; line++) {
    write(String(line))
    clock.now += 100
  }
  t.is(texts().length, 500)
})

test('WriteLog - does not count lines below MIN_LEVEL', async (t) => {
  const { write, texts, link } = await linkLog({
    values: { MIN_LEVEL: 'Warn', BURST_LINES: '2', LINES_PER_SECOND: '1' },
  })
  for (const level of ['trace', 'debug', 'info', 'warn', 'trace', 'error'] as const) {
    write(level, level)
  }
  await link[Symbol.asyncDispose]()
  t.deepEqual(texts(), ['warn', 'error'])
})

test('disposal - reports lines that are still suppressed, once', async (t) => {
  const { write, texts, link } = await linkLog({ values: { BURST_LINES: '1' } })
  for (let line = 0; line < 5; line++) write('x')
  await link[Symbol.asyncDispose]()
  await link[Symbol.asyncDispose]()
  t.deepEqual(texts(), ['x', { actorName: 'MA', suppressed: 4, linesPerSecond: 100 }])
})

test('link values - are refused by name, with what would do', async (t) => {
  const problems = (values: unknown) => valueProblems(loggingProvider(), values)
  t.deepEqual(await problems({ MIN_LEVEL: 'loud', LINES_PER_SECOND: '-1' }), [
    'MIN_LEVEL: "loud" is not one of trace, debug, info, warn, error',
    'LINES_PER_SECOND: "-1" is not a whole number from 1 to 1000000 (lines per second)',
  ])
  t.deepEqual(await problems({ LEVEL: 'info' }), [
    'LEVEL: unknown key "LEVEL"; there are MIN_LEVEL, LINES_PER_SECOND, BURST_LINES',
  ])
})

test('loggingProvider - needs no link definition', (t) => t.true(loggingProvider().automatic))
