import { execFile } from 'node:child_process'
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
