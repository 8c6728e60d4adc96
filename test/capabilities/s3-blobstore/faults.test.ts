/** Servers that refuse, fail, hang, or answer what no S3 would. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { s3BlobstoreProvider } from '../../../capabilities/s3-blobstore/index.ts'
import { startS3 } from '../../support/s3-server.ts'
import { announcement, BlobActor, upload } from '../support/blob-actor.ts'
import { linkProvider } from '../support/linked-provider.ts'

const secret = 'hushhushhush'
const everything = { container: 'c', startWith: '', after: '', before: '', maxBlobs: 0 }

/** A server that answers as it is told to, and a link to it. */
async function linkToFake(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  values: Readonly<Record<string, string>> = {},
) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    request.resume()
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const actor = new BlobActor()
  const link = await linkProvider(s3BlobstoreProvider(), {
    ...actor.facts,
    values: {
      ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      BUCKET: 'things',
      ACCESS_KEY_ID: 'id',
      SECRET_ACCESS_KEY: secret,
      ...values,
    },
  })
  return {
    ...link,
    actor,
    asked,
    [Symbol.asyncDispose]: async () => {
      await link[Symbol.asyncDispose]()
      server.closeAllConnections()
      server.close()
    },
  }
}

const xml = { 'content-type': 'application/xml' }
const listing = (inside: string): string =>
  `<?xml version="1.0"?><ListBucketResult xmlns="http://s3">${inside}</ListBucketResult>`

for (const [what, values, reason] of [
  ['a wrong secret', { SECRET_ACCESS_KEY: secret }, /^403/],
  ['an unknown key', { ACCESS_KEY_ID: 'nobody', SECRET_ACCESS_KEY: secret }, /^403/],
  ['a bucket that is not there', { BUCKET: 'nowhere' }, /^404 NoSuchBucket/],
] as const) {
  test(`${what} - is refused, and no secret is told`, async (t) => {
    await using server = await startS3()
    await using link = await linkProvider(s3BlobstoreProvider(), {
      values: { ...server.values, ...values },
    })
    for (const ask of [
      () => link.ask('CreateContainer', { container: 'c' }),
      () => link.ask('ListObjects', everything),
      () => link.ask('ListContainers', {}),
    ]) {
      const error = await t.throwsAsync<Error & { detail: { reason: string } }>(async () => ask(), {
        code: 'ERR_SERVER_REFUSED',
      })
      t.regex(error?.detail.reason ?? '', reason)
      t.notRegex(error?.message ?? '', new RegExp(secret))
      t.regex(error?.message ?? '', /bucket (things|nowhere) would not/)
    }
  })
}

test('a server that is gone - is unavailable', async (t) => {
  const server = await startS3()
  await using link = await linkProvider(s3BlobstoreProvider(), { values: server.values })
  await link.ask('CreateContainer', { container: 'c' })
  await link.ask('StartUpload', announcement('c', 'b', 4, 4))
  await server[Symbol.asyncDispose]()
  for (const ask of [
    () => link.ask('ListContainers', {}),
    () => upload(link, 'c', 'd', Buffer.from('x')),
    () => link.ask('UploadChunk', { ...announcement('c', 'b', 4, 4), bytes: Buffer.from('0123') }),
  ]) {
    const error = await t.throwsAsync(async () => ask(), { code: 'ERR_SERVER_UNAVAILABLE' })
    t.like(error, { detail: { server: `${server.url}, bucket things` } })
  }
})

for (const [status, reading, writing] of [
  [500, 'ERR_SERVER_UNAVAILABLE', 'ERR_OUTCOME_UNKNOWN'],
  [502, 'ERR_SERVER_UNAVAILABLE', 'ERR_OUTCOME_UNKNOWN'],
  [503, 'ERR_SERVER_UNAVAILABLE', 'ERR_SERVER_UNAVAILABLE'],
  [429, 'ERR_SERVER_UNAVAILABLE', 'ERR_SERVER_UNAVAILABLE'],
  [400, 'ERR_SERVER_REFUSED', 'ERR_SERVER_REFUSED'],
  [307, 'ERR_SERVER_REFUSED', 'ERR_SERVER_REFUSED'],
] as const) {
  test(`status ${status} - is ${reading} in reading, ${writing} in writing, and not tried again`, async (t) => {
    await using link = await linkToFake((request, response) => {
      const isList = request.url?.includes('list-type')
      if (request.method === 'HEAD') response.writeHead(404).end()
      else if (isList && !request.url?.includes('delimiter'))
        response.writeHead(200, xml).end(listing(''))
      else response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end()
    })
    await t.throwsAsync(async () => link.ask('ListContainers', {}), { code: reading })
    t.is(link.asked.length, 1)
    await t.throwsAsync(async () => link.ask('CreateContainer', { container: 'c' }), {
      code: writing,
    })
    t.is(link.asked.filter((line) => line.startsWith('PUT')).length, 1)
  })
}

