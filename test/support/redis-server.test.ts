import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import test from 'ava'
import { startRedis } from './redis-server.ts'
import { startService } from './service.ts'

async function ask(port: number, command: string): Promise<string> {
  const client = connect(port, '127.0.0.1')
  client.write(`${command}\r\n`)
  const [chunk] = (await once(client, 'data')) as [Buffer]
  client.destroy()
  return chunk.toString()
}

test('startRedis - keeps what it answered, killed and started again', async (t) => {
  await using redis = await startRedis()
  t.is(redis.url, `redis://127.0.0.1:${redis.port}`)
  t.is(await ask(redis.port, 'INCR n'), ':1\r\n')
  await redis.kill()
  const [error] = (await once(connect(redis.port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException]
  t.is(error.code, 'ECONNREFUSED')
  await redis.restart()
  t.is(await ask(redis.port, 'INCR n'), ':2\r\n')
})

test('startRedis - asks for the password, and knows further users', async (t) => {
  await using redis = await startRedis({
    password: 'se/cret',
    users: ['ann on >hers ~* +@all'],
  })
  t.is(redis.url, `redis://:se%2Fcret@127.0.0.1:${redis.port}`)
  t.regex(await ask(redis.port, 'PING'), /^-NOAUTH/)
  t.is(await ask(redis.port, 'AUTH se/cret'), '+OK\r\n')
  t.is(await ask(redis.port, 'AUTH ann hers'), '+OK\r\n')
})

test('startRedis - speaks TLS with a certificate for the names it is given', async (t) => {
  await using redis = await startRedis({ tlsNames: ['localhost'] })
  const client = connectTls({
    port: redis.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: redis.certificate?.ca,
  })
  client.write('PING\r\n')
  const [chunk] = (await once(client, 'data')) as [Buffer]
  client.destroy()
  t.is(chunk.toString(), '+PONG\r\n')
})

test('startService - says how to install what is missing, and why a service ended', async (t) => {
  const options = {
    args: ['-e', 'console.log("no luck")'],
    debianPackage: 'some',
    readyLine: /yes/,
  }
  await t.throwsAsync(startService({ ...options, command: 'wash-ts-no-such-command' }), {
    message: /sudo apt-get install -y some/,
  })
  await t.throwsAsync(startService({ ...options, command: process.execPath }), {
    message: /no luck/,
  })
})
