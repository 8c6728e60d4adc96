// Adds the other platforms' optional packages to package-lock.json. npm leaves out those that it
// could not look up where it ran, and `npm ci` then refuses the lock file everywhere. Run it after
// a change of dependencies; a test says when it is needed. For another lock file, give its path.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What of a lock file's entry matters here. */
export interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'sunos', 'win32']
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/** The packages that others name as optional and that are not listed, by their path. */
export function missingOptional(
  packages: Readonly<Record<string, LockedPackage>>,
): Record<string, LockedPackage> {
  const missing: Record<string, LockedPackage> = {}
  for (const { dev, optionalDependencies = {} } of Object.values(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const path = `node_modules/${name}`
      if (!(path in packages)) missing[path] = { version, ...(dev && { dev }), ...platformOf(name) }
    }
  }
  return missing
}

/** Such packages are made for one platform, and say in their name for which. */
function platformOf(name: string): LockedPackage & Record<string, unknown> {
  const words = name.slice(name.lastIndexOf('/') + 1).split('-')
  const os = systems.find((system) => words.includes(system))
  const cpu = processors.find((processor) => words.includes(processor))
  return {
    optional: true,
    ...(os !== undefined && { os: [os] }),
    ...(cpu !== undefined && { cpu: [cpu] }),
    ...(words.includes('musl') && { libc: ['musl'] }),
  }
}

if (import.meta.main) {
  const path = process.argv[2] ?? fileURLToPath(new URL('../package-lock.json', import.meta.url))
  const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockedPackage> }
  const complete = { ...lock.packages, ...missingOptional(lock.packages) }
  const sorted = Object.entries(complete).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const packages = Object.fromEntries(sorted)
  writeFileSync(path, `${JSON.stringify({ ...lock, packages }, undefined, 2)}\n`)
}
