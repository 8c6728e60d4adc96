/**
 * A process of its own for tests: counts in the file that it is given, and prints every number that it
 * was answered, and when it ends after so many, `done`.
 *
 * Arguments: the file, and how many times to count (0: until it is killed).
 */
import { writeSync } from 'node:fs'
import { fileKeyValueProvider } from '../../../capabilities/file-keyvalue/index.ts'
import { linkProvider } from './linked-provider.ts'

const [FILE = '', times = '0'] = process.argv.slice(2)
const most = Number(times) || Infinity
await using link = await linkProvider(fileKeyValueProvider(), { values: { FILE } })
for (let count = 0; count < most; count++) {
  const { value } = await link.ask('Add', { key: 'n', value: 1 })
  await link.ask('Push', { key: 'l', value: String(value), end: 'tail' })
  writeSync(1, `${value}\n`)
}
writeSync(1, 'done\n')
