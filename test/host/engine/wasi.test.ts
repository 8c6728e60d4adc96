import test from 'ava'
import { compileGuest, type Guest, Scheduler } from '../../../host/engine/index.ts'
import { assemble } from './prepare/support/assemble.ts'
import { at, bytes, failureOf } from './support/guests.ts'

/**
 * A guest that calls a WASI function with what its payload says: four little-endian words, then bytes
 * that lie at 64 of the payload. It answers with the result, in a byte, and the memory that follows.
 */
const caller = `(module
  (import "wapc" "__guest_request" (func $guest_request (param i32 i32)))
  (import "wapc" "__guest_response" (func $guest_response (param i32 i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $word (param i32) (result i32)
    (i32.load (i32.add (i32.const ${at.payload}) (local.get 0))))
  (func (export "__guest_call") (param $opLength i32) (param $length i32) (result i32)
    (call $guest_request (i32.const 0) (i32.const ${at.payload}))
    (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 119))
      (then (i32.store8 (i32.const 50000) (call $fd_write (call $word (i32.const 0))
        (call $word (i32.const 4)) (call $word (i32.const 8)) (call $word (i32.const 12)))))
      (else (i32.store8 (i32.const 50000) (call $random_get (call $word (i32.const 0))
        (call $word (i32.const 4))))))
    (call $guest_response (i32.const 50000) (i32.const 64))
    (i32.const 1)))`

const here = at.payload + 64
const written = 50_004
const pageBytes = 65_536

interface Opened extends AsyncDisposable {
  readonly guest: Guest
  readonly lines: string[]
  /** @returns errno, and the 63 bytes that follow it in memory */
  call(name: 'write' | 'random', words: readonly number[], data?: Uint8Array): Promise<Uint8Array>
}

async function open(): Promise<Opened> {
  const module = await compileGuest(await assemble(caller), { wasi: true })
  const lines: string[] = []
  const guest = await module.open({
    scheduler: new Scheduler(),
    keepsState: true,
    log: (line) => lines.push(line),
    hostCall: () => {
      throw new Error('no host calls here')
    },
  })
  return {
    guest,
    lines,
    call: (name, words, data = new Uint8Array()) => {
      const payload = new Uint8Array(64 + data.length)
      const view = new DataView(payload.buffer)
      words.forEach((word, index) => view.setUint32(4 * index, word, true))
      payload.set(data, 64)
      return guest.call(name, payload)
    },
    [Symbol.asyncDispose]: () => guest[Symbol.asyncDispose](),
  }
}

/** Buffers for `fd_write`, and the text they lie before. */
function buffers(...texts: string[]): Uint8Array {
  const parts = texts.map(bytes)
  const head = new DataView(new ArrayBuffer(8 * parts.length))
  let start = here + head.byteLength
  for (const [index, part] of parts.entries()) {
    head.setUint32(8 * index, start, true)
    head.setUint32(8 * index + 4, part.length, true)
    start += part.length
  }
  return Buffer.concat([Buffer.from(head.buffer), ...parts])
}

const countIn = (answer: Uint8Array): number =>
  new DataView(answer.buffer, answer.byteOffset).getUint32(written - 50_000, true)

test('fd_write - prints lines of standard output and error, and says how much it took', async (t) => {
  await using wasi = await open()

  for (const file of [1, 2]) {
    const answer = await wasi.call('write', [file, here, 3, written], buffers('a', '', 'b\nc'))
    t.is(answer[0], 0)
    t.is(countIn(answer), 4)
  }

  t.deepEqual(wasi.lines, ['ab', 'c', 'ab', 'c'])
})

test('fd_write - knows no other file, and no more buffers than POSIX', async (t) => {
  await using wasi = await open()

  for (const file of [0, 3, 0xffff_ffff, 0x8000_0000]) {
    t.is((await wasi.call('write', [file, here, 1, written], buffers('x')))[0], 8)
  }
  t.is((await wasi.call('write', [1, here, 1025, written]))[0], 28)
  t.is((await wasi.call('write', [1, here, 0xffff_ffff, written]))[0], 28)

  t.deepEqual(wasi.lines, [])
})

