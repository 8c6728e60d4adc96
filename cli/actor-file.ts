import { readFile } from 'node:fs/promises'
import { CliError } from './errors.ts'

/**
 * Reads a file that the command line names.
 *
 * @throws CliError `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`
 */
export async function readFileArgument(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFile(path)
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new CliError('ERR_FILE_NOT_FOUND', { path }, `there is no file ${path}`, {
        cause: error,
      })
    }
    throw new CliError(
      'ERR_FILE_UNREADABLE',
      { path, reason: code },
      `cannot read ${path}: ${code === 'EISDIR' ? 'it is a folder' : code}`,
      { cause: error },
    )
  }
}
