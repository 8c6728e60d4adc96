/** How actors ask for HTTP requests: where the URL is, and what becomes of headers. */
import test from 'ava'
import type { Dialect } from '../../contracts/index.ts'
import { bytesOf, called, fromHex, refusal, str, toHex } from '../support/contract-bytes.ts'

const codec = (dialect: Dialect) => {
  const waScc = dialect < 'D'
  return called(
    waScc ? 'wascc:http_client' : 'wasmcloud:httpclient',
    dialect,
    waScc ? 'PerformRequest' : dialect === 'D' ? 'Request' : 'HttpClient.Request',
  )
}

const byPath = (path: string, queryString: string): string =>
  `83 ${str('method')} ${str('GET')} ${str('path')} ${str(path)} ${str('queryString')} ${str(queryString)}`

const queries: [path: string, queryString: string, url: string][] = [
  ['http://a.example/x', '', 'http://a.example/x'],
  ['http://a.example/x', 'b=1', 'http://a.example/x?b=1'],
  ['http://a.example/x', '?b=1', 'http://a.example/x?b=1'],
  ['http://a.example/x?a', 'b=1', 'http://a.example/x?a&b=1'],
  ['http://a.example/x#y', 'b=1', 'http://a.example/x?b=1'],
  ['http://a.example/x#y', '', 'http://a.example/x#y'],
  ['http://a.example', '@b.example', 'http://a.example?@b.example'],
]

for (const [path, queryString, url] of queries) {
  test(`PerformRequest C - makes ${url} of ${path} and "${queryString}"`, (t) => {
    t.deepEqual(codec('C').decodeRequest(fromHex(byPath(path, queryString))), {
      method: 'GET',
      url,
      headers: [],
      body: new Uint8Array(0),
    })
  })
}

test('PerformRequest - may be without query, headers and body, and in D and E without method', (t) => {
  const url = 'http://a.example/'
  const bare = { method: 'GET', url, headers: [], body: new Uint8Array(0) }
  const c = `82 ${str('method')} ${str('GET')} ${str('path')} ${str(url)}`
  t.deepEqual(codec('C').decodeRequest(fromHex(c)), bare)
  for (const dialect of ['D', 'E'] as const) {
    t.deepEqual(codec(dialect).decodeRequest(fromHex(`81 ${str('url')} ${str(url)}`)), bare)
  }
})

test('PerformRequest - is refused without a URL', (t) => {
  for (const [dialect, path] of [
    ['B', 'path'],
    ['C', 'path'],
    ['D', 'url'],
    ['E', 'url'],
  ] as const) {
    const bytes = dialect === 'B' ? `91 ${str('GET')}` : `81 ${str('method')} ${str('GET')}`
    t.like(
      refusal(() => codec(dialect).decodeRequest(fromHex(bytes))),
      {
        code: 'ERR_MESSAGE_INVALID',
        path,
        reason: 'missing',
      },
    )
  }
})

test('PerformRequest - gives several values of a header as one before dialect E', (t) => {
  const answer = {
    statusCode: 200,
    headers: ['Vary', 'accept', 'X', '1', 'vary', 'origin', 'Cookie', 'a', 'Cookie', 'b'],
    body: bytesOf('x'),
  }
  const once = ['vary', 'accept, origin', 'x', '1', 'cookie', 'a, b']
  for (const dialect of ['A', 'B', 'C', 'D'] as const) {
    const bytes = codec(dialect).encodeResponse(answer)
    t.deepEqual(codec(dialect).decodeResponse(bytes), { ...answer, headers: once })
  }
  const lists = codec('E').encodeResponse(answer)
  t.deepEqual(codec('E').decodeResponse(lists), {
    ...answer,
    headers: ['vary', 'accept', 'vary', 'origin', 'x', '1', 'cookie', 'a', 'cookie', 'b'],
  })
})

test('PerformRequest - writes the words of a status that has some, and none for others', (t) => {
  const written = (statusCode: number): string =>
    toHex(codec('C').encodeResponse({ statusCode, headers: [], body: new Uint8Array(0) }))
  const ofStatus = (text: string): string => (str('status') + str(text)).replaceAll(' ', '')
  t.true(written(418).includes(ofStatus("I'm a Teapot")))
  t.true(written(599).includes(ofStatus('')))
})
