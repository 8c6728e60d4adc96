import { execFile } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import test from 'ava'
import { describeLinkValues, stockProviders } from '../../capabilities/index.ts'
import { errorsPage } from '../../scripts/docs.ts'
import { manifestSchemaText } from '../../scripts/manifest-schema.ts'
import { providersPage } from '../../scripts/providers-page.ts'
import { publicExports } from '../support/public-exports.ts'
import { publishedFolders, root } from '../support/source-files.ts'

const read = (path: string): string => readFileSync(root + path, 'utf8')

test('docs/errors.md - is what npm run docs writes', (t) => {
  t.true(read('docs/errors.md') === errorsPage(), 'run npm run docs and commit the result')
})

test('docs/providers.md - is what npm run docs writes', (t) => {
  t.true(read('docs/providers.md') === providersPage(), 'run npm run docs and commit the result')
})

test('docs/providers.md - says of every key what it is', (t) => {
  const keys = stockProviders().flatMap(({ name, configSchema }) =>
    describeLinkValues(configSchema).map((value) => ({ name, ...value })),
  )
  t.true(keys.length > 20)
  t.deepEqual(
    keys.filter(({ description }) => !description),
    [],
  )
})

test('docs/manifest.schema.json - is what npm run docs writes', (t) => {
  t.true(read('docs/manifest.schema.json') === manifestSchemaText(), 'run npm run docs')
})

test('docs/errors.md - gives every code one meaning', (t) => {
  const codes = [...read('docs/errors.md').matchAll(/^### (\S+)$/gm)].map(([, code]) => code)
  t.true(codes.length > 40)
  t.deepEqual(
    codes.filter((code, index) => codes.indexOf(code) !== index),
    [],
  )
})

for (const folder of publishedFolders) {
  const index = `${folder}/index.ts`
  if (!existsSync(root + index)) continue
  test(`${index} - documents everything it exports`, (t) => {
    const all = publicExports(index)
    t.true(all.length > 0)
    const bare = all.filter(({ documented }) => !documented)
    t.deepEqual(
      bare.map(({ name, path }) => `${path}: ${name}`),
      [],
    )
  })
}

const pages = ['*.md', 'docs/**/*.md', 'actors/*.md'].flatMap((glob) =>
  globSync(glob, { cwd: root }),
)

test('Markdown pages - link only to files that exist', (t) => {
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
      .map(([, target = '']) => new URL(target, `file://${root}${page}`).pathname)
      .filter((path) => !existsSync(path))
      .map((path) => `${page}: ${path.slice(root.length)}`),
  )
  t.deepEqual(broken, [])
})

test('Markdown pages - show only scripts that package.json has', (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const missing = pages.flatMap((page) =>
    [...read(page).matchAll(/\bnpm (?:run )?(start|test|(?<=run )[a-z:]+)/g)]
      .map(([, name = '']) => name)
      .filter((name) => !(name in scripts))
      .map((name) => `${page}: npm run ${name}`),
  )
  t.deepEqual(missing, [])
})

test('Markdown pages - show wash-ts commands that exist', async (t) => {
  const { findCommand } = await import('../../cli/commands.ts')
  const lines = pages.flatMap((page) =>
    codeBlocks(read(page), 'sh').flatMap((block) =>
      block
        .split('\n')
        .map((line) => /^(?:npx )?wash-ts (.+?)(?:\s+#.*)?$/.exec(line.trim())?.[1])
        .filter((command) => command !== undefined),
    ),
  )
  t.true(lines.length > 0)
  for (const line of lines) t.notThrows(() => findCommand(line.split(' ')), line)
})

const snippets = ['README.md', 'docs/lattice.md'].flatMap((page) => codeBlocks(read(page), 'ts'))
if (snippets.length > 0) {
  test('README.md, docs/lattice.md - show TypeScript that type-checks', async (t) => {
    const folder = `${root}build/readme-snippets`
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    for (const [index, block] of snippets.entries()) {
      writeFileSync(`${folder}/snippet-${index}.ts`, block)
    }
    const faces = ['host', 'signing', 'contracts', 'capabilities', 'lattice']
    const paths = {
      'wash-ts': ['../../host/index.ts'],
      ...Object.fromEntries(faces.map((face) => [`wash-ts/${face}`, [`../../${face}/index.ts`]])),
    }
    writeFileSync(
      `${folder}/tsconfig.json`,
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions: { paths, isolatedDeclarations: false, noUnusedLocals: false },
        include: ['*.ts'],
        exclude: [],
      }),
    )
    await t.notThrowsAsync(
      promisify(execFile)(`${root}node_modules/.bin/tsc`, ['-p', folder], { cwd: root }).catch(
        (error: unknown) => {
          throw new Error((error as { stdout: string }).stdout)
        },
      ),
    )
  })
}

function codeBlocks(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  )
}
