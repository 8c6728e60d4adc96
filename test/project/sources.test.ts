import { basename } from 'node:path'
import test from 'ava'
import { publishedFolders, sourceFiles, withoutComments } from '../support/source-files.ts'

const files = sourceFiles([...publishedFolders, 'test', 'scripts', 'bench', 'actors'])

test('every source file - has at most 500 lines', (t) => {
  const long = files.filter(({ text }) => text.split('\n').length > 501).map(({ path }) => path)
  t.deepEqual(long, [])
})

test('every source file - names what it exports instead of export *', (t) => {
  const starred = files
    .filter(({ text }) => /^export\s*\*/m.test(withoutComments(text)))
    .map(({ path }) => path)
  t.deepEqual(starred, [])
})

test('every source file - is named in kebab-case for one thing', (t) => {
  const vague = /^(utils?|helpers?|types|common|misc)$/
  const misnamed = files
    .map(({ path }) => path)
    .filter((path) => {
      const stem = basename(path).replace(/(\.test)?\.ts$/, '')
      return vague.test(stem) || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)
    })
  t.deepEqual(misnamed, [])
})
