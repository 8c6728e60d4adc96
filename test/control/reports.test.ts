import test from 'ava'
import { withoutSecrets } from '../../control/reports.ts'

for (const [value, shown] of [
  ['nats://u:p@a:1,nats://u:p@b:2', 'nats://(hidden)@a:1,nats://(hidden)@b:2'],
  ['nats://a-token@h:1', 'nats://(hidden)@h:1'],
  ['redis://:p@h/0', 'redis://(hidden)@h/0'],
  ['postgres://u:p@ss@h/db', 'postgres://(hidden)@h/db'],
  ['postgres://u:p/a?s#s@h/db', 'postgres://(hidden)@h/db'],
  ['redis://u:p @ss@h', 'redis://(hidden)@h'],
  [
    'postgres://h/db?user=u&password=p&sslmode=require',
    'postgres://h/db?user=u&password=(hidden)&sslmode=require',
  ],
  ['https://h/?X-Token=t#a', 'https://h/?X-Token=(hidden)#a'],
  ["host=h password='a b' port=1", 'host=h password=(hidden) port=1'],
  ['h:6379,password=p,ssl=true', 'h:6379,password=(hidden),ssl=true'],
  ['-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----', '(hidden)'],
  ['https://h/a,https://h/b@c', 'https://h/a,https://h/b@c'],
  ['redis://h:6379', 'redis://h:6379'],
  ['https://h/a@b', 'https://h/a@b'],
  ['orders.>', 'orders.>'],
] as const) {
  test(`withoutSecrets - shows ${value} as ${shown}`, (t) => {
    t.deepEqual(withoutSecrets({ URL: value }), { URL: shown })
  })
}

test('withoutSecrets - shows no value whose name says that it is one', (t) => {
  for (const name of [
    'PASSWORD',
    'TOKEN',
    'CLIENT_SEED',
    'SECRET_KEY',
    'PASSPHRASE',
    'DB_PASS',
    'PWD',
    'api-key',
    'AUTHORIZATION',
    'USER_JWT',
  ]) {
    t.deepEqual(withoutSecrets({ [name]: 'x', PORT: '1' }), { [name]: '(hidden)', PORT: '1' })
  }
})
