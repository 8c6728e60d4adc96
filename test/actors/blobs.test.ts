import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { stockProviders } from '../../capabilities/index.ts'
import { buildActor } from '../support/actors.ts'
import { startS3 } from '../support/s3-server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { TestHost } from '../support/test-host.ts'

interface Blobs extends AsyncDisposable {
  readonly id: string
  /** Status and body of the answer. */
  ask(method: string, path: string, body?: Uint8Array<ArrayBuffer>): Promise<[number, string]>
}

async function startBlobs(
  provider: string,
  values: Readonly<Record<string, string>>,
): Promise<Blobs> {
  const host = new TestHost({ providers: stockProviders() })
  const { id } = await host.startActor(await buildActor('blobs'))
  const http = { actor: id, contractId: 'wascc:http_server', values: { PORT: '0' } }
  const listening = await host.link(http)
  await host.link({ actor: id, contractId: 'wascc:blobstore', provider, values })
  const url = listening?.info['url'] ?? ''
  return {
    id,
    ask: async (method, path, body) => {
      const answer = await fetch(new URL(path, url), { method, body: body ?? null })
      return [answer.status, await answer.text()]
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  }
}

const content = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index % 251))

/**
 * Resolves once a blob has this size: copies come after the answer that promises them, and s3rver shows
 * an object while it still writes it.
 */
async function untilSize({ ask }: Blobs, path: string, byteSize: number): Promise<void> {
  for (;;) {
    const [, body] = await ask('GET', path)
    if (body === `{"bytes":${byteSize}}`) return
  }
}

for (const provider of ['file-blobstore', 's3-blobstore']) {
  test(`blobs - keeps, lists, copies and removes blobs in ${provider}`, async (t) => {
    await using folder = await temporaryFolder()
    await using s3 = await startS3()
    const values = provider === 's3-blobstore' ? s3.values : { ROOT: folder.path }
    await using blobs = await startBlobs(provider, values)
    const { ask } = blobs

    t.deepEqual(await ask('PUT', '/photos/cat', content), [201, ''])
    t.deepEqual(await ask('PUT', '/photos/none', new Uint8Array(0)), [201, ''])
    t.deepEqual(await ask('GET', '/photos/cat'), [200, '{"bytes":1000000}'])
    t.deepEqual(await ask('GET', '/photos/dog'), [404, 'no such blob\n'])
    t.deepEqual(await ask('GET', '/photos'), [200, '["cat","none"]'])

    t.deepEqual(await ask('POST', '/photos/cat?to=dog'), [202, ''])
    await untilSize(blobs, '/photos/dog', content.length)
    t.deepEqual(await ask('POST', '/photos/none?to=nothing'), [202, ''])
    await untilSize(blobs, '/photos/nothing', 0)
    const [status, problem] = await ask('POST', '/photos/bird?to=fish')
    t.is(status, 502)
    t.regex(problem, /there is no blob "bird" in container "photos"/)

    t.deepEqual(await ask('DELETE', '/photos/cat'), [204, ''])
    t.deepEqual(await ask('GET', '/photos'), [200, '["dog","none","nothing"]'])
    const where =
      provider === 's3-blobstore'
        ? join(s3.folder, s3.bucket, blobs.id, 'default/photos/dog._S3rver_object')
        : join(folder.path, 'links', blobs.id.toLowerCase(), 'default/containers/photos/dog')
    t.deepEqual(await readFile(where), content)
  })
}

test('blobs - finds what was kept before the host was started again', async (t) => {
  await using folder = await temporaryFolder()
  const values = { ROOT: folder.path }
  {
    await using blobs = await startBlobs('file-blobstore', values)
    t.deepEqual(await blobs.ask('PUT', '/photos/cat', content), [201, ''])
  }
  await using blobs = await startBlobs('file-blobstore', values)
  t.deepEqual(await blobs.ask('GET', '/photos/cat'), [200, '{"bytes":1000000}'])
})
