import { stripTypeScriptTypes } from 'node:module'
import { parse } from 'node:path'
import type { ArchiveLibrary } from '../signing/index.ts'
import { readFileArgument } from './actor-file.ts'
import { usage } from './arguments.ts'
import type { OptionSpec, OptionValues } from './command.ts'
import { CliError } from './errors.ts'

/** The target that hosts of wash-ts run: one JavaScript file. */
export const nodeTarget = 'node'

/** The flags that say which library goes into an archive, and for which target. */
export const libraryOptions: Readonly<Record<string, OptionSpec>> = {
  arch: {
    short: 'a',
    type: 'text',
    value: 'TARGET',
    summary: 'what the file runs on: node, or a platform such as x86_64-linux; default node',
  },
  binary: {
    short: 'b',
    type: 'text',
    value: 'FILE',
    summary: 'the library: for node one JavaScript or TypeScript file; needed',
    completeFiles: '',
  },
}

/** A file that goes into an archive. */
export interface GivenLibrary {
  readonly target: string
  /** The file's path, and its name without the ending. */
  readonly path: string
  readonly stem: string
  readonly bytes: Uint8Array
}

/**
 * Reads the library that the flags name. TypeScript becomes the JavaScript that Node would run.
 *
 * @throws CliError `ERR_USAGE`, `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`
 */
export async function givenLibrary(options: OptionValues): Promise<GivenLibrary> {
  const path = options.text('binary')
  if (path === undefined || path === '') throw usage('--binary', '--binary is needed')
  const target = options.text('arch') ?? nodeTarget
  const { name: stem, ext } = parse(path)
  const bytes = await readFileArgument(path)
  const isTypeScript = target === nodeTarget && (ext === '.ts' || ext === '.mts')
  return { target, path, stem, bytes: isTypeScript ? withoutTypes(path, bytes) : bytes }
}

function withoutTypes(path: string, bytes: Uint8Array): Uint8Array {
  // Node warns, once a process, that this function is new: nothing to trouble an operator with.
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return Buffer.from(stripTypeScriptTypes(Buffer.from(bytes).toString('utf8')))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CliError(
      'ERR_FILE_UNREADABLE',
      { path, reason },
      `${path} is not TypeScript that Node can run: ${reason}`,
      { cause },
    )
  } finally {
    process.emitWarning = emitWarning
  }
}

/** One line a library, for people. */
export function libraryRows(
  libraries: readonly ArchiveLibrary[],
): [label: string, value: string][] {
  return libraries.map(({ target, bytes, hash }, index) => [
    index === 0 ? 'targets' : '',
    `${target} (${bytes} bytes, ${hash})`,
  ])
}
