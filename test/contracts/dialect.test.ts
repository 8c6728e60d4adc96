import test from 'ava'
import {
  type Detection,
  type Dialect,
  type DialectFacts,
  detectDialect,
  type ProbeOutcome,
  splitOperation,
} from '../../contracts/index.ts'

function facts(
  hostCallParams: number | undefined,
  exports: readonly string[],
  contracts: readonly string[],
  module = 'wapc',
): DialectFacts {
  return {
    imports: [
      { module, name: '__guest_request', params: 2 },
      ...(hostCallParams === undefined
        ? []
        : [{ module, name: '__host_call', params: hostCallParams }]),
    ],
    exports: ['memory', '__guest_call', ...exports].map((name) => ({ name })),
    contracts,
  }
}

/** Follows probes, answered by a fake actor; the dialect and how many calls it took. */
function follow(
  found: Detection,
  actor: (payload: Uint8Array) => ProbeOutcome,
): { dialect: Dialect; calls: number } {
  let calls = 0
  let detection = found
  while ('probe' in detection) {
    calls++
    const { operation, payload, interpret } = detection.probe
    if (operation !== 'HealthRequest') throw new Error(`probed with ${operation}`)
    detection = interpret(actor(payload))
  }
  return { dialect: detection.dialect, calls }
}

const nothing = new Uint8Array(0)
const actors = {
  A: (): ProbeOutcome => ({ reply: nothing }),
  B: (payload: Uint8Array): ProbeOutcome =>
    payload.length === 0
      ? { error: 'Guest call failed: Failed to de-serialize: IO error' }
      : { reply: nothing },
  C: (payload: Uint8Array): ProbeOutcome =>
    payload.length === 0
      ? { error: 'Guest call failed: Failed to de-serialize: IO error' }
      : { reply: Uint8Array.of(0xc0) },
  'no health check': (): ProbeOutcome => ({ error: 'Guest call failed: bad dispatch' }),
  trap: (): ProbeOutcome => ({ error: 'unreachable' }),
  echo: (payload: Uint8Array): ProbeOutcome => ({ reply: payload }),
}

const known: [string, DialectFacts, Dialect][] = [
  ['wasmbus imports', facts(8, ['__wasmbus_rpc_version'], ['wasmcloud:keyvalue'], 'wasmbus'), 'E'],
  ['wasmbus imports and no host call', facts(undefined, [], [], 'wasmbus'), 'E'],
  ['__actor_api_version', facts(undefined, ['__actor_api_version'], []), 'E'],
  ['four parameters', facts(4, [], ['wascc:http_server']), 'A'],
  ['wapc_init', facts(8, ['wapc_init'], []), 'D'],
  ['wapc_init and wasmcloud claims', facts(8, ['wapc_init'], ['wasmcloud:httpserver']), 'D'],
  ['wapc_init and wascc claims', facts(8, ['wapc_init'], ['wascc:http_server']), 'C'],
  ['wasmcloud claims of AssemblyScript', facts(8, ['_start'], ['wasmcloud:httpserver']), 'D'],
  ['wasmcloud claims and no host call', facts(undefined, [], ['wasmcloud:httpserver']), 'D'],
  ['_start and wascc claims', facts(8, ['_start'], ['wascc:http_server']), 'C'],
  ['_start and no host call', facts(undefined, ['_start'], []), 'C'],
]

for (const [what, given, dialect] of known) {
  test(`detectDialect - knows ${dialect} by ${what}`, (t) => {
    t.deepEqual(detectDialect(given), { dialect })
  })
}

const probed: [number | undefined, keyof typeof actors, Dialect, number][] = [
  [6, 'A', 'A', 1],
  [6, 'B', 'B', 1],
  [6, 'no health check', 'B', 1],
  [6, 'trap', 'B', 1],
  [8, 'B', 'B', 1],
  [8, 'C', 'C', 1],
  [8, 'no health check', 'C', 1],
  [8, 'trap', 'C', 1],
  [8, 'echo', 'C', 1],
  [undefined, 'A', 'A', 2],
  [undefined, 'B', 'B', 2],
  [undefined, 'C', 'C', 1],
  [undefined, 'no health check', 'C', 1],
  [undefined, 'echo', 'C', 1],
]

for (const [params, actor, dialect, calls] of probed) {
  test(`detectDialect - asks ${actor} with ${params ?? 'no'} host call parameters: ${dialect}`, (t) => {
    const found = detectDialect(facts(params, [], ['wascc:http_server']))

    t.deepEqual(follow(found, actors[actor]), { dialect, calls })
  })
}

test('splitOperation - takes apart what dialect A calls by', (t) => {
  t.deepEqual(splitOperation('wascc:keyvalue!Add'), {
    contractId: 'wascc:keyvalue',
    operation: 'Add',
  })
  for (const other of ['Add', '!Add', 'wascc:keyvalue!', '']) t.is(splitOperation(other), undefined)
})
