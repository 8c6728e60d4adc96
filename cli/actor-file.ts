import { fileReason, maxFileBytes, readWithin } from '../host/index.ts'
import { CliError } from './errors.ts'

/**
 * Reads a file that the command line names.
 *
 * @param maxBytes Default: as much as a module may have.
 * @throws CliError `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`
 */
export async function readFileArgument(
  path: string,
  maxBytes: number = maxFileBytes,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readWithin(path, maxBytes)
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
      `cannot read ${path}: ${fileReason(error)}`,
      { cause: error },
    )
  }
}
