import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/**
 * Whether a request is signed with a secret, as S3 checks it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function isSigned({ method, url, headers }: IncomingMessage, secret: string): boolean {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    )
  const [, day = '', region = '', names = '', signature = ''] = parts ?? []
  const [path = '', query = ''] = (url ?? '').split('?')
  if (signature === '' || !names.split(';').includes('host')) return false
  const canonical = [
    method,
    path,
    query.split('&').sort(byCode).join('&'),
    ...names.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names,
    headers['x-amz-content-sha256'],
  ].join('\n')
  const toSign = [
    'AWS4-HMAC-SHA256',
    headers['x-amz-date'],
    `${day}/${region}/s3/aws4_request`,
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n')
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (before, text) => hmac(before, text),
    `AWS4${secret}`,
  )
  return timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex'))
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : 1
}
