import test from 'ava'
import { parseRedisUrl } from '../../../capabilities/redis-connection/index.ts'
import { nameOf } from '../../../capabilities/redis-connection/target.ts'

const plain = {
  kind: 'server',
  master: undefined,
  username: undefined,
  password: undefined,
  sentinelUsername: undefined,
  sentinelPassword: undefined,
  database: 0,
  usesTls: false,
}

test('parseRedisUrl - reads one server, with what may be left out', (t) => {
  t.deepEqual(parseRedisUrl('redis://somewhere'), {
    ...plain,
    hosts: [{ host: 'somewhere', port: 6379 }],
  } as never)
  t.deepEqual(parseRedisUrl('REDISS://ann:p%40ss%2Fw%3Ard@[::1]:7000/12'), {
    ...plain,
    hosts: [{ host: '::1', port: 7000 }],
    username: 'ann',
    password: 'p@ss/w:rd',
    database: 12,
    usesTls: true,
  } as never)
  t.like(parseRedisUrl('redis://:secret@10.0.0.1/'), { username: undefined, password: 'secret' })
})

test('parseRedisUrl - reads Sentinels and clusters', (t) => {
  t.deepEqual(
    parseRedisUrl('redis+sentinel://u:p@a,b:7/my-master/3?sentinel_user=s&sentinel_password=x'),
    {
      ...plain,
      kind: 'sentinel',
      hosts: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 7 },
      ],
      master: 'my-master',
      username: 'u',
      password: 'p',
      sentinelUsername: 's',
      sentinelPassword: 'x',
      database: 3,
    } as never,
  )
  t.like(parseRedisUrl('rediss+cluster://a:1,b:2'), { kind: 'cluster', usesTls: true })
})

test('parseRedisUrl - refuses what it does not understand, and shows no password', (t) => {
  for (const url of [
    'secret',
    'http://:secret@host',
    'redis://',
    'redis://u:secret@a,b',
    'redis://host:0',
    'redis://host:65536',
    'redis://ho st',
    'redis://user@host',
    'redis://user:%zz@host',
    'redis://host/x',
    'redis://host/1/2',
    'redis://host?x=secret',
    'redis+sentinel://host',
    'redis+sentinel://host/a b',
    'redis+cluster://host/1',
    'redis+cluster://host?sentinel_password=secret',
    'redis://:se@cret@host',
    'redis+unix://host',
    'redis://user:secret',
    'redis://user:12/secret@host',
    'redis://user:12?secret@host',
    'redis+sentinel://user:12/secret@host/0',
  ]) {
    const error = t.throws(() => parseRedisUrl(url), undefined, url)
    t.notRegex(error.message, /secret/, url)
  }
})

test('nameOf - names servers without logins', (t) => {
  const named = (url: string): string => nameOf(parseRedisUrl(url))
  t.is(named('redis://u:secret@[::1]/2'), 'Redis [::1]:6379/2')
  t.is(named('redis+sentinel://u:secret@a,b/m'), 'Redis m of Sentinel a:26379,b:26379')
  t.is(named('redis+cluster://u:secret@a,b'), 'Redis cluster a:6379,b:6379')
})
