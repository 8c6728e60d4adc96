import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { type BlobLimits, blobLimitValues, limitsOf } from '../blobstore/limits.ts'
import { choiceValue, integerValue, linkValues, parsedValue } from '../link-values.ts'
import type { BucketAccess } from './client.ts'

/** What one link asks of S3. Made from link values, which are named in capitals. */
export interface S3BlobstoreConfig {
  /** `ENDPOINT`, `BUCKET`, `REGION`, `PATH_STYLE`, the two keys, and `REQUEST_TIMEOUT_MS`. */
  readonly access: BucketAccess
  /** `PREFIX` of all keys: empty, or with a slash at its end. Default: one of the link's own. */
  readonly prefix: string | undefined
  /** `PART_BYTES` of a multipart upload. */
  readonly partBytes: number
  /** Where no link value bounds the store, its limits are infinite. */
  readonly limits: BlobLimits
}

const mebibyte = 2 ** 20
const most = { min: 1, max: 2 ** 49 }

/** Link values of `s3-blobstore`. */
export const configSchema: StandardSchema<unknown, S3BlobstoreConfig> = v.pipe(
  linkValues({
    ENDPOINT: parsedValue(
      {
        description: 'URL of the server, without bucket; without it, the one of AWS in REGION',
      },
      parseEndpoint,
    ),
    BUCKET: parsedValue(
      { description: 'bucket, which must exist; a link must name it' },
      parseBucket,
    ),
    REGION: parsedValue({ description: 'region of the bucket', default: 'us-east-1' }, parseRegion),
    ACCESS_KEY_ID: parsedValue({ description: 'key to ask with; a link must give it' }, parseKey),
    SECRET_ACCESS_KEY: parsedValue(
      { description: 'secret that belongs to the key; a link must give it' },
      parseKey,
    ),
    PATH_STYLE: choiceValue(
      {
        description: 'whether the bucket is part of the path, not of the host name of the server',
        default: 'true',
      },
      ['true', 'false'],
    ),
    PREFIX: parsedValue(
      {
        description:
          'what all keys begin with, so that links and other programs share them; / for the whole bucket; without it, each link has keys of its own',
      },
      parsePrefix,
    ),
    REQUEST_TIMEOUT_MS: integerValue(
      { description: 'time for one request to the server', unit: 'ms', default: '30000' },
      { min: 10, max: 3_600_000 },
    ),
    PART_BYTES: integerValue(
      {
        description: 'bytes that an upload gathers in memory before it sends them',
        unit: 'bytes',
        default: String(5 * mebibyte),
      },
      { min: 5 * mebibyte, max: 512 * mebibyte },
    ),
    MAX_BYTES: integerValue(
      {
        description:
          'size of all blobs together; what is there is counted when the link is made, so better left to the server',
        unit: 'bytes',
      },
      most,
    ),
    MAX_BLOBS: integerValue(
      { description: 'blobs in all containers together; counted as MAX_BYTES is', unit: 'blobs' },
      most,
    ),
    MAX_CONTAINERS: integerValue(
      { description: 'containers; counted as MAX_BYTES is', unit: 'containers' },
      most,
    ),
    ...blobLimitValues,
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { value } = dataset
    const { BUCKET, ACCESS_KEY_ID, SECRET_ACCESS_KEY, PREFIX, PART_BYTES, ...values } = value
    const { ENDPOINT, REGION, PATH_STYLE, REQUEST_TIMEOUT_MS } = values
    const given = { BUCKET, ACCESS_KEY_ID, SECRET_ACCESS_KEY }
    for (const [key, each] of Object.entries(given)) {
      if (each !== undefined) continue
      const path = { type: 'object', origin: 'value', input: value, key, value: undefined } as const
      addIssue({ message: `is missing: an S3 link needs ${missing[key]}`, path: [path] })
    }
    if (BUCKET === undefined || ACCESS_KEY_ID === undefined || SECRET_ACCESS_KEY === undefined) {
      return NEVER
    }
    const endpoint = ENDPOINT ?? new URL(`https://s3.${REGION}.amazonaws.com`)
    // An address has no names below it: requests would go to whichever bucket a key begins with.
    if (PATH_STYLE === 'false' && !URL.canParse(`http://${BUCKET}.${endpoint.host}/`)) {
      const key = 'PATH_STYLE'
      const path = { type: 'object', origin: 'value', input: value, key, value: undefined } as const
      const message = `is false, and ${endpoint.host} is an address, which has no names below it; write true`
      addIssue({ message, path: [path] })
      return NEVER
    }
    return {
      access: {
        endpoint,
        bucket: BUCKET,
        region: REGION,
        isPathStyle: PATH_STYLE === 'true',
        accessKeyId: ACCESS_KEY_ID,
        secretAccessKey: SECRET_ACCESS_KEY,
        timeoutMs: REQUEST_TIMEOUT_MS,
      },
      prefix: PREFIX,
      partBytes: PART_BYTES,
      limits: limitsOf(values, {
        maxBytes: values.MAX_BYTES ?? Infinity,
        maxBlobs: values.MAX_BLOBS ?? Infinity,
        maxContainers: values.MAX_CONTAINERS ?? Infinity,
      }),
    }
  }),
)

const missing: Readonly<Record<string, string>> = {
  BUCKET: 'the name of a bucket that exists',
  ACCESS_KEY_ID: 'a key to ask the server with',
  SECRET_ACCESS_KEY: 'the secret of its key',
}

function parseEndpoint(text: string): URL {
  const url = URL.parse(text)
  if (
    url === null ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    // It may hold a password, so it is not shown.
    throw new Error(
      'is not the URL of a server, such as "https://s3.example.com" or "http://[::1]:9000"',
    )
  }
  return url
}

function parseBucket(text: string): string {
  if (/^[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]$/.test(text) && !text.includes('..')) return text
  throw new Error(
    `${JSON.stringify(text)} is not a bucket's name: 3 to 63 lower case letters, digits, "-" and "."`,
  )
}

function parseRegion(text: string): string {
  if (/^[a-z0-9-]{1,32}$/.test(text)) return text
  throw new Error(`${JSON.stringify(text)} is not a region, such as "eu-central-1"`)
}

function parseKey(text: string): string {
  if (/^[\x21-\x7e]{1,256}$/.test(text)) return text
  throw new Error('is not a key: 1 to 256 visible characters of ASCII')
}

function parsePrefix(text: string): string {
  if (text === '/') return ''
  const prefix = text.endsWith('/') ? text : `${text}/`
  const isFine = /^(?:[\w!()-][\w!().-]*\/)+$/.test(prefix) && prefix.length <= 256
  if (isFine) return prefix
  throw new Error(
    `${JSON.stringify(text)} is not a prefix: names of letters, digits and "!-_.()" between slashes, 256 characters at most`,
  )
}
