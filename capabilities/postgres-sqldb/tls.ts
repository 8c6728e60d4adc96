import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'
import type { TlsMode } from './target.ts'

/** How to check who the server is; `false` for plain text. */
export type TlsOptions = ConnectionOptions | false

/** @throws Error that names the key and the file that cannot be read */
export async function tlsOptions(mode: TlsMode, caFile: string | undefined): Promise<TlsOptions> {
  if (mode === 'disable') return false
  if (mode === 'require') return { rejectUnauthorized: false }
  const ca = caFile === undefined ? {} : { ca: await readCa(caFile) }
  return mode === 'verify-ca' ? { ...ca, checkServerIdentity: () => undefined } : ca
}

async function readCa(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new Error(`TLS_CA_FILE ${JSON.stringify(path)} cannot be read (${code})`, { cause })
  }
}
