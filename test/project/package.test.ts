import { readFileSync } from 'node:fs'
import test from 'ava'
import { type LockedPackage, missingOptional } from '../../scripts/complete-lock.ts'
import { root } from '../support/source-files.ts'

const readJson = (path: string): unknown => JSON.parse(readFileSync(root + path, 'utf8'))

const manifest = readJson('package.json') as {
  exports: Record<string, string | { types: string; default: string }>
  dependencies: Record<string, string>
  optionalDependencies: Record<string, string>
  devDependencies: Record<string, string>
  engines: { node: string }
}

test('package-lock.json - names no registry', (t) => {
  t.notRegex(readFileSync(`${root}package-lock.json`, 'utf8'), /"resolved"/)
})

const { packages } = readJson('package-lock.json') as { packages: Record<string, LockedPackage> }

test('package-lock.json - pins every package by hash, but for tools of other platforms', (t) => {
  const unpinned = Object.entries(packages)
    .filter(([path, { integrity, optional }]) => path && !integrity && !optional)
    .map(([path]) => path)
  t.deepEqual(unpinned, [])
})

test('package.json - puts types first in every export', (t) => {
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue
    t.deepEqual(Object.keys(target), ['types', 'default'], name)
    t.is(target.types.replace(/\.d\.ts$/, ''), target.default.replace(/\.js$/, ''), name)
  }
})

test('package.json - asks for the same major of Node that it brings', (t) => {
  const needed = manifest.engines.node.replace('>=', '')
  const brought = Object.entries(manifest.optionalDependencies)
    .filter(([name]) => name.startsWith('node-'))
    .map(([, version]) => version.split('.')[0])
  t.true(brought.length >= 4)
  t.deepEqual(new Set(brought), new Set([needed]))
})

test('package-lock.json - lists the optional packages of every platform, as npm ci wants', (t) => {
  t.deepEqual(missingOptional(packages), {}, 'run node scripts/complete-lock.ts')
})
