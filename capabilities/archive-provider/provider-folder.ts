import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { providerProgram } from '../../provider/channel/index.ts'
import type { RunSettings } from './options.ts'

/** A folder that only this user may enter, with the provider's file in it; disposal removes it. */
export class ProviderFolder implements AsyncDisposable {
  readonly path: string
  /** The provider's file. */
  readonly file: string

  private constructor(path: string) {
    this.path = path
    this.file = join(path, 'provider.mjs')
  }

  static async make(code: Uint8Array): Promise<ProviderFolder> {
    // Node compares real paths when it asks whether a file may be read.
    const path = await realpath(await mkdtemp(join(tmpdir(), 'wash-ts-provider-')))
    const folder = new ProviderFolder(path)
    try {
      await chmod(path, 0o700)
      await writeFile(folder.file, code, { mode: 0o600, flag: 'wx' })
      return folder
    } catch (error) {
      await folder[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

/**
 * What Node is started with: no files but the provider's own and the code it stands on, no programs, no
 * native code, no threads once it watches its host; the network unless that is denied too.
 */
export async function nodeArguments(
  folder: ProviderFolder,
  { memoryMiB, network, readPaths, writePaths }: RunSettings,
): Promise<string[]> {
  const program = fileURLToPath(providerProgram)
  const readable = [folder.path, ...(await ownCode(program)), ...readPaths]
  return [
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    ...writePaths.map((path) => `--allow-fs-write=${path}`),
    ...(network ? ['--allow-net'] : []),
    // For the thread that watches the host; the program gives it up before it runs anything else.
    '--allow-worker',
    '--disable-warning=PERM0006',
    '--disable-warning=ExperimentalWarning',
    `--max-old-space-size=${memoryMiB}`,
    program,
    pathToFileURL(folder.file).href,
  ]
}

/** The code of ours that the program imports, and where Node looks for the packages under it. */
async function ownCode(program: string): Promise<string[]> {
  const base = dirname(dirname(program))
  const paths = [join(base, 'provider'), join(base, 'contracts')]
  for (let folder = base; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules')
    paths.push(modules, join(folder, 'package.json'))
    const real = await realpath(modules).catch(() => modules)
    if (real !== modules) paths.push(real)
    if (folder === dirname(folder)) return paths
  }
}