test('a connection that breaks - leaves open what was written, and nothing that was read', async (t) => {
  await using link = await linkToFake((request, response) => {
    if (request.method === 'HEAD')
      response.writeHead(200, { etag: '"e"', 'content-length': '3' }).end()
    else response.socket?.destroy()
  })
  await t.throwsAsync(async () => link.ask('ListContainers', {}), {
    code: 'ERR_SERVER_UNAVAILABLE',
  })
  await t.throwsAsync(() => upload(link, 'c', 'b', Buffer.from('x')), {
    code: 'ERR_OUTCOME_UNKNOWN',
  })
})

test('a server that hangs - costs the time of one request, or less if the caller stops', async (t) => {
  await using link = await linkToFake(() => undefined, { REQUEST_TIMEOUT_MS: '100' })
  const error = await t.throwsAsync(async () => link.ask('ListContainers', {}), {
    code: 'ERR_SERVER_TIMEOUT',
  })
  t.like(error, { detail: { operation: 'list objects', timeoutMs: 100 } })

  await using patient = await linkToFake(() => undefined)
  const stop = new AbortController()
  const asking = Promise.resolve(patient.ask('ListContainers', {}, { signal: stop.signal }))
  stop.abort(new Error('enough'))
  await t.throwsAsync(asking, { message: 'enough' })
})

test('a server that hangs in an answer - costs no more either', async (t) => {
  await using link = await linkToFake(
    (_, response) => {
      response.writeHead(200, xml)
      response.write('<?xml version="1.0"?><ListBucketResult>')
    },
    { REQUEST_TIMEOUT_MS: '100' },
  )
  await t.throwsAsync(async () => link.ask('ListContainers', {}), { code: 'ERR_SERVER_TIMEOUT' })
})

const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'tags that never close': (response) => response.end('<a>'.repeat(2_000_000)),
  'tags that close in the wrong order': (response) => response.end('<a><b></a></b>'),
  'tags within tags within tags': (response) => response.end('<a>'.repeat(40) + '</a>'.repeat(40)),
  'no end': (response) => {
    const chunk = Buffer.alloc(65_536, 'x')
    const more = (): void => {
      while (response.writable && !response.destroyed && response.write(chunk));
    }
    response.on('drain', more)
    more()
  },
  'a listing that does not go on': (response) =>
    response.end(
      listing(
        '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>' +
          '<Contents><Key>c/a</Key><Size>1</Size></Contents>',
      ),
    ),
  'a listing of nothing that goes on': (response) =>
    response.end(
      listing('<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>'),
    ),
  'a size below nothing': (response) =>
    response.end(listing('<Contents><Key>c/a</Key><Size>-1</Size></Contents>')),
  'a size that is no number': (response) =>
    response.end(listing('<Contents><Key>c/a</Key><Size>many</Size></Contents>')),
}

for (const [what, answer] of Object.entries(answers)) {
  test(`an answer with ${what} - is refused within a second`, async (t) => {
    await using link = await linkToFake((_, response) => {
      response.writeHead(200, xml)
      answer(response)
    })
    const start = performance.now()
    await t.throwsAsync(async () => link.ask('ListContainers', {}), { code: 'ERR_SERVER_REFUSED' })
    t.true(performance.now() - start < 5000)
  })
}

for (const [what, headers, body] of [
  ['of another object', { etag: '"other"' }, '0123'],
  ['that is longer', { etag: '"e"' }, '01234'],
  ['that is shorter', { etag: '"e"' }, '012'],
] as const) {
  test(`a range ${what} - ends the download`, async (t) => {
    await using link = await linkToFake((request, response) => {
      if (request.method === 'HEAD') {
        response.writeHead(200, { etag: '"e"', 'content-length': '4' }).end()
      } else response.writeHead(206, headers).end(body)
    })
    await link.ask('StartDownload', { container: 'c', id: 'b', chunkSize: 4, context: '' })
    await link.actor.until(() => link.log.length > 0)
    t.is(link.actor.chunks.length, 0)
    t.like(link.log[0]?.facts['error'], { code: 'ERR_SERVER_REFUSED' })
  })
}

test('an upload that S3 says was complete, and then was not - is refused', async (t) => {
  await using link = await linkToFake((request, response) => {
    const url = request.url ?? ''
    if (request.method === 'HEAD') response.writeHead(404).end()
    else if (url.includes('list-type')) {
      response
        .writeHead(200, xml)
        .end(listing('<Contents><Key>c/.container</Key><Size>1</Size></Contents>'))
    } else if (url.includes('?uploads')) {
      const id = '<UploadId>u</UploadId>'
      response
        .writeHead(200, xml)
        .end(`<InitiateMultipartUploadResult>${id}</InitiateMultipartUploadResult>`)
    } else if (request.method === 'PUT') response.writeHead(200, { etag: '"p"' }).end()
    else if (request.method === 'POST') {
      response.writeHead(200, xml).end('<Error><Code>InternalError</Code></Error>')
    } else response.writeHead(204).end()
  })
  const bytes = new Uint8Array(6 * 2 ** 20)
  await t.throwsAsync(() => upload(link, 'c', 'b', bytes, 2 ** 20), { code: 'ERR_SERVER_REFUSED' })
  t.true(link.asked.some((line) => line.startsWith('DELETE') && line.includes('uploadId=u')))
})
