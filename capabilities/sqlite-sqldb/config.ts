import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { ignoredValue, integerValue, linkValues, parsedValue } from '../link-values.ts'
import { type SqlLimits, sqlLimits, sqlLimitValues } from '../sql-limits.ts'

/** What one link asks of SQLite. Made from link values, which are named in capitals. */
export interface SqliteConfig {
  /**
   * `FILE`: the database, made if there is none; links that give the same file share it. Default: a
   * temporary database, gone with the last link that has it.
   */
  readonly file: string | undefined
  /**
   * `STORE`: the name of a temporary database; links that give the same name share one. Default: a
   * database of the link's own.
   */
  readonly store: string | undefined
  readonly limits: SqlLimits
  /** `MAX_BYTES`: how large the database may grow. Default: 256 MiB. */
  readonly maxBytes: number
  /** `URL` or `HOST` was given, which a database server would need and which means nothing here. */
  readonly serverGiven: boolean
}

/** Link values of `sqlite-sqldb`; see {@link SqliteConfig}. Those of `postgres-sqldb` are taken as well. */
export const configSchema: StandardSchema<unknown, SqliteConfig> = v.pipe(
  linkValues({
    FILE: parsedValue(
      {
        description:
          'the database file, made if there is none; without it the database is temporary, and gone with its last link',
      },
      parseFile,
    ),
    STORE: parsedValue(
      {
        description:
          'name of a temporary database that links share; without it, each link has its own',
      },
      parseStoreName,
    ),
    MAX_BYTES: integerValue(
      { description: 'how large the database may grow', unit: 'bytes', default: '268435456' },
      { min: 65_536, max: 2 ** 42 },
    ),
    ...sqlLimitValues,
    URL: ignoredValue('where a database server would be; without effect'),
    HOST: ignoredValue('where a database server would be; without effect'),
    PORT: ignoredValue('where a database server would be; without effect'),
    USER: ignoredValue('who would log in to a database server; without effect'),
    PASSWORD: ignoredValue('how one would log in to a database server; without effect'),
    DATABASE: ignoredValue('what a database server would call the database; without effect'),
    TLS: ignoredValue('how a database server would prove who it is; without effect'),
    TLS_CA_FILE: ignoredValue('whom to trust with a database server; without effect'),
    POOL: ignoredValue('how many connections to a database server there would be; without effect'),
  }),
  v.check(
    ({ FILE, STORE }) => FILE === undefined || STORE === undefined,
    'FILE and STORE are both given: a file is shared by its name, STORE names what has no file',
  ),
  v.transform(({ FILE, STORE, MAX_BYTES, URL, HOST, ...limits }) => ({
    file: FILE,
    store: STORE,
    limits: sqlLimits(limits),
    maxBytes: MAX_BYTES,
    serverGiven: URL !== undefined || HOST !== undefined,
  })),
)

function parseFile(text: string): string {
  if (text === '' || text.includes('\0') || /^(?:file:|:)/i.test(text)) {
    throw new Error(`${JSON.stringify(text)} is not a path: write one such as ./notes.sqlite`)
  }
  return text
}

function parseStoreName(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text
  throw new Error(
    `${JSON.stringify(text)} is not a store's name: 1 to 64 letters, digits, ".", "_" and "-"`,
  )
}
