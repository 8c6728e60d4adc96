/** What waiting calls and idle actors cost in memory. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildExampleActor } from '../../scripts/build-actors.ts'
import { Contender } from '../contender.ts'
import type { MemoryResult } from '../contenders/memory-host.ts'
import type { Row } from '../report.ts'
import { signedCopies } from '../signed-copies.ts'

const calls = 10_000
/** Until V8 has compiled what is called for good, and its heap has the size of a host at work. */
const servedBefore = 50_000
const actors = 1000

/** Calls of one actor that wait for their provider, all at once. */
export async function measureSuspendedCalls(): Promise<Row[]> {
  const { path } = await buildExampleActor('kvcounter')
  const measure = async (served: number): Promise<MemoryResult> => {
    await using host = Contender.start('memory-host', ['--expose-gc'])
    return await host.ask<MemoryResult>('suspended', path, calls, served)
  }
  const fresh = await measure(0)
  const atWork = row(
    `${calls.toLocaleString('en')} calls suspended in a host call, each`,
    40,
    await measure(servedBefore),
  )
  const note = `${atWork.note}; ${(fresh.bytesEach / 1000).toFixed(1)} KB in a host that served nothing before`
  return [{ ...atWork, note }]
}

/** As many different actors, signed by one issuer, that have been started and not called. */
export async function measureIdleActors(): Promise<Row[]> {
  const { wasm } = await buildExampleActor('echo')
  const folder = await mkdtemp(join(tmpdir(), 'wash-ts-bench-'))
  try {
    const copies = await signedCopies(wasm, actors)
    const paths = copies.map((_, index) => join(folder, `${index}.wasm`))
    for (const [index, path] of paths.entries()) await writeFile(path, copies[index] as Uint8Array)
    await using host = Contender.start('memory-host', ['--expose-gc'])
    const result = await host.ask<MemoryResult>('idle', paths)
    return [row(`${actors.toLocaleString('en')} different signed actors idle, each`, 200, result)]
  } finally {
    await rm(folder, { recursive: true })
  }
}

function row(figure: string, atMost: number, result: MemoryResult): Row {
  return {
    figure,
    value: result.bytesEach / 1000,
    unit: 'KB',
    target: { atMost },
    note: `resident; ${(result.heapBytesEach / 1000).toFixed(1)} KB of it JavaScript heap; all within ${Math.round(result.ms)} ms`,
  }
}
