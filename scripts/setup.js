// Brings what the two commands need: runs before `npm start` and `npm test`, on whatever Node the
// machine has (18 and 20 parse this), and leaves Node 26 in node_modules/.bin. Does nothing, in
// milliseconds, when everything is there already.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const nodeNeeded = 26

/** Debian packages that only the tests need: the package, and the binary that proves it is there. */
const debianPackages = [
  { name: 'redis-server', binary: 'redis-server' },
  { name: 'nats-server', binary: 'nats-server' },
  { name: 'postgresql', binary: 'initdb' },
  { name: 'clang', binary: 'clang' },
  { name: 'lld', binary: 'wasm-ld' },
  { name: 'openssl', binary: 'openssl' },
]

/**
 * npm keeps a copy of the lock file for what it really installed. The two agree when every package
 * in the lock file is there in the same version, apart from those for other platforms.
 */
function installedMatchesLock() {
  const installed = readLock(join(root, 'node_modules', '.package-lock.json'))
  const wanted = readLock(join(root, 'package-lock.json'))
  if (!installed || !wanted) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const found = installed[path]
    if (!found) return entry.optional === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

function readLock(path) {
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    // Half-written by an interrupted install: install again.
    return undefined
  }
}

function bundledNodeMajor() {
  const name = process.platform === 'win32' ? 'node.cmd' : 'node'
  const path = join(root, 'node_modules', '.bin', name)
  if (!existsSync(path)) return undefined
  const { stdout } = spawnSync(path, ['-v'], { encoding: 'utf8', shell: name.endsWith('.cmd') })
  return Number.parseInt(String(stdout).slice(1), 10)
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    fail(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
  }
}

function fail(message) {
  console.error(`setup: ${message}`)
  process.exit(1)
}

/**
 * npm 10 links no program that packages for other platforms have too, and so not the `node` that
 * all of them are about: link it in its place.
 */
function linkBundledNode() {
  const link = join(root, 'node_modules', '.bin', 'node')
  if (process.platform === 'win32' || existsSync(link)) return
  const modules = join(root, 'node_modules')
  const names = existsSync(modules) ? readdirSync(modules) : []
  const brought = names.find((name) => existsSync(join(modules, name, 'bin', 'node')))
  if (brought === undefined) return
  rmSync(link, { force: true })
  symlinkSync(join('..', brought, 'bin', 'node'), link)
}

function haveNode() {
  return Math.max(bundledNodeMajor() ?? 0, Number.parseInt(process.versions.node, 10)) >= nodeNeeded
}

function installPackages() {
  linkBundledNode()
  if (!installedMatchesLock() || !haveNode()) {
    console.log('Installing npm packages (once)...')
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
    linkBundledNode()
  }
  if (haveNode()) return
  fail(
    `Node ${nodeNeeded} or newer is needed and npm brought none for ${process.platform} ${process.arch}; ` +
      `this one is ${process.version}. Install Node ${nodeNeeded} from nodejs.org and run this again`,
  )
}

function installDebianPackages() {
  const missing = debianPackages.filter(({ binary }) => !isThere(binary)).map(({ name }) => name)
  if (missing.length === 0) return
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...missing]
  const isRoot = typeof process.getuid === 'function' && process.getuid() === 0
  if (!isRoot || !isThere('apt-get')) {
    fail(`the tests need ${missing.join(', ')}: sudo apt-get ${install.join(' ')}`)
  }
  console.log(`Installing Debian packages (once): ${missing.join(' ')}`)
  run('apt-get', ['update', '-qq'])
  run('apt-get', install)
}

/** Looks beyond PATH too: Debian keeps nats-server in /usr/sbin, and PostgreSQL by its version. */
function isThere(binary) {
  const postgresql = '/usr/lib/postgresql'
  const versions = existsSync(postgresql) ? readdirSync(postgresql) : []
  return [
    ...(process.env.PATH ?? '').split(process.platform === 'win32' ? ';' : ':'),
    '/usr/sbin',
    ...versions.map((version) => join(postgresql, version, 'bin')),
  ].some((folder) => folder !== '' && existsSync(join(folder, binary)))
}

installPackages()
if (process.argv.includes('--tests')) installDebianPackages()
