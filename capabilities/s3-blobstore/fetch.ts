import { isSoundXml } from './xml.ts'

/** How one request is bounded, and what was answered to it. */
export interface Bounds {
  readonly signal: AbortSignal
  /** Whether a good answer is an object, which is read bit by bit by whoever asked. */
  readonly isObject: boolean
  response: Response | undefined
  /** How many requests were sent: the client goes on by itself where a listing is not complete. */
  requests: number
}

/** A server may list less than it was asked for, but not for ever: what lists nothing gets nowhere. */
const mostRequests = 20

/** Bytes of an answer that is not an object: a listing of 1000 keys has a fraction of it. */
const mostAnswerBytes = 8 * 2 ** 20

/** `fetch` that ends with its signal, follows nobody elsewhere, and lets no bad XML through. */
export async function boundedFetch(
  input: string | URL | Request,
  init: RequestInit | undefined,
  bounds: Bounds | undefined,
): Promise<Response> {
  if (bounds === undefined) throw new Error('a request to S3 without bounds')
  if (++bounds.requests > mostRequests) throw new Error('the server lists too little at a time')
  const response = await fetch(input, { ...init, redirect: 'manual', signal: bounds.signal })
  bounds.response = response
  if ((response.ok && bounds.isObject) || response.body === null) return response
  const bytes = await bytesOf(response, mostAnswerBytes)
  if (bytes === undefined || !isSoundXml(Buffer.from(bytes).toString('utf8'))) {
    throw new Error('the answer of the server is too long, or no XML')
  }
  const { status, headers } = response
  return new Response(bytes, { status, headers })
}

/** The whole body. @returns `undefined` if it has more than `mostBytes` */
export async function bytesOf(
  response: Response,
  mostBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > mostBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
