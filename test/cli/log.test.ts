import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { root } from '../support/source-files.ts'

/** What a program writes to standard error through the log that it opens as `log`. */
async function logged(level: string, program: string): Promise<Record<string, unknown>[]> {
  const script = `import { openErrorLog } from ${JSON.stringify(`${root}cli/log.ts`)}
    await using log = openErrorLog(${JSON.stringify(level)})
    ${program}`
  const { stderr } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    script,
  ])
  return stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('openErrorLog - writes JSON lines with message, level, time and facts', async (t) => {
  const [line, ...more] = await logged(
    'info',
    `log.child({ actor: 'MA' }).warn('slow', { durationMs: 5 })`,
  )
  t.like(line, { level: 'warn', message: 'slow', actor: 'MA', durationMs: 5 })
  t.false(Number.isNaN(Date.parse(String(line?.['time']))))
  t.deepEqual(more, [])
})

test('openErrorLog - leaves out what is below its level', async (t) => {
  const program = `log.debug('a'); log.info('b'); log.warn('c'); log.error('d')`
  const messages = (lines: Record<string, unknown>[]): unknown[] =>
    lines.map(({ message }) => message)
  t.deepEqual(messages(await logged('warn', program)), ['c', 'd'])
  t.deepEqual(messages(await logged('debug', program)), ['a', 'b', 'c', 'd'])
  t.deepEqual(messages(await logged('silent', program)), [])
})

test('openErrorLog - keeps facts apart from what every line has', async (t) => {
  const [line] = await logged('info', `log.info('said', { level: 'trace', message: 'x', time: 0 })`)
  t.like(line, { level: 'info', message: 'said', 'fact.level': 'trace', 'fact.message': 'x' })
})

test('openErrorLog - hides seeds, tokens and passwords', async (t) => {
  const [line] = await logged(
    'info',
    `log.info('a', { seed: 'SA', values: { password: 'p' }, jwt: 'j' })`,
  )
  t.like(line, { seed: '(hidden)', jwt: '(hidden)', values: { password: '(hidden)' } })
})

test('openErrorLog - writes errors with their code and cause', async (t) => {
  const [line] = await logged(
    'info',
    `log.error('failed', { error: Object.assign(new Error('a', { cause: new Error('b') }), { code: 'ERR_X' }) })`,
  )
  const error = line?.['error'] as Record<string, unknown>
  t.is(error['code'], 'ERR_X')
  t.regex(String(error['message']), /^a: b$/)
})