test('fd_write - takes 8 KiB at a time, and cuts a line there', async (t) => {
  await using wasi = await open()
  const long = 'x'.repeat(9_000)

  const first = await wasi.call('write', [1, here, 2, written], buffers(long, 'more\n'))
  t.is(countIn(first), 8_192)
  await wasi.call('write', [1, here, 1, written], buffers('\nnext\n'))

  t.deepEqual(wasi.lines, ['x'.repeat(8_192), 'next'])
})

test('fd_write - what is no UTF-8 is shown as such', async (t) => {
  await using wasi = await open()
  const data = buffers('ab')
  data.set([0xff, 0xc3], 8)

  await wasi.call('write', [1, here, 1, written], data)

  t.deepEqual(wasi.lines, ['\ufffd\ufffd'])
})

const outside: readonly (readonly [string, 'write' | 'random', readonly number[], Uint8Array])[] = [
  ['buffers', 'write', [1, pageBytes - 4, 1, written], buffers('x')],
  ['buffers, by wrapping around', 'write', [1, 0xffff_fff8, 1, written], buffers('x')],
  ['the count', 'write', [1, here, 1, pageBytes - 3], buffers('x')],
  ['the count, by wrapping around', 'write', [1, here, 1, 0xffff_fffe], buffers('x')],
  ['text', 'write', [1, here, 1, written], words(pageBytes - 1, 2)],
  ['text, by its length', 'write', [1, here, 1, written], words(0, 0xffff_ffff)],
  ['text, by wrapping around', 'write', [1, here, 1, written], words(0xffff_ffff, 2)],
  ['text that is not reached', 'write', [1, here, 2, written], words(0, 9_000, pageBytes, 1)],
  ['random bytes', 'random', [pageBytes - 1, 2], new Uint8Array()],
  ['random bytes, by wrapping around', 'random', [0xffff_ffff, 2], new Uint8Array()],
]

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer)
}

for (const [what, name, args, data] of outside) {
  test(`WASI - ${what} outside memory ends the call`, async (t) => {
    await using wasi = await open()

    const error = await failureOf(wasi.call(name, args, data))

    t.is(error.code, 'ERR_GUEST_POINTER')
    t.is(wasi.guest.restarts, 1)
    t.is((await wasi.call('write', [1, here, 1, written], buffers('still here')))[0], 0)
  })
}

test('random_get - fills what it is given and nothing else', async (t) => {
  await using wasi = await open()

  const answer = await wasi.call('random', [50_008, 16])

  t.is(answer[0], 0)
  t.true(answer.subarray(8, 24).some((byte) => byte !== 0))
  t.deepEqual([...answer.subarray(1, 8), ...answer.subarray(24)], Array<number>(47).fill(0))
  t.is((await wasi.call('random', [pageBytes, 0]))[0], 0)
  t.is((await wasi.call('random', [0, 65_537]))[0], 28)
})

test('WASI - whoever prints without end is stopped by the CPU budget', async (t) => {
  const loop = caller.replace(
    '(if (i32.eq',
    `(loop $ever
      (drop (call $fd_write (i32.const 1) (i32.const ${here}) (i32.const 1) (i32.const ${written})))
      (br $ever))
    (if (i32.eq`,
  )
  const module = await compileGuest(await assemble(loop), { wasi: true, limits: { cpuMs: 20 } })
  await using guest = await module.open({
    scheduler: new Scheduler(),
    log: () => {},
    hostCall: () => new Uint8Array(),
  })
  const payload = Buffer.concat([new Uint8Array(64), buffers('\nx'.repeat(4_000))])

  t.is((await failureOf(guest.call('write', payload))).code, 'ERR_CPU_BUDGET')
})

test('WASI - is not offered unless it is asked for', async (t) => {
  const error = await failureOf(compileGuest(await assemble(caller)))

  t.like(error, { code: 'ERR_WASM_IMPORT', detail: { module: 'wasi_snapshot_preview1' } })
  t.regex(error.message, /which no actor may/)
})
