import test from 'ava'
import {
  blobKeyOf,
  containerKeyOf,
  containerOfKey,
  idOfKey,
  isHashed,
  markerName,
} from '../../../capabilities/s3-blobstore/keys.ts'
import { hostileNames } from '../../support/hostile-names.ts'

test(`blobKeyOf - makes ${hostileNames.length} hostile names harmless, and keeps them apart`, (t) => {
  const keys = hostileNames.map(blobKeyOf)
  for (const key of keys) {
    t.regex(key, /^(?:~[0-9a-f]{64}|[\w!()./%-]{1,500})$/)
    t.notRegex(key, /(?:^|\/)(?:\.|\/|$)/)
    // What the URL of a request makes of it is what it is.
    const path = encodeURIComponent(key).replaceAll('%2F', '/')
    t.is(new URL(`http://h/${path}`).pathname, `/${path}`)
  }
  t.is(new Set(keys).size, hostileNames.length)
  t.false(keys.includes(markerName))
})

test('idOfKey, containerOfKey - give back every name that is not hashed', (t) => {
  for (const name of hostileNames) {
    const key = blobKeyOf(name)
    t.is(idOfKey(key), isHashed(key) ? undefined : name)
    const segment = containerKeyOf(name)
    t.false(segment.includes('/'))
    t.is(containerOfKey(segment), isHashed(segment) ? undefined : name)
  }
})

test('idOfKey - knows no key that blobKeyOf would call otherwise', (t) => {
  for (const key of [
    '',
    '.container',
    'a/.b',
    'a//b',
    '/a',
    'a/',
    '%61',
    '%2e',
    'a b',
    'ä',
    '%c3',
  ]) {
    t.is(idOfKey(key), undefined, key)
  }
})

test('blobKeyOf - leaves paths as they are', (t) => {
  for (const id of ['a', 'A/b.c/d-e_f', '2026/11/21/cat (1).png'.replace(' ', '_')]) {
    t.is(blobKeyOf(id), id)
  }
  t.is(blobKeyOf('a/../b c'), 'a/%2E./b%20c')
  t.is(containerKeyOf('a/b'), 'a%2Fb')
})
