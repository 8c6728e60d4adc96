/** Compiles C to WebAssembly with the clang and wasm-ld of the machine: `apt-get install clang lld`. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Freestanding: no C library and no WASI, so a module imports what its source declares and nothing
 * else. A stack of 16 KiB is enough for what keeps no large arrays on it.
 */
export const clangOptions: readonly string[] = [
  '--target=wasm32',
  '-std=c11',
  '-Oz',
  '-ffreestanding',
  '-nostdlib',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wl,--no-entry',
  '-Wl,-z,stack-size=16384',
]

/** Thrown where clang or its linker is missing. */
export class MissingClang extends Error {
  constructor(cause: unknown) {
    super('clang and wasm-ld are needed to compile C: sudo apt-get install -y clang lld', { cause })
  }
}

/**
 * Compiles and links C sources to one module.
 *
 * @param options for clang, besides {@link clangOptions}
 * @throws MissingClang; Error with the compiler's own words when the sources do not compile
 */
export async function compileC(
  sources: readonly string[],
  options: readonly string[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  const directory = await mkdtemp(join(tmpdir(), 'wash-ts-clang-'))
  const out = join(directory, 'out.wasm')
  try {
    await clang([...clangOptions, ...options, '-o', out, ...sources])
    return new Uint8Array(await readFile(out))
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** What clang says of its version. @throws MissingClang */
export async function clangVersion(): Promise<string> {
  return clang(['--version'])
}

async function clang(parameters: readonly string[]): Promise<string> {
  try {
    return (await run('clang', parameters)).stdout
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string }
    // What the linker says itself begins with its name.
    const noLinker = stderr.includes('wasm-ld') && !/^wasm-ld(?:-\d+)?: /m.test(stderr)
    if (code === 'ENOENT' || noLinker) throw new MissingClang(error)
    throw new Error(`C does not compile\n${stderr}`, { cause: error })
  }
}
