import { readFile } from 'node:fs/promises'
import test from 'ava'
import { SigningError } from '../../signing/errors.ts'
import { verifySignature } from '../../signing/key-pair.ts'
import { encodePublicKey } from '../../signing/nkey.ts'
import { verifyToken } from '../../signing/signed-token.ts'
import type { JsonObject } from '../../signing/strict-json.ts'
import { headerFailure, parseToken } from '../../signing/token.ts'

interface SignatureFile {
  numberOfTests: number
  testGroups: {
    publicKey: { pk: string }
    tests: { tcId: number; comment: string; msg: string; sig: string; result: string }[]
  }[]
}
interface JwsFile {
  numberOfTests: number
  testGroups: { tests: { tcId: number; comment: string; jws: unknown; result: string }[] }[]
}

async function vectors<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`../vectors/${name}`, import.meta.url), 'utf8')) as T
}

test('verifySignature - agrees with all 151 Ed25519 cases of Wycheproof', async (t) => {
  const file = await vectors<SignatureFile>('wycheproof-ed25519_test.json')
  let [valid, invalid] = [0, 0]
  for (const group of file.testGroups) {
    const key = encodePublicKey('account', Buffer.from(group.publicKey.pk, 'hex'))
    for (const each of group.tests) {
      const holds = verifySignature(key, Buffer.from(each.msg, 'hex'), Buffer.from(each.sig, 'hex'))
      t.is(holds, each.result === 'valid', `case ${each.tcId}: ${each.comment}`)
      if (holds) valid++
      else invalid++
    }
  }
  t.deepEqual([valid, invalid, valid + invalid], [88, 63, file.numberOfTests])
})

test('verifyToken - refuses all 401 JWS cases of Wycheproof: none of them is Ed25519', async (t) => {
  const file = await vectors<JwsFile>('wycheproof-json_web_signature_test.json')
  const cases = file.testGroups.flatMap(({ tests }) => tests)
  t.is(cases.length, file.numberOfTests)
  let readableHeaders = 0
  for (const { tcId, comment, jws } of cases) {
    const token = typeof jws === 'string' ? jws : JSON.stringify(jws)
    const why = `case ${tcId}: ${comment}`
    await t.throwsAsync(verifyToken('actor', token), { instanceOf: SigningError }, why)
    // most carry no claims and fail for that; so make sure that their header alone fails as well
    const header = headerOf(token)
    if (header === undefined) continue
    readableHeaders++
    t.is(headerFailure(header)?.code, 'ERR_TOKEN_ALGORITHM', why)
  }
  t.true(readableHeaders > 300, `${readableHeaders} headers`)
})

function headerOf(token: string): JsonObject | undefined {
  try {
    return parseToken(`${token.split('.')[0]}.e30.`).header
  } catch (error) {
    if (error instanceof SigningError && error.code === 'ERR_TOKEN_MALFORMED') return undefined
    throw error
  }
}

test('headerFailure - refuses the token of RFC 8037, A.4, whose alg is EdDSA', (t) => {
  const { header } = parseToken('eyJhbGciOiJFZERTQSJ9.e30.')
  t.deepEqual(headerFailure(header)?.detail, { alg: 'EdDSA' })
})
