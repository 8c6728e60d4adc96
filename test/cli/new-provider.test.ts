import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { buildActor } from '../support/actors.ts'
import { freePort } from '../support/free-port.ts'
import { root } from '../support/source-files.ts'
import { commandFolder } from '../support/wash-command.ts'

const run = promisify(execFile)
const tsc = join(root, 'node_modules/typescript/bin/tsc')

/** wash-ts as a project has it in its node_modules: what is published, with what it depends on. */
async function publishedPackage(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'wash-ts-published-'))
  await run(process.execPath, [tsc, '-p', 'tsconfig.dist.json', '--outDir', join(path, 'dist')], {
    cwd: root,
  })
  for (const entry of ['bin', 'actors', 'package.json', 'node_modules']) {
    await symlink(join(root, entry), join(path, entry))
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('wash-ts new provider - makes a project that builds, passes its tests and serves an actor', async (t) => {
  t.timeout(240_000)
  await using published = await publishedPackage()
  await using folder = await commandFolder()
  const made = await folder.runJson('new', 'provider', 'my-store')
  t.is(made.exitCode, 0)
  t.deepEqual(made.json['files'], [
    ...['.gitignore', 'README.md', 'manifest.yaml', 'package.json', 'provider.ts'],
    ...['test/provider.test.ts', 'tsconfig.json'],
  ])
  const project = join(folder.path, 'my-store')
  for (const file of made.json['files'] as string[]) {
    t.notRegex(await readFile(join(project, file), 'utf8'), /\{\{/, file)
  }

  // What `npm install` would bring, without asking a registry.
  await mkdir(join(project, 'node_modules'))
  await symlink(published.path, join(project, 'node_modules/wash-ts'))
  await run(process.execPath, [tsc], { cwd: project })
  await run(process.execPath, ['--test'], {
    cwd: project,
    env: { PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) },
  })
  const { scripts } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const [, par = ''] = /&& wash-ts (.*)$/.exec(scripts['par'] ?? '') ?? []
  t.regex(par, /^par create /)
  const created = await folder.run(...par.replaceAll('build/', 'my-store/build/').split(' '))
  t.is(created.exitCode, 0, created.stderr)

  await writeFile(join(project, 'actor_s.wasm'), await buildActor('kvcounter'))
  const port = await freePort()
  const manifest = join(project, 'manifest.yaml')
  const text = await readFile(manifest, 'utf8')
  await writeFile(manifest, text.replaceAll('${PORT:8080}', String(port)))
  await using host = folder.start('up', manifest)
  await host.line((line) => line.includes('running on host'), 'stderr')
  const visit = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/a`)).text()
  t.is(await visit(), '{"counter":1}')
  t.is(await visit(), '{"counter":2}')
  host.kill('SIGTERM')
  t.is((await host.finished).exitCode, 0)
})

for (const name of ['Store', '1st', 'a b']) {
  test(`wash-ts new provider ${name} - is no name`, async (t) => {
    await using folder = await commandFolder()
    t.is((await folder.run('new', 'provider', name)).exitCode, 2)
  })
}
