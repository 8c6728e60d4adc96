import test from 'ava'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { runCompiler } from '../../scripts/build-actors.ts'
import { answer, BareGuest } from '../support/bare-guest.ts'
import { httpRequestBytes, httpResponseHex } from '../support/http-message.ts'

const root = join(import.meta.dirname, '..', '..')
const template = join(root, 'actors', 'templates', 'actor')

/** A project made from the template, as `wash-ts new actor` makes it. */
async function makeProject(name: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'wash-ts-template-'))
  for (const entry of await readdir(template, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const source = join(entry.parentPath, entry.name)
    const folder = join(path, dirname(source.slice(template.length)))
    const file = basename(source)
      .replace(/\.tmpl$/u, '')
      .replace(/^dot-/u, '.')
    const content = await readFile(source, 'utf8')
    await mkdir(folder, { recursive: true })
    await writeFile(
      join(folder, file),
      content.replaceAll('{{name}}', name).replaceAll('{{washTs}}', '^0.1.0'),
    )
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('actor template - compiles against the SDK in node_modules, and greets', async (t) => {
  await using project = await makeProject('hello')
  await mkdir(join(project.path, 'node_modules'))
  await symlink(root, join(project.path, 'node_modules', 'wash-ts'))

  await runCompiler(['--baseDir', project.path])

  const guest = new BareGuest(
    new Uint8Array(await readFile(join(project.path, 'build', 'hello.wasm'))),
  )
  t.is(
    answer(guest.call('HandleRequest', httpRequestBytes({ queryString: 'name=you' }))),
    httpResponseHex(200, { 'content-type': 'text/plain; charset=utf-8' }, 'Hello, you!\n'),
  )
})

test('actor template - leaves no placeholder, and ignores what is built', async (t) => {
  await using project = await makeProject('hello')
  const entries = await readdir(project.path, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())

  for (const { parentPath, name } of files) {
    t.notRegex(await readFile(join(parentPath, name), 'utf8'), /\{\{/u, name)
  }
  t.deepEqual(
    files
      .map(({ parentPath, name }) => join(parentPath, name).slice(project.path.length + 1))
      .sort(),
    [
      '.gitignore',
      'README.md',
      'asconfig.json',
      'assembly/index.ts',
      'assembly/tsconfig.json',
      'package.json',
      'test/actor.test.js',
    ],
  )
})
