// Reads what AVA printed (the file that is its argument) and closes with the one plain line that
// readers of CI logs look for: `N passed, N failed`.
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

const lines = stripVTControlCharacters(readFileSync(process.argv[2], 'utf8'))
  .split('\n')
  .map((line) => line.trim())

/** The sum of the numbers that lines of AVA's closing summary begin with. */
function sumOf(pattern) {
  return lines.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0)
}

// AVA leaves out how many passed once one has failed: then each has its own line all the same.
const passed =
  sumOf(/^(\d+) tests? passed$/) || lines.filter((line) => line.startsWith('✔ ')).length
const failed =
  sumOf(/^(\d+) (?:tests?|hooks?) failed$/) +
  sumOf(/^(\d+) (?:uncaught exceptions?|unhandled rejections?)$/) +
  sumOf(/^(\d+) tests? remained pending/)
const skipped = sumOf(/^(\d+) tests? (?:skipped|todo)$/)
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
