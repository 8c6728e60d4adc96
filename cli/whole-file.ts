import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileReason } from '../host/index.ts'
import { CliError } from './errors.ts'

/**
 * Writes a file that is there whole or not at all: aside, and then renamed, so that an interrupted
 * command leaves no half of it behind.
 *
 * @throws CliError `ERR_FILE_UNREADABLE`
 */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await writeFile(aside, bytes)
    await rename(aside, path)
  } catch (error) {
    await rm(aside, { force: true })
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new CliError(
      'ERR_FILE_UNREADABLE',
      { path, reason: code },
      `cannot write ${path}: ${code === 'ENOENT' ? `there is no folder ${dirname(path)}` : fileReason(error)}`,
      { cause: error },
    )
  }
}
