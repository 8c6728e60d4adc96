import { readFile } from 'node:fs/promises'
import { type LinkValue, parsedValue } from '../link-values.ts'
import { parseRedisUrl, type RedisTarget } from './target.ts'

/** What a link says of its server. */
export interface RedisConnectionConfig {
  /** `URL`. Default: `redis://127.0.0.1:6379`. */
  readonly target: RedisTarget
  /** `TLS_…`, with a `rediss` URL. */
  readonly tls: RedisTlsFiles
}

/** Where certificates are, in PEM, and whose the server's must be. */
export interface RedisTlsFiles {
  /** `TLS_CA_FILE`: authorities to trust. Default: those that Node trusts. */
  readonly caFile: string | undefined
  /** `TLS_CERT_FILE`: what this client shows, with its key in `TLS_KEY_FILE`. */
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
  /** `TLS_SERVER_NAME`: the name in the server's certificate. Default: the host of the URL. */
  readonly serverName: string | undefined
}

/** The same, read. */
export interface RedisTls {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly serverName: string | undefined
}

/** Link values that every provider on Redis has. */
export const redisLinkValues: {
  readonly URL: LinkValue<RedisTarget>
  readonly TLS_CA_FILE: LinkValue<string | undefined>
  readonly TLS_CERT_FILE: LinkValue<string | undefined>
  readonly TLS_KEY_FILE: LinkValue<string | undefined>
  readonly TLS_SERVER_NAME: LinkValue<string | undefined>
} = {
  URL: parsedValue(
    {
      description:
        'where Redis is: redis://USER:PASSWORD@HOST:PORT/DATABASE, of which only the host must be given; redis+sentinel://HOST:PORT,HOST:PORT/MASTER/DATABASE; redis+cluster://HOST:PORT,HOST:PORT; rediss for TLS',
      default: 'redis://127.0.0.1:6379',
    },
    parseRedisUrl,
  ),
  TLS_CA_FILE: parsedValue(
    {
      description:
        'file with the certificates of the authorities to trust, in PEM; without it, those of Node',
    },
    parsePath,
  ),
  TLS_CERT_FILE: parsedValue(
    { description: 'file with the certificate to show to the server, in PEM' },
    parsePath,
  ),
  TLS_KEY_FILE: parsedValue(
    { description: 'file with the private key of TLS_CERT_FILE, in PEM' },
    parsePath,
  ),
  TLS_SERVER_NAME: parsedValue(
    { description: 'name that the certificate of the server must be for; without it, its host' },
    parsePath,
  ),
}

/** The parsed {@link redisLinkValues}, put together; what does not fit together is told to `refuse`. */
export function redisConnectionConfig(
  values: {
    readonly URL: RedisTarget
    readonly TLS_CA_FILE: string | undefined
    readonly TLS_CERT_FILE: string | undefined
    readonly TLS_KEY_FILE: string | undefined
    readonly TLS_SERVER_NAME: string | undefined
  },
  refuse: (key: string, problem: string) => void,
): RedisConnectionConfig {
  const { URL: target, TLS_CA_FILE, TLS_CERT_FILE, TLS_KEY_FILE, TLS_SERVER_NAME } = values
  if (!target.usesTls) {
    for (const [key, value] of Object.entries({
      TLS_CA_FILE,
      TLS_CERT_FILE,
      TLS_KEY_FILE,
      TLS_SERVER_NAME,
    })) {
      if (value !== undefined) refuse(key, 'has no effect without TLS; write URL with rediss://')
    }
  } else if ((TLS_CERT_FILE === undefined) !== (TLS_KEY_FILE === undefined)) {
    const [missing, given] =
      TLS_CERT_FILE === undefined
        ? ['TLS_CERT_FILE', 'TLS_KEY_FILE']
        : ['TLS_KEY_FILE', 'TLS_CERT_FILE']
    refuse(missing, `is missing; it goes with ${given}`)
  }
  return {
    target,
    tls: {
      caFile: TLS_CA_FILE,
      certFile: TLS_CERT_FILE,
      keyFile: TLS_KEY_FILE,
      serverName: TLS_SERVER_NAME,
    },
  }
}

/** @throws Error that names the key and the file that cannot be read */
export async function readTlsFiles(files: RedisTlsFiles): Promise<RedisTls> {
  const read = async (key: string, path: string | undefined): Promise<string | undefined> => {
    if (path === undefined) return undefined
    try {
      return await readFile(path, 'utf8')
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      throw new Error(`${key} ${JSON.stringify(path)} cannot be read (${code})`, { cause })
    }
  }
  return {
    ca: await read('TLS_CA_FILE', files.caFile),
    cert: await read('TLS_CERT_FILE', files.certFile),
    key: await read('TLS_KEY_FILE', files.keyFile),
    serverName: files.serverName,
  }
}

function parsePath(text: string): string {
  if (text !== '' && !text.includes('\0')) return text
  throw new Error('is empty; leave the key out instead')
}
