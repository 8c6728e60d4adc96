import test from 'ava'
import { KeyPair, verifyToken } from '../../signing/index.ts'
import { commandFolder } from '../support/wash-command.ts'

test('wash-ts claims token operator - signs for itself with the key made on first use', async (t) => {
  await using folder = await commandFolder()
  const { stdout, stderr } = await folder.run('claims', 'token', 'operator', '-n', 'Acme')
  const { claims } = await verifyToken('operator', stdout.trim())
  t.is(claims.name, 'Acme')
  t.is(claims.issuer, claims.subject)
  t.is(stderr, `New key: ${folder.keys}/tester_operator.nk\n`)
})

test('wash-ts claims token account - is signed by the operator and names further keys', async (t) => {
  await using folder = await commandFolder()
  const operator = KeyPair.generate('operator')
  const more = KeyPair.generate('account').publicKey
  const { json } = await folder.runJson(
    ...['claims', 'token', 'account', '-n', 'Shop', '-i', operator.seed, '-a', more],
  )
  const { claims } = await verifyToken('account', String(json['token']))
  t.is(claims.issuer, operator.publicKey)
  t.is(claims.subject, String(json['subject']))
  t.deepEqual(claims.validSigners, [more])
})

test('wash-ts claims token provider - claims contract, vendor, revision and version', async (t) => {
  await using folder = await commandFolder()
  const { stdout } = await folder.run(
    ...['claims', 'token', 'provider', '-n', 'Redis', '-c', 'wascc:keyvalue'],
    ...['-v', 'Acme', '-r', '3', '-e', '1.0.0'],
  )
  const { claims } = await verifyToken('provider', stdout.trim())
  t.like(claims, {
    name: 'Redis',
    contractId: 'wascc:keyvalue',
    vendor: 'Acme',
    revision: 3,
    version: '1.0.0',
  })
})

test('wash-ts claims token actor - takes the claims of claims sign and matches no module', async (t) => {
  await using folder = await commandFolder()
  const { stdout } = await folder.run('claims', 'token', 'actor', '-n', 'Echo', '-k', '-r', '2')
  const { claims } = await verifyToken('actor', stdout.trim())
  t.like(claims, { name: 'Echo', contracts: ['wascc:keyvalue'], revision: 2, hash: '0'.repeat(64) })
})

const refusals: readonly (readonly [args: string, code: string])[] = [
  ['operator', 'ERR_USAGE'],
  ['provider -n A -c wascc:keyvalue', 'ERR_USAGE'],
  ['provider -n A -v B', 'ERR_USAGE'],
  ['account -n A -a nonsense', 'ERR_NKEY_INVALID'],
  ['actor -n A --hash abc', 'ERR_CLAIMS_INVALID'],
]
for (const [args, code] of refusals) {
  test(`wash-ts claims token ${args} - is refused with ${code}`, async (t) => {
    await using folder = await commandFolder()
    const { exitCode, json } = await folder.runJson('claims', 'token', ...args.split(' '))
    t.is((json['error'] as { code: string }).code, code)
    t.not(exitCode, 0)
  })
}
