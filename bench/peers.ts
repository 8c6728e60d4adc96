/** What the bench compares with: packages of its own, so that nothing else needs them. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const require = createRequire(`${folder}package.json`)

/** Installs the peers unless they are there in the versions of the lock file. */
export function installPeers(): void {
  if (isInstalled()) return
  console.log('Installing what the bench compares with (once)...')
  const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', ['ci', '--loglevel=error', ...options], { stdio: 'inherit' })
  if (status !== 0) throw new Error('npm ci --prefix bench failed')
}

/** Loads a peer; the caller knows its type, the compiler does not, for it need not be installed. */
export function loadPeer(name: string): unknown {
  return require(name)
}

function isInstalled(): boolean {
  const packagesOf = (path: string): Record<string, { version: string; optional?: boolean }> =>
    existsSync(path)
      ? (JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, never> }).packages
      : {}
  const installed = packagesOf(`${folder}node_modules/.package-lock.json`)
  return Object.entries(packagesOf(`${folder}package-lock.json`)).every(
    ([path, { version, optional }]) =>
      path === '' || installed[path]?.version === version || (optional && !installed[path]),
  )
}
