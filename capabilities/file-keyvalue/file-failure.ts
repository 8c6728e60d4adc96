import { CapabilityError, type CapabilityErrorDetails } from '../errors.ts'

type Problem = CapabilityErrorDetails['ERR_STORE_FILE']['problem']

/** Primary result codes of SQLite. */
const problems: Readonly<Record<number, Problem>> = {
  5: 'locked',
  6: 'locked',
  8: 'read-only',
  11: 'damaged',
  13: 'full',
  14: 'not-opened',
  23: 'not-opened',
  26: 'no-store',
}

const words: Readonly<Record<Problem, string>> = {
  'no-folder': 'its folder does not exist; make it, or correct FILE in the link',
  'not-opened': 'it cannot be opened; check that it is a file, and the rights to it',
  'no-store': 'it is no key-value store of wash-ts; name another FILE in the link',
  newer: 'a newer wash-ts has written it; use that, or name another FILE in the link',
  damaged: 'it is damaged; restore a copy of it',
  'read-only': 'it cannot be written; check the rights to it and to its folder',
  full: 'the disk is full; make room',
  locked: 'another process is writing to it for too long; end that',
  failed: 'the system reports an error',
}

/** What is wrong with a store's file, and what to do. */
export function fileError(path: string, problem: Problem): CapabilityError<'ERR_STORE_FILE'> {
  return new CapabilityError(
    'ERR_STORE_FILE',
    { file: path, problem },
    `the store ${JSON.stringify(path)} cannot be used: ${words[problem]}`,
  )
}

/** What SQLite says, as an error of ours; anything else as it is. */
export function fromSqlite(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || (error as { code?: unknown }).code !== 'ERR_SQLITE_ERROR') {
    return error
  }
  const { errcode } = error as { errcode?: unknown }
  const primary = typeof errcode === 'number' ? errcode & 0xff : 0
  return fileError(path, problems[primary] ?? 'failed')
}
