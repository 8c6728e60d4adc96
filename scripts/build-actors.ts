/**
 * Builds and signs the example actors: `npm run build:actors [NAME…]`. An actor whose sources, keys
 * and compiler are those of the last build is left as it is, so a second run takes milliseconds.
 *
 * Everything goes below `build/`, which git ignores: `actors/NAME.wasm`, `actors/NAME.stamp` (what
 * it was made of), and `keys/`, the seeds, made on first use.
 */
import { createHash, randomUUID } from 'node:crypto'
import { glob, link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { KeyPair, signActor } from '../signing/index.ts'
import type { ActorClaimsInput } from '../signing/index.ts'
import { clangOptions, clangVersion, compileC, MissingClang } from './compile-c.ts'

const root = join(import.meta.dirname, '..')
const sdkDirectory = join(root, 'actors', 'sdk', 'assembly')
const outDirectory = join(root, 'build', 'actors')
const keysDirectory = join(root, 'build', 'keys')

/**
 * What every actor is compiled with. `minimal` frees memory when the SDK says so, which is after
 * each call; `_start` runs the top level of the actor's source.
 */
const compilerOptions: readonly string[] = [
  '-O3',
  '--shrinkLevel',
  '2',
  '--runtime',
  'minimal',
  '--exportStart',
  '_start',
  '--use',
  'abort=actors/sdk/assembly/abort/guestAbort',
]

/** An example actor as it was built. */
export interface BuiltActor {
  readonly name: string
  /** Where the signed module is. */
  readonly path: string
  /** The signed module. */
  readonly wasm: Uint8Array<ArrayBuffer>
  /** False when the last build was still good. */
  readonly rebuilt: boolean
}

/** The names of the example actors, sorted. */
export async function exampleActors(): Promise<string[]> {
  const names: string[] = []
  for await (const path of glob('*/claims.json', { cwd: join(root, 'actors') })) {
    names.push(dirname(path))
  }
  return names.sort()
}

/**
 * Builds and signs one example actor, unless that was done before. Several processes may do so at
 * once: each file appears whole or not at all, and all use the keys of whoever was first.
 *
 * @param name a folder of `actors/` that has a `claims.json`, and an `index.ts` or C sources
 * @throws Error with the compiler's own words when the source does not compile, and one that says how
 * to install clang where that is missing
 */
export async function buildExampleActor(name: string): Promise<BuiltActor> {
  const source = join(root, 'actors', name)
  const path = join(outDirectory, `${name}.wasm`)
  const stampPath = join(outDirectory, `${name}.stamp`)
  const issuer = await exampleKey('account')
  const subject = await exampleKey('module', name)
  const sources = await sourcesIn(source)
  const inC = sources.some((file) => file.endsWith('.c'))
  const ingredients = await hashOf([
    JSON.stringify([...(await toolsOf(inC)), issuer.publicKey, subject.publicKey]),
    ...(inC ? [] : await sourcesIn(sdkDirectory)),
    ...sources,
  ])

  const wasm = await readIfThere(path)
  const stamp = await readIfThere(stampPath)
  if (wasm && stamp?.toString() === stampOf(ingredients, wasm)) {
    return { name, path, wasm, rebuilt: false }
  }

  const unsigned = await (inC
    ? compileC(sources.filter((file) => file.endsWith('.c')))
    : compileActor(join('actors', name, 'index.ts')))
  const claims = JSON.parse(await readFile(join(source, 'claims.json'), 'utf8')) as ActorClaimsInput
  const signed = new Uint8Array(await signActor(unsigned, claims, { issuer, subject }))
  await writeWhole(path, signed)
  await writeWhole(stampPath, stampOf(ingredients, signed))
  return { name, path, wasm: signed, rebuilt: true }
}

/**
 * Compiles AssemblyScript in this process.
 *
 * @param entry path from the project's root
 * @throws Error with the compiler's own words when the source does not compile
 */
async function compileActor(entry: string): Promise<Uint8Array<ArrayBuffer>> {
  let wasm: Uint8Array | undefined
  await runCompiler([entry, '--baseDir', root, '--outFile', 'out.wasm', ...compilerOptions], {
    writeFile(_name, contents) {
      if (typeof contents !== 'string') wasm = contents
    },
  })
  if (!wasm) throw new Error(`${entry} compiled to nothing`)
  return new Uint8Array(wasm)
}

/** What the compiler may be given in place of the file system and the terminal. */
interface CompilerIo {
  readonly stderr?: { write(text: string | Uint8Array): void }
  readonly readFile?: (name: string) => string | null
  readonly writeFile?: (name: string, contents: string | Uint8Array) => void
  readonly listFiles?: () => string[]
}

interface Compiler {
  main(options: readonly string[], io: CompilerIo): Promise<{ readonly error: Error | null }>
}

/**
 * Runs `asc` in this process, as its command line does.
 *
 * @throws Error with the compiler's own words when there is anything wrong
 */
export async function runCompiler(options: readonly string[], io: CompilerIo = {}): Promise<void> {
  // Not a literal, as the package's own declarations contradict those of its dependencies.
  const specifier: string = 'assemblyscript/asc'
  const compiler = (await import(specifier)) as Compiler
  let said = ''
  const { error } = await compiler.main(options, {
    ...io,
    stderr: { write: (text) => void (said += text.toString()) },
  })
  if (error) throw new Error(`AssemblyScript does not compile\n${said}`, { cause: error })
}

/** A key that signs examples, kept in `build/keys` and made there on first use. */
export async function exampleKey(type: 'account' | 'module', name = 'examples'): Promise<KeyPair> {
  const path = join(keysDirectory, `${name}_${type}.nk`)
  const known = await readIfThere(path)
  if (known) return KeyPair.fromSeed(known.toString().trim())
  await mkdir(keysDirectory, { recursive: true, mode: 0o700 })
  const temporary = `${path}.${randomUUID()}`
  await writeFile(temporary, `${KeyPair.generate(type).seed}\n`, { mode: 0o600 })
  try {
    await link(temporary, path)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    await rm(temporary)
  }
  return KeyPair.fromSeed((await readFile(path, 'utf8')).trim())
}

/** What makes the difference between two builds of the same sources. */
async function toolsOf(inC: boolean): Promise<unknown[]> {
  return inC ? [clangOptions, await clangVersion()] : [compilerOptions, compilerVersion()]
}

function compilerVersion(): unknown {
  const require = createRequire(import.meta.url)
  return (require('assemblyscript/package.json') as { version: string }).version
}

async function sourcesIn(directory: string): Promise<string[]> {
  const paths = (await readdir(directory, { recursive: true })).sort()
  return paths
    .filter((path) => /\.(?:ts|json|c|h)$/u.test(path))
    .map((path) => join(directory, path))
}

/** Of the first text, and of each file's path and content. */
async function hashOf([text, ...paths]: [string, ...string[]]): Promise<string> {
  const hash = createHash('sha256').update(text)
  for (const path of paths) hash.update(`\0${path}\0`).update(await readFile(path))
  return hash.digest('hex')
}

function stampOf(ingredients: string, wasm: Uint8Array): string {
  return `${ingredients} ${createHash('sha256').update(wasm).digest('hex')}\n`
}

async function writeWhole(path: string, contents: string | Uint8Array): Promise<void> {
  await mkdir(outDirectory, { recursive: true })
  const temporary = `${path}.${randomUUID()}`
  await writeFile(temporary, contents)
  await rename(temporary, path)
}

async function readIfThere(path: string): Promise<Buffer<ArrayBuffer> | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

if (import.meta.main) {
  const names = process.argv.slice(2)
  for (const name of names.length > 0 ? names : await exampleActors()) {
    const started = performance.now()
    const built = await buildExampleActor(name).catch((error: unknown) => {
      // Whoever asks for all of them wants those that can be built; who names one wants that one.
      if (names.length === 0 && error instanceof MissingClang) return error
      throw error
    })
    if (built instanceof MissingClang) {
      console.error(`${name}  not built: ${built.message}`)
      continue
    }
    const { path, wasm, rebuilt } = built
    const took = rebuilt ? `${Math.round(performance.now() - started)} ms` : 'unchanged'
    console.log(`${path.slice(root.length + 1)}  ${wasm.length} bytes  ${took}`)
  }
}
