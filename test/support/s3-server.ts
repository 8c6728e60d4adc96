import crypto from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { isSigned } from './s3-signature.ts'
import { temporaryFolder } from './temporary-folder.ts'

interface S3rver {
  readonly logger: { readonly exceptions: { unhandle(): void }; close(): void }
  configureBuckets(): Promise<unknown>
  callback(): RequestListener
}

// It writes the tokens that go on with a listing in DES, which OpenSSL has no more.
for (const name of ['createCipheriv', 'createDecipheriv'] as const) {
  const original = crypto[name] as (algorithm: string, key: Buffer, iv: Buffer) => crypto.Cipheriv
  Object.assign(crypto, {
    [name]: (algorithm: string, key: Buffer, iv: Buffer) =>
      algorithm === 'des'
        ? original('des-ede3-cbc', Buffer.concat([key, key, key]), iv)
        : original(algorithm, key, iv),
  })
}

const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => S3rver

/** An S3 server of its own, with one empty bucket. */
export interface S3Server extends AsyncDisposable {
  readonly url: string
  readonly bucket: string
  /** What a link needs to ask it. */
  readonly values: Readonly<Record<string, string>>
  /** Where it keeps objects. */
  readonly folder: string
}

const key = 'S3RVER'

/**
 * Starts s3rver, which shares no code with our client, on a free port of loopback. What it has not, is
 * put before it: it looks at signatures, and aborts uploads.
 */
export async function startS3(): Promise<S3Server> {
  const folder = await temporaryFolder()
  const bucket = 'things'
  const app = new S3rver({
    silent: true,
    directory: folder.path,
    configureBuckets: [{ name: bucket }],
  })
  await app.configureBuckets()
  const handle = app.callback()
  const server = createServer((request, response) => {
    const uploadId = /[?&]uploadId=([0-9a-f]+)/.exec(request.url ?? '')?.[1]
    if (!isSigned(request, key)) {
      response.writeHead(403, { 'content-type': 'application/xml' })
      response.end('<Error><Code>SignatureDoesNotMatch</Code></Error>')
    } else if (request.method === 'DELETE' && uploadId !== undefined) {
      const parts = join(folder.path, bucket, '._S3rver_uploads', uploadId)
      void rm(parts, { recursive: true, force: true }).then(() => response.writeHead(204).end())
    } else handle(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    bucket,
    folder: folder.path,
    values: { ENDPOINT: url, BUCKET: bucket, ACCESS_KEY_ID: key, SECRET_ACCESS_KEY: key },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      app.logger.exceptions.unhandle()
      app.logger.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}
