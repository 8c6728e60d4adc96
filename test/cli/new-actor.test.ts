import { mkdir, readFile, symlink } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { root } from '../support/source-files.ts'
import { commandFolder } from '../support/wash-command.ts'

test('wash-ts new actor - makes a project that builds, signs and answers without a download', async (t) => {
  t.timeout(120_000)
  await using folder = await commandFolder()
  const { exitCode, json } = await folder.runJson('new', 'actor', 'greeter')
  t.is(exitCode, 0)
  t.true((json['files'] as string[]).includes('assembly/index.ts'))
  const project = join(folder.path, 'greeter')
  const manifest = await readFile(join(project, 'package.json'), 'utf8')
  t.false(manifest.includes('{{'))

  // What `npm install` would bring, without asking a registry.
  await mkdir(join(project, 'node_modules'))
  await symlink(root, join(project, 'node_modules/wash-ts'))
  await symlink(`${root}node_modules/assemblyscript`, join(project, 'node_modules/assemblyscript'))
  const asc = `${root}node_modules/assemblyscript/bin/asc.js`
  await promisify(execFile)(process.execPath, [asc], { cwd: project })
  await folder.run('claims', 'sign', 'greeter/build/greeter.wasm', '--http-server')
  const answer = await folder.runJson(
    ...['call', 'greeter/build/greeter_s.wasm', 'HandleRequest', '{"path":"/?name=you"}'],
  )
  t.is(answer.json['body'], 'Hello, you!\n')

  await symlink(`${root}bin/wash-ts.js`, join(folder.path, 'wash-ts'))
  const path = [folder.path, dirname(process.execPath), process.env['PATH']].join(delimiter)
  const ownTests = promisify(execFile)(process.execPath, ['--test'], {
    cwd: project,
    env: { PATH: path },
  })
  await t.notThrowsAsync(ownTests)
})

test('wash-ts new actor - says how to enter a folder with a space in its name', async (t) => {
  await using folder = await commandFolder()
  await mkdir(join(folder.path, 'my actors'))
  const { stdout } = await folder.run('new', 'actor', 'my actors/greeter')
  t.true(stdout.includes("  cd 'my actors/greeter'\n"), stdout)
})

test('wash-ts new actor - does not touch a folder that is there', async (t) => {
  await using folder = await commandFolder()
  await mkdir(join(folder.path, 'greeter'))
  const { exitCode, json } = await folder.runJson('new', 'actor', 'greeter')
  t.is((json['error'] as { code: string }).code, 'ERR_FILE_EXISTS')
  t.is(exitCode, 7)
})

for (const name of ['Greeter', '1st', 'a b', '..', '{{name}}']) {
  test(`wash-ts new actor ${name} - is no name`, async (t) => {
    await using folder = await commandFolder()
    const { exitCode } = await folder.run('new', 'actor', name)
    t.is(exitCode, 2)
  })
}
