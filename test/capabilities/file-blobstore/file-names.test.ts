import test from 'ava'
import {
  fileNameOf,
  isHashed,
  nameOfFile,
} from '../../../capabilities/file-blobstore/file-names.ts'
import { hostileNames } from '../../support/hostile-names.ts'

test(`fileNameOf - makes ${hostileNames.length} hostile names harmless, and keeps them apart`, (t) => {
  const files = hostileNames.map(fileNameOf)
  for (const file of files) {
    t.regex(file, /^(?:~[0-9a-f]{64}|(?:[a-z0-9_-]|%[0-9a-f]{2})(?:[a-z0-9_.%-]*[a-z0-9_%-])?)$/)
    t.true(file.length <= 200)
    t.notRegex(file, /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/)
  }
  const folded = new Set(files.map((file) => file.toLowerCase().normalize('NFC')))
  t.is(folded.size, hostileNames.length)
})

test('nameOfFile - gives back every name that is not hashed', (t) => {
  for (const name of hostileNames) {
    const file = fileNameOf(name)
    t.is(nameOfFile(file), isHashed(file) ? undefined : name)
  }
})

test('nameOfFile - knows no file that fileNameOf would call otherwise', (t) => {
  for (const file of [
    '',
    'A',
    '.',
    '..',
    '.a',
    'a.',
    'a b',
    '%',
    '%6',
    '%61',
    '%2E',
    'con',
    'nul.txt',
    '%c3',
    'ä',
    '~name',
    'x'.repeat(201),
  ]) {
    t.is(nameOfFile(file), undefined, file)
  }
})

test('fileNameOf - leaves usual names as they are', (t) => {
  for (const name of ['a', 'cat.png', 'a_b-c.tar.gz', '2026-11-21', 'x'.repeat(200)]) {
    t.is(fileNameOf(name), name)
  }
  t.is(fileNameOf('Cat/..'), '%43at%2f.%2e')
  t.is(fileNameOf('con.txt'), '%63on.txt')
  t.is(fileNameOf('é'), '%c3%a9')
})
