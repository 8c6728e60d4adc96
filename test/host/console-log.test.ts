import test from 'ava'
import { ConsoleLog } from '../../host/console-log.ts'
import type { LogFacts, Logger } from '../../host/index.ts'

test('ConsoleLog - shows what is no text, and cuts what is long', (t) => {
  const { lines, log } = kept()
  const console = new ConsoleLog(log, () => 0)

  console.print('a\u001b[2J\u202eb')
  console.print('x'.repeat(10_000))

  t.is(lines[0]?.[1]['text'], 'a\\x1b[2J\\u{202e}b')
  t.true(Buffer.byteLength(String(lines[1]?.[1]['text'])) <= 8_192)
  t.regex(String(lines[1]?.[1]['text']), /x \[cut, 10000 bytes in all\]$/)
})

test('ConsoleLog - of a flood tells a part, and how much it left out', (t) => {
  const { lines, log } = kept()
  let now = 0
  const console = new ConsoleLog(log, () => now)

  for (let line = 0; line < 10_000; line++) console.print('flood')
  t.is(lines.length, 500)
  now = 10_000
  console.print('later')
  for (let line = 0; line < 10_000; line++) console.print('flood')
  console.flush()
  console.flush()

  t.deepEqual(lines[500], ['provider console lines suppressed', { suppressed: 9_500 }])
  t.deepEqual(lines[501], ['provider console', { text: 'later' }])
  t.deepEqual(lines.at(-1)?.[0], 'provider console lines suppressed')
  t.is(lines.filter(([message]) => message.endsWith('suppressed')).length, 2)
})

function kept(): { lines: [string, LogFacts][]; log: Logger } {
  const lines: [string, LogFacts][] = []
  const keep = (message: string, facts: LogFacts = {}): void => void lines.push([message, facts])
  const log: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => log }
  return { lines, log }
}
