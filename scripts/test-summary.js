// Reads what AVA printed (the file that is its argument) and closes with the one plain line that
// readers of CI logs look for: `N passed, N failed`.
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

const counts = { passed: 0, failed: 0, skipped: 0 }
const failures =
  /^(\d+) (?:tests?|hooks?) failed|^(\d+) (?:uncaught exceptions?|unhandled rejections?|tests? remained pending)/
const lines = stripVTControlCharacters(readFileSync(process.argv[2], 'utf8')).split('\n')
for (const line of lines.map((text) => text.trim().replace(/^[✘✖✔ℹ] /, ''))) {
  const passed = /^(\d+) tests? passed/.exec(line)
  if (passed) counts.passed += Number(passed[1])
  const failed = failures.exec(line)
  if (failed) counts.failed += Number(failed[1] ?? failed[2])
  const skipped = /^(\d+) tests? (?:skipped|todo)/.exec(line)
  if (skipped) counts.skipped += Number(skipped[1])
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`)
