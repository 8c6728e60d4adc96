import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { delimiter, dirname, join, parse } from 'node:path'
import * as v from 'valibot'
import { CliError } from '../errors.ts'
import { shellWords } from './shell-words.ts'

/** What the command line says of a project. */
export interface ProjectFlags {
  /** A command for a shell. */
  readonly build: string | undefined
  /** Path of the module that the build writes. */
  readonly wasm: string | undefined
  /** Flags of `claims sign`, as they were given. */
  readonly signFlags: readonly string[]
}

/** How the project in the present folder is built and signed. */
export interface Project {
  /** A command for a shell. */
  readonly build: string
  /** Path of the module that the build writes. */
  readonly wasm: string
  /**
   * Arguments of `claims sign`, the module among them; `undefined` where the build leaves a module that
   * is signed already.
   */
  readonly sign: readonly string[] | undefined
}

const packageSchema = v.object({
  scripts: v.optional(v.record(v.string(), v.string()), {}),
})
const compilerSchema = v.object({
  options: v.optional(v.object({ outFile: v.optional(v.string()) }), {}),
  targets: v.optional(v.record(v.string(), v.object({ outFile: v.optional(v.string()) })), {}),
})

/**
 * Finds out how the project in the present folder is built: `build` and `sign` of its package.json,
 * and where AssemblyScript's asconfig.json says the module goes. Flags take precedence.
 *
 * @throws CliError `ERR_PROJECT_UNKNOWN`
 */
export async function readProject(flags: ProjectFlags): Promise<Project> {
  const { scripts } = await readConfig('package.json', packageSchema, { scripts: {} })
  const build = flags.build ?? buildScript(scripts)
  if (build === undefined) {
    throw unknown('there is no script "build" in package.json; say --build COMMAND --wasm FILE')
  }
  const signScript = scripts['sign']
  const words = signScript === undefined ? undefined : shellWords(signScript)
  const isOurs = words?.slice(0, 3).join(' ') === 'wash-ts claims sign'
  const scriptArguments = isOurs ? words?.slice(3) : undefined
  const wasm =
    flags.wasm ??
    scriptArguments?.find((word) => word.endsWith('.wasm')) ??
    (await compiledFile()) ??
    undefined
  if (wasm === undefined) {
    throw unknown('nothing says which module the build writes; say --wasm FILE')
  }
  if (flags.signFlags.length > 0) return { build, wasm, sign: [wasm, ...flags.signFlags] }
  if (scriptArguments && flags.wasm === undefined) return { build, wasm, sign: scriptArguments }
  if (signScript !== undefined && !isOurs && flags.build === undefined) {
    const { dir, name } = parse(wasm)
    const signed = flags.wasm ?? join(dir, `${name}_s.wasm`)
    return { build: `${build} && npm run --silent sign`, wasm: signed, sign: undefined }
  }
  return { build, wasm, sign: undefined }
}

/** npm takes a moment to start: a script that needs nothing else of it is run as it is. */
function buildScript(scripts: Readonly<Record<string, string>>): string | undefined {
  const script = scripts['build']
  const needsNpm = 'prebuild' in scripts || 'postbuild' in scripts
  return script !== undefined && needsNpm ? 'npm run --silent build' : script
}

async function compiledFile(): Promise<string | undefined> {
  const { options, targets } = await readConfig('asconfig.json', compilerSchema, {
    options: {},
    targets: {},
  })
  return options.outFile ?? targets['release']?.outFile
}

/** The environment that npm gives scripts, as far as it matters: tools of the project come first. */
export function scriptEnvironment(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const folders: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    folders.push(join(at, 'node_modules', '.bin'))
    if (at === dirname(at)) break
  }
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  return { ...env, [name]: [...folders, env[name] ?? ''].join(delimiter) }
}

async function readConfig<T>(
  path: string,
  schema: v.GenericSchema<unknown, T>,
  otherwise: T,
): Promise<T> {
  if (!existsSync(path)) return otherwise
  try {
    return v.parse(schema, JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw unknown(`${path} cannot be read: ${reason}`)
  }
}

function unknown(reason: string): CliError {
  return new CliError(
    'ERR_PROJECT_UNKNOWN',
    { folder: process.cwd(), reason },
    `cannot build what is in ${process.cwd()}: ${reason}`,
  )
}
