import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { root } from '../support/source-files.ts'

test('bin/wash-ts.js - says in one line which Node it needs when run on an older one', async (t) => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { node: '20.19.0' } })
    Object.defineProperty(process, 'version', { value: 'v20.19.0' })`
  const old = `data:text/javascript,${encodeURIComponent(pretend)}`
  const failure = await t.throwsAsync<Error & { code: number; stdout: string; stderr: string }>(
    promisify(execFile)(process.execPath, ['--import', old, `${root}bin/wash-ts.js`, 'version']),
  )
  t.is(failure.code, 1)
  t.is(failure.stdout, '')
  t.is(
    failure.stderr,
    'wash-ts: Node 26 or newer is needed, this is v20.19.0; `npx wash-ts` uses the Node that came with the package\n',
  )
})

test('bin/wash-ts.js - runs on the Node of its package, whatever is on the path, through links', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wash-ts-launcher-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const link = join(folder, 'wash-ts')
  symlinkSync(`${root}bin/wash-ts.js`, link)
  writeFileSync(join(folder, 'node'), '#!/bin/sh\necho the wrong node\n', { mode: 0o755 })
  const { stdout } = await promisify(execFile)(link, ['version', '-o', 'json'], {
    env: { ...process.env, PATH: `${folder}:/usr/bin:/bin` },
  })
  t.regex((JSON.parse(stdout) as { node: string }).node, /^26\./)
})
