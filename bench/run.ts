/**
 * The bench: `npm run bench [-- --quick --only NAME,…]`. Prints what it measured against what is
 * to hold, and writes `build/bench.json`. Exits with 0 whatever was met: figures depend on the machine.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measureCodec } from './figures/codec.ts'
import { measureEcho } from './figures/echo.ts'
import { measureHostCalls } from './figures/host-calls.ts'
import { measureHttp } from './figures/http.ts'
import { measureLoopDelay } from './figures/loop-delay.ts'
import { measureIdleActors, measureSuspendedCalls } from './figures/memory.ts'
import { measureMeteringRows } from './figures/metering.ts'
import { measureRedis } from './figures/redis.ts'
import { measureStartUp } from './figures/start-up.ts'
import { measureSwap } from './figures/swap.ts'
import { installPeers } from './peers.ts'
import { type Row, table, writeJson } from './report.ts'
import type { Settings } from './settings.ts'

const figures: Readonly<Record<string, (settings: Settings) => Promise<Row[]>>> = {
  http: measureHttp,
  echo: measureEcho,
  'host-calls': measureHostCalls,
  codec: measureCodec,
  metering: measureMeteringRows,
  delay: measureLoopDelay,
  suspended: measureSuspendedCalls,
  idle: measureIdleActors,
  'start-up': measureStartUp,
  redis: measureRedis,
  swap: measureSwap,
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean' },
    output: { type: 'string' },
  },
})
const names = values.only?.split(',') ?? Object.keys(figures)
const unknown = names.filter((name) => !Object.hasOwn(figures, name))
if (unknown.length > 0) {
  console.error(`no figure ${unknown.join(', ')}; there are ${Object.keys(figures).join(', ')}`)
  process.exit(2)
}
const settings: Settings = values.quick ? { rounds: 3, roundMs: 700 } : { rounds: 7, roundMs: 2000 }

installPeers()
const rows: Row[] = []
for (const name of names) {
  const measure = figures[name]
  if (process.stderr.isTTY) process.stderr.write(`measuring ${name}...\n`)
  if (measure) rows.push(...(await measure(settings)))
}
console.log(table(rows))
writeJson(values.output ?? fileURLToPath(new URL('../build/bench.json', import.meta.url)), rows)
