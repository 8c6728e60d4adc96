import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { root } from '../support/source-files.ts'

const run = promisify(execFile)

/** As outside the checkout: no Node 26 of ours on the path, nothing that npm told its scripts. */
const outside: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE|AVA|WASH_)/.test(name)),
  ),
  PATH: (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .join(delimiter),
}

test('npm pack - gives a package whose wash-ts works in an empty folder', async (t) => {
  t.timeout(300_000)
  const folder = await mkdtemp(join(tmpdir(), 'wash-ts-pack-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const env = { ...outside, WASH_KEYS: join(folder, 'keys') }

  const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
  const json = packed.stdout.slice(packed.stdout.search(/^[[{]/m))
  const [{ filename, files }] = Object.values(JSON.parse(json) as object) as [
    { filename: string; files: { path: string }[] },
  ]
  const paths = files.map(({ path }) => path)
  t.true(paths.includes('dist/cli/main.js'))
  t.true(paths.includes('dist/host/index.d.ts'))
  t.deepEqual(
    paths.filter((path) => /^(test|bench|scripts|build|node_modules)\/|\.nk$|\.tgz$/.test(path)),
    [],
  )

  const empty = join(folder, 'empty')
  await mkdir(empty)
  await writeFile(join(empty, 'package.json'), '{ "private": true }')
  await run(
    'npm',
    [
      'install',
      '--prefer-offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      join(folder, filename),
    ],
    { cwd: empty, env },
  )
  const wash = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { stdout } = await run('npx', ['--no', 'wash-ts', ...args, '-o', 'json'], {
      cwd: empty,
      env,
    })
    return JSON.parse(stdout) as Record<string, unknown>
  }

  const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as {
    version: string
  }
  const said = await wash('version')
  t.is(said['version'], version)
  t.regex(String(said['node']), /^26\./)

  await writeFile(join(empty, 'nothing.wasm'), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
  const signed = await wash('claims', 'sign', 'nothing.wasm', '--keyvalue')
  t.is(signed['destination'], 'nothing_s.wasm')
  const inspected = await wash('claims', 'inspect', 'nothing_s.wasm')
  t.is(inspected['subject'], signed['subject'])
  t.true(inspected['signatureValid'])
  t.true(inspected['hashValid'])

  const { stdout: imported } = await run(
    join(empty, 'node_modules/.bin/node'),
    ['-e', "import('wash-ts/signing').then((m) => console.log(typeof m.verifyActor))"],
    { cwd: empty, env },
  )
  t.is(imported.trim(), 'function')
})
