import { createRequire } from 'node:module'
import { temporaryFolder } from './temporary-folder.ts'

interface S3rver {
  run(): Promise<{ readonly port: number }>
  close(): Promise<void>
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
  /** Takes no more requests. */
  stop(): Promise<void>
}

/** Starts s3rver, which shares no code with our client, on a free port of loopback. */
export async function startS3(): Promise<S3Server> {
  const folder = await temporaryFolder()
  const bucket = 'things'
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: folder.path,
    configureBuckets: [{ name: bucket }],
  })
  const { port } = await server.run()
  const url = `http://127.0.0.1:${port}`
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= server.close())
  return {
    url,
    bucket,
    folder: folder.path,
    values: {
      ENDPOINT: url,
      BUCKET: bucket,
      ACCESS_KEY_ID: 'S3RVER',
      SECRET_ACCESS_KEY: 'S3RVER',
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop()
      await folder[Symbol.asyncDispose]()
    },
  }
}
