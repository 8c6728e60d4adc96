import test from 'ava'
import { withoutSecrets } from '../../control/reports.ts'

for (const [value, shown] of [
  ['nats://u:p@a:1,nats://u:p@b:2', 'nats://(hidden)@a:1,nats://(hidden)@b:2'],
  ['nats://a-token@h:1', 'nats://(hidden)@h:1'],
  ['redis://:p@h/0', 'redis://(hidden)@h/0'],
  ['postgres://u:p@ss@h/db', 'postgres://(hidden)@h/db'],
  ['redis://h:6379', 'redis://h:6379'],
  ['https://h/a@b', 'https://h/a@b'],
  ['orders.>', 'orders.>'],
] as const) {
  test(`withoutSecrets - shows ${value} as ${shown}`, (t) => {
    t.deepEqual(withoutSecrets({ URL: value }), { URL: shown })
  })
}

test('withoutSecrets - shows no value whose name says that it is one', (t) => {
  for (const name of ['PASSWORD', 'TOKEN', 'CLIENT_SEED', 'SECRET_KEY']) {
    t.deepEqual(withoutSecrets({ [name]: 'x', PORT: '1' }), { [name]: '(hidden)', PORT: '1' })
  }
})
