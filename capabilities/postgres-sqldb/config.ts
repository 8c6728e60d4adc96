import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { ignoredValue, integerValue, linkValues, parsedValue } from '../link-values.ts'
import { type SqlLimits, sqlLimits, sqlLimitValues } from '../sql-limits.ts'
import {
  defaultTls,
  parsePostgresUrl,
  parseTlsMode,
  type PostgresTarget,
  type PostgresUrl,
  type TlsMode,
  tlsModes,
} from './target.ts'

/** What one link asks of PostgreSQL. Made from link values, which are named in capitals. */
export interface PostgresConfig {
  /** `URL`, or `HOST`, `PORT`, `USER`, `PASSWORD` and `DATABASE`, and `TLS`. */
  readonly target: PostgresTarget
  /** `TLS_CA_FILE`: authorities to trust, in PEM. Default: those that Node trusts. */
  readonly caFile: string | undefined
  /** `POOL`: connections at most, shared with links to the same target. Default: 10. */
  readonly poolSize: number
  readonly limits: SqlLimits
}

/** Link values of `postgres-sqldb`; see {@link PostgresConfig}. Those of `sqlite-sqldb` are taken as well. */
export const configSchema: StandardSchema<unknown, PostgresConfig> = v.pipe(
  linkValues({
    URL: parsedValue(
      {
        description:
          'where the database is: postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=MODE, or without it HOST, PORT, USER, PASSWORD and DATABASE',
      },
      parsePostgresUrl,
    ),
    HOST: parsedValue(
      { description: 'name or address of the server, or the folder of its Unix socket' },
      parseName,
    ),
    PORT: integerValue(
      { description: 'port of the server; 5432 if not given' },
      { min: 1, max: 65_535 },
    ),
    USER: parsedValue({ description: 'who logs in' }, parseName),
    PASSWORD: parsedValue(
      { description: 'password of the user, also for a URL that has none' },
      (text) => text,
    ),
    DATABASE: parsedValue(
      { description: 'name of the database; that of the user if not given' },
      parseName,
    ),
    TLS: parsedValue(
      {
        description: `how the server proves who it is: ${tlsModes.join(', ')}; if neither this nor the URL says so, disable on this machine and verify-full elsewhere`,
      },
      parseTlsMode,
    ),
    TLS_CA_FILE: parsedValue(
      {
        description:
          'file with the certificates of the authorities to trust, in PEM; without it, those of Node',
      },
      parseName,
    ),
    POOL: integerValue(
      {
        description: 'connections that links to the same database share at most',
        unit: 'connections',
        default: '10',
      },
      { min: 1, max: 1000 },
    ),
    ...sqlLimitValues,
    FILE: ignoredValue('where a database in a file would be; without effect'),
    STORE: ignoredValue('the name that a temporary database would have; without effect'),
    MAX_BYTES: ignoredValue('how large a database in a file might grow; without effect'),
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { URL, HOST, PORT, USER, PASSWORD, DATABASE, TLS, TLS_CA_FILE, POOL, ...limits } =
      dataset.value
    let isRefused = false
    const refuse = (key: string, message: string): void => {
      isRefused = true
      const path = { type: 'object', origin: 'value', input: dataset.value, key } as const
      addIssue({ message, path: [{ ...path, value: undefined }] })
    }
    const url = URL ?? partsOf({ HOST, PORT })
    if (URL) {
      for (const [key, value] of Object.entries({ HOST, PORT })) {
        if (value !== undefined) refuse(key, 'is given twice: URL says it too; remove one of them')
      }
    }
    if (!url) {
      refuse('URL', 'is missing; write postgres://USER:PASSWORD@HOST:PORT/DATABASE')
      return NEVER
    }
    const once = <Value>(key: string, ofUrl: Value | undefined, given: Value | undefined) => {
      if (ofUrl !== undefined && given !== undefined) {
        refuse(key, 'is given twice: URL says it too; remove one of them')
      }
      return ofUrl ?? given
    }
    const user = once('USER', url.user, USER)
    const password = once('PASSWORD', url.password, PASSWORD)
    const database = once('DATABASE', url.database, DATABASE) ?? user
    const tls: TlsMode = once('TLS', url.tls, TLS) ?? defaultTls(url.host)
    if (user === undefined || database === undefined) {
      refuse('USER', 'is missing; write it in URL or here')
      return NEVER
    }
    if (TLS_CA_FILE !== undefined && !tls.startsWith('verify')) {
      refuse('TLS_CA_FILE', `has no effect with TLS ${tls}; write TLS verify-full`)
    }
    if (isRefused) return NEVER
    const { host, port } = url
    return {
      target: { host, port, user, password, database, tls },
      caFile: TLS_CA_FILE,
      poolSize: POOL,
      limits: sqlLimits(limits),
    }
  }),
)

function partsOf(values: {
  readonly HOST: string | undefined
  readonly PORT: number | undefined
}): PostgresUrl | undefined {
  if (values.HOST === undefined) return undefined
  const none = { user: undefined, password: undefined, database: undefined, tls: undefined }
  return { host: values.HOST, port: values.PORT ?? 5432, ...none }
}

function parseName(text: string): string {
  if (text !== '' && !/\p{C}/u.test(text)) return text
  throw new Error(`${JSON.stringify(text)} is empty, or has characters that nobody sees`)
}
