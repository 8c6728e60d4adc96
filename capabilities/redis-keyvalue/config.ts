import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { maxValueBytesValue } from '../keyvalue-limits.ts'
import { linkValues, parsedValue } from '../link-values.ts'
import {
  type RedisConnectionConfig,
  redisConnectionConfig,
  redisLinkValues,
} from '../redis-connection/index.ts'

/** What one link asks of Redis. Made from link values, which are named in capitals. */
export interface RedisKeyValueConfig {
  /** `URL`, `TLS_CA_FILE`, `TLS_CERT_FILE`, `TLS_KEY_FILE`, `TLS_SERVER_NAME`. */
  readonly connection: RedisConnectionConfig
  /** `PREFIX` of every key in Redis. Default: one of the link's own. */
  readonly prefix: string | undefined
  /** `MAX_VALUE_BYTES`: one key, value, list item or set item in UTF-8. Default: 1 MiB. */
  readonly maxValueBytes: number
}

/** What Redis takes for one text. */
const mostBytes = 512 * 1024 * 1024

/** Link values of `redis-keyvalue`. */
export const configSchema: StandardSchema<unknown, RedisKeyValueConfig> = v.pipe(
  linkValues({
    ...redisLinkValues,
    PREFIX: parsedValue(
      {
        description:
          'what every key in Redis begins with, so that links and other programs share keys; empty for keys as they are; without it, each link has keys of its own',
      },
      parsePrefix,
    ),
    MAX_VALUE_BYTES: maxValueBytesValue(mostBytes),
  }),
  v.rawTransform(({ dataset, addIssue }) => {
    const { PREFIX, MAX_VALUE_BYTES, ...connection } = dataset.value
    return {
      connection: redisConnectionConfig(connection, (key, problem) => {
        const path = { type: 'object', origin: 'value', input: dataset.value, key } as const
        addIssue({ message: problem, path: [{ ...path, value: undefined }] })
      }),
      prefix: PREFIX,
      maxValueBytes: MAX_VALUE_BYTES,
    }
  }),
)

function parsePrefix(text: string): string {
  if (/^[^\p{C}]{0,256}$/u.test(text)) return text
  throw new Error('is longer than 256 characters, or has some that nobody sees')
}
