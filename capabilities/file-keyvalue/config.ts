import { resolve } from 'node:path'
import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { choiceValue, linkValues, parsedValue } from '../link-values.ts'
import {
  maxBytesValue,
  maxKeysValue,
  maxValueBytesValue,
  type StoreLimits,
  storeNameValue,
} from '../keyvalue-limits.ts'

/** What one link asks of a store in a file. Made from link values, which are named in capitals. */
export interface FileKeyValueConfig {
  /** `FILE`: absolute path of the file. */
  readonly path: string
  /** `SYNCHRONOUS`. Default: `normal`. */
  readonly synchronous: Synchronous
  /**
   * `STORE`: the name of a store in the file; links that give the same name share one, whichever
   * actors they are of. Default: a store of the link's own.
   */
  readonly store: string | undefined
  /** `MAX_KEYS` (default 1,000,000), `MAX_BYTES` (1 GiB), `MAX_VALUE_BYTES` (1 MiB). */
  readonly limits: StoreLimits
}

/**
 * What an answered write outlasts: with `normal` that the process is killed, with `full` also that the
 * power fails, at the price of a wait for the disk at every write.
 */
export type Synchronous = 'normal' | 'full'

/** Link values of `file-keyvalue`. */
export const configSchema: StandardSchema<unknown, FileKeyValueConfig> = v.pipe(
  linkValues({
    FILE: parsedValue(
      {
        description:
          'path of the file, which is made if there is none, in a folder that must exist; must be given',
      },
      parseFile,
    ),
    SYNCHRONOUS: choiceValue(
      {
        description:
          'what an answered write outlasts: with normal that the process is killed, with full also that the power fails; full waits for the disk at every write',
        default: 'normal',
      },
      ['normal', 'full'],
    ),
    STORE: storeNameValue(
      'name of a store in the file that links share; without it, each link has its own',
    ),
    MAX_KEYS: maxKeysValue(1_000_000, 1_000_000_000),
    MAX_BYTES: maxBytesValue(2 ** 30, 2 ** 40),
    MAX_VALUE_BYTES: maxValueBytesValue(2 ** 28),
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { FILE, SYNCHRONOUS, STORE, MAX_KEYS, MAX_BYTES, MAX_VALUE_BYTES } = dataset.value
    if (FILE === undefined) {
      const path = { type: 'object', origin: 'value', input: dataset.value, key: 'FILE' } as const
      addIssue({
        message: 'is missing; give the path of a file, such as data/store.db',
        path: [{ ...path, value: undefined }],
      })
      return NEVER
    }
    return {
      path: FILE,
      synchronous: SYNCHRONOUS,
      store: STORE,
      limits: { maxKeys: MAX_KEYS, maxBytes: MAX_BYTES, maxValueBytes: MAX_VALUE_BYTES },
    }
  }),
)

function parseFile(text: string): string {
  if (text === '' || text.includes('\0')) throw new Error('is empty; give the path of a file')
  // SQLite would take this for a store in memory.
  return resolve(text)
}
