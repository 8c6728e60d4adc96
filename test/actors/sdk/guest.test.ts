import test from 'ava'
import { buildActor } from '../../support/actors.ts'
import { answer, BareGuest, refusal } from '../../support/bare-guest.ts'
import { httpRequestBytes } from '../../support/http-message.ts'

const wasm = await buildActor('probe')

test('fail - ends the call with its text, and the actor goes on', (t) => {
  const guest = new BareGuest(wasm)

  t.is(refusal(guest.call('Fail', 'a76e6f207761797ac3')), 'no wayz')
  t.is(refusal(guest.call('Fail', 'a4f09f9880')), '😀')
  t.is(answer(guest.call('Nothing')), '')
})

test('throw - gives its text and place to the host, then traps', (t) => {
  const guest = new BareGuest(wasm)

  t.throws(() => guest.call('Throw', 'a3626164'), { instanceOf: WebAssembly.RuntimeError })
  t.regex(guest.lastError ?? '', /^bad; actors\/probe\/index\.ts \(\d+,\d+\)$/u)
  t.throws(() => guest.call('Throw', `da2000${'61'.repeat(0x2000)}`))
  t.regex(guest.lastError ?? '', /^a{320}; actors\/probe\/index\.ts \(\d+,\d+\)$/u)
})

test('Result - traps with the error when the value is taken all the same', (t) => {
  const guest = new BareGuest(wasm)

  t.throws(() => guest.call('Unwrap', 'a3626164'), { instanceOf: WebAssembly.RuntimeError })
  t.regex(guest.lastError ?? '', /^bad; actors\/sdk\/assembly\/result\.ts/u)
})

test('log - writes a line to the host, whatever its characters', (t) => {
  const guest = new BareGuest(wasm)

  t.is(answer(guest.call('Log', 'aa68c3a96c6ff09f988021')), '')
  t.deepEqual(guest.lines, ['hélo😀!'])
})

test('unknown operation - is named, up to a hundred bytes of it', (t) => {
  const guest = new BareGuest(wasm)

  t.is(refusal(guest.call('x'.repeat(5000))), `Could not find function "${'x'.repeat(100)}"`)
})

test('memory - stays as it is over 100,000 calls that allocate', async (t) => {
  const kvcounter = new BareGuest(await buildActor('kvcounter'))
  kvcounter.host = () => Buffer.from('81a576616c75652a', 'hex')
  const request = httpRequestBytes({ path: '/a/long/way/to/go', body: 'x'.repeat(300) })
  const run = (calls: number): number => {
    for (let i = 0; i < calls; i++) kvcounter.call('HandleRequest', request)
    kvcounter.hostCalls.length = 0
    return kvcounter.memoryBytes
  }

  const before = run(100)
  t.is(run(100_000), before)
})

test('memory - what one call littered is there for the next', (t) => {
  const guest = new BareGuest(wasm)
  guest.call('Litter', 'cd4000')
  const before = guest.memoryBytes

  for (let i = 0; i < 50; i++) guest.call('Litter', 'cd4000')

  t.is(guest.memoryBytes, before)
})

test('memory - messages of any size use the same memory again', async (t) => {
  const echo = new BareGuest(await buildActor('echo'))
  const sizes = [0, 1, 4095, 4096, 4097, 65_535, 65_536, 65_537, 300_000]
  const round = (): void => {
    for (const size of sizes) {
      const payload = Buffer.alloc(size, size)
      t.true(payload.equals(Buffer.from(echo.call('Echo', payload).response ?? [])), `${size}`)
    }
  }

  round()
  round()
  const before = echo.memoryBytes
  for (let i = 0; i < 50; i++) round()

  t.is(echo.memoryBytes, before)
})
