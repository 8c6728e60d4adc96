import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { root } from '../support/source-files.ts'

const closings: readonly (readonly [log: string, line: string])[] = [
  ['  ✔ a › b\n  ─\n\n  20 tests passed\n', '20 passed, 0 failed'],
  ['  ✔ a › c\n  ✘ [fail]: a › b\n  ─\n\n  4 tests failed\n', '1 passed, 4 failed'],
  [
    '  ─\n\n  1 test failed\n  19 tests passed\n  2 tests skipped\n',
    '19 passed, 1 failed, 2 skipped',
  ],
  [
    '  ─\n\n  3 tests passed\n  1 unhandled rejection\n  1 uncaught exception\n',
    '3 passed, 2 failed',
  ],
  ['  \u001b[31m1 test failed\u001b[39m\n', '0 passed, 1 failed'],
  ['npm error something else broke\n', '0 passed, 0 failed'],
]
for (const [log, line] of closings) {
  test(`scripts/test-summary.js - closes with ${line}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'wash-ts-summary-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'log'), log)
    const script = `${root}scripts/test-summary.js`
    const stdout = execFileSync(process.execPath, [script, join(folder, 'log')], {
      encoding: 'utf8',
    })
    t.is(stdout, `${line}\n`)
  })
}
