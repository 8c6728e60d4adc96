import test from 'ava'
import { forbiddenImports, importsOf } from '../support/import-rules.ts'
import { publishedFolders, sourceFiles } from '../support/source-files.ts'

test('every folder - imports only what the table allows', (t) => {
  const files = sourceFiles(publishedFolders)
  t.true(files.length > 50, 'the sources were found')
  t.deepEqual(files.flatMap(forbiddenImports), [])
})

const refused: readonly (readonly [why: string, path: string, text: string])[] = [
  ['an import against the direction', 'signing/nkey.ts', "import { a } from '../host/index.ts'"],
  ['an import past a public face', 'host/host.ts', "import { a } from '../signing/nkey.ts'"],
  [
    'a type import against the direction',
    'contracts/a.ts',
    "import type { A } from '../signing/index.ts'",
  ],
  [
    'a re-export against the direction',
    'lattice/index.ts',
    "export { a } from '../capabilities/index.ts'",
  ],
  ['a dynamic import against the direction', 'host/a.ts', "await import('../cli/main.ts')"],
  ['an engine that knows its host', 'host/engine/a.ts', "import { a } from '../index.ts'"],
  ['a library outside its door', 'host/a.ts', "import { decode } from '@msgpack/msgpack'"],
  ['a library without a door', 'host/a.ts', "import lodash from 'lodash'"],
  [
    'an import over several lines',
    'signing/a.ts',
    "import {\n  a,\n} from '../contracts/index.ts'",
  ],
  ['a test from a source', 'host/a.ts', "import { a } from '../test/support/a.ts'"],
]
for (const [why, path, text] of refused) {
  test(`forbiddenImports - names ${why}`, (t) => {
    t.is(forbiddenImports({ path, text }).length, 1)
  })
}

test('forbiddenImports - allows public faces, doors and Node itself', (t) => {
  const allowed = [
    ['host/host.ts', "import { a } from '../signing/index.ts'"],
    ['host/host.ts', "import { a } from './engine/index.ts'"],
    ['capabilities/http-server/a.ts', "import { a } from '../../host/index.ts'"],
    ['signing/token.ts', "import { a } from 'jose'\nimport { b } from 'node:fs'"],
    ['cli/main.ts', "import { a } from '../host/index.ts'\nawait import('pino')"],
  ] as const
  for (const [path, text] of allowed) t.deepEqual(forbiddenImports({ path, text }), [])
})

test('importsOf - does not see imports in comments', (t) => {
  t.deepEqual(importsOf("/**\n * import { a } from 'b'\n */\n// import 'c'\nimport 'd'"), ['d'])
})
