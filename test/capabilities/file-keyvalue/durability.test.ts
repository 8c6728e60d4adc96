/** What outlasts what: links, processes that are killed, processes that share a file. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import test from 'ava'
import { fileKeyValueProvider } from '../../../capabilities/file-keyvalue/index.ts'
import { root } from '../../support/source-files.ts'
import { temporaryFolder } from '../../support/service.ts'
import { linkProvider } from '../support/linked-provider.ts'

const counter = join(root, 'test/capabilities/support/file-counter.ts')

/** Runs a process that counts, and gives what it printed; kills it after so many lines. */
async function count(file: string, times: number, killAfter = Infinity): Promise<string[]> {
  const child = spawn(process.execPath, [counter, file, String(times)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    if (printed.split('\n').length > killAfter) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return printed.split('\n').slice(0, -1)
}

test('file-keyvalue - keeps every answered write of a process that is killed', async (t) => {
  await using folder = await temporaryFolder()
  const FILE = join(folder.path, 'store.db')
  for (let round = 1; round <= 5; round++) {
    const lines = await count(FILE, 0, 100 * round)
    const answered = Number(lines.at(-1))
    t.true(answered >= 100)
    await using link = await linkProvider(fileKeyValueProvider(), { values: { FILE } })
    const { value } = await link.ask('Get', { key: 'n' })
    // One more may have been written, and not printed any more.
    t.true(Number(value) === answered || Number(value) === answered + 1, `${value} ${answered}`)
    const { values } = await link.ask('Range', { key: 'l', start: 0, stop: -1 })
    t.deepEqual(values.slice(0, answered), sequence(answered))
    await link.ask('Set', { key: 'n', value: String(values.length), expiresSeconds: 0 })
  }
})

test('file-keyvalue - lets processes write to one file without losing anything', async (t) => {
  await using folder = await temporaryFolder()
  const FILE = join(folder.path, 'store.db')
  const printed = await Promise.all([count(FILE, 300), count(FILE, 300)])
  t.deepEqual(
    printed.map((lines) => lines.at(-1)),
    ['done', 'done'],
  )
  const numbers = printed.flatMap((lines) => lines.slice(0, -1).map(Number))
  t.deepEqual(numbers.sort((a, b) => a - b).map(String), sequence(600))
})

test('file-keyvalue - keeps data between links and providers, and apart by FILE', async (t) => {
  await using folder = await temporaryFolder()
  const values = { FILE: join(folder.path, 'store.db') }
  {
    await using before = await linkProvider(fileKeyValueProvider(), { values })
    await before.ask('Push', { key: 'l', value: 'x', end: 'head' })
  }
  await using after = await linkProvider(fileKeyValueProvider(), { values })
  t.deepEqual(await after.ask('Range', { key: 'l', start: 0, stop: -1 }), { values: ['x'] })
  const elsewhere = { FILE: join(folder.path, 'other.db') }
  await using other = await linkProvider(fileKeyValueProvider(), { values: elsewhere })
  t.false((await other.ask('KeyExists', { key: 'l' })).exists)
})

test('file-keyvalue - sees in one provider what another has written to the file', async (t) => {
  await using folder = await temporaryFolder()
  const values = { FILE: join(folder.path, 'store.db'), STORE: 'cart' }
  await using one = await linkProvider(fileKeyValueProvider(), { values, actor: 'MA' })
  await using two = await linkProvider(fileKeyValueProvider(), { values, actor: 'MB' })
  for (let round = 1; round <= 10; round++) {
    t.deepEqual(await one.ask('Add', { key: 'n', value: 1 }), { value: 2 * round - 1 })
    t.deepEqual(await two.ask('Add', { key: 'n', value: 1 }), { value: 2 * round })
  }
})

test('file-keyvalue - full: writes as it does with normal', async (t) => {
  await using folder = await temporaryFolder()
  const values = { FILE: join(folder.path, 'store.db'), SYNCHRONOUS: 'full' }
  await using link = await linkProvider(fileKeyValueProvider(), { values })
  t.deepEqual(await link.ask('Add', { key: 'n', value: 1 }), { value: 1 })
})

function sequence(length: number): string[] {
  return Array.from({ length }, (_, index) => String(index + 1))
}
