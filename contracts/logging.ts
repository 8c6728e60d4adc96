/** Logging contract: `wascc:logging`, `wasmcloud:logging`, `wasmcloud:builtin:logging`. */
import { asArray, asMap, type Body, contractOf, dialectOf, nothing, operationsOf } from './codec.ts'
import type { Contract, ContractDialect, NoOperations } from './contract.ts'
import { integer, mapped, type Shape, struct, text } from './shape.ts'

/** How grave a line is, worst first. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace'

/** One line that an actor wants logged. */
export interface LogEntry {
  readonly level: LogLevel
  /** As the actor wrote it: control characters and all. */
  readonly text: string
  /** The part of the actor that says so; empty if it did not tell. */
  readonly target: string
}

/** What actors ask of a log. */
export type LoggingToProvider = {
  WriteLog: { request: LogEntry; response: void }
}

/** waSCC's numbers are places in this list, from 1. */
const levels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace']

const levelNumber: Shape<LogLevel> = mapped(
  integer(1, levels.length),
  (level) => levels.indexOf(level) + 1,
  (number) => levels[number - 1] as LogLevel,
)

/** Actors may make up levels: their hosts took any, and no line is worth failing a request for. */
const levelName: Shape<LogLevel> = mapped<LogLevel, string>(
  text,
  (level) => level,
  (name) => levels.find((known) => known === name.toLowerCase()) ?? 'info',
)

interface Line {
  readonly level: LogLevel
  readonly text: string
}

const numbered = struct<Line>({
  level: { shape: levelNumber },
  text: { shape: text, key: 'body' },
})

const targeted = struct<LogEntry>({
  target: { shape: text, absent: '' },
  level: { shape: levelName },
  text: { shape: text },
})

const named = struct<Line>({ level: { shape: levelName }, text: { shape: text } })

function withoutTarget(body: Body<Line>): Body<LogEntry> {
  return {
    encode: (entry) => body.encode(entry),
    decode: (payload) => ({ ...body.decode(payload), target: '' }),
  }
}

function dialect(contractId: string, wireName: string, request: Body<LogEntry>): ContractDialect {
  const operation = operationsOf<LoggingToProvider>(contractId)
  return dialectOf(contractId, [operation('WriteLog', wireName, request, nothing)], [])
}

/** Lines for the log. Actors of dialect A had no such contract. */
export const logging: Contract<LoggingToProvider, NoOperations> = contractOf(
  'logging',
  ['wascc:logging', 'wasmcloud:logging', 'wasmcloud:builtin:logging'],
  {
    B: dialect('wascc:logging', 'WriteLog', withoutTarget(asArray(numbered))),
    C: dialect('wascc:logging', 'WriteLog', withoutTarget(asMap(numbered))),
    D: dialect('wasmcloud:logging', 'WriteLog', asMap(targeted)),
    E: dialect('wasmcloud:builtin:logging', 'Logging.WriteLog', withoutTarget(asMap(named))),
  },
)
