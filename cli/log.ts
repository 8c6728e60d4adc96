import { styleText } from 'node:util'
import type { LogFacts, Logger } from '../host/index.ts'
import { printable } from './terminal.ts'

/** How much is logged, from all to nothing. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

const severity = { debug: 20, info: 30, warn: 40, error: 50, silent: 60 } as const

type Severity = Exclude<LogLevel, 'silent'>
type Writer = (level: Severity, facts: LogFacts, message: string) => void

/** A log on standard error; disposal writes what is still held back. */
export interface ErrorLog extends Logger, AsyncDisposable {}

/**
 * A log on standard error: JSON lines, or readable ones where that is a terminal.
 *
 * pino is imported once there is something to log, so that it costs no start-up time.
 */
export function openErrorLog(level: LogLevel): ErrorLog {
  const held: Parameters<Writer>[] = []
  let write: Writer | undefined
  let opening: Promise<void> | undefined
  const open = async (): Promise<void> => {
    write = await pinoWriter(level)
    for (const line of held.splice(0)) write(...line)
  }
  const log = (atLevel: Severity, facts: LogFacts, message: string): void => {
    if (severity[atLevel] < severity[level]) return
    if (write) return write(atLevel, facts, message)
    held.push([atLevel, facts, message])
    opening ??= open()
  }
  return {
    ...loggerWith({}, log),
    [Symbol.asyncDispose]: async () => opening,
  }
}

function loggerWith(facts: LogFacts, log: Writer): Logger {
  return {
    debug: (message, more) => log('debug', { ...facts, ...more }, message),
    info: (message, more) => log('info', { ...facts, ...more }, message),
    warn: (message, more) => log('warn', { ...facts, ...more }, message),
    error: (message, more) => log('error', { ...facts, ...more }, message),
    child: (more) => loggerWith({ ...facts, ...more }, log),
  }
}

async function pinoWriter(level: LogLevel): Promise<Writer> {
  const { destination, pino, stdSerializers, stdTimeFunctions } = await import('pino')
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err },
      redact: {
        paths: ['seed', 'token', 'jwt', 'password', '*.seed', '*.token', '*.jwt', '*.password'],
        censor: '(hidden)',
      },
    },
    process.stderr.isTTY
      ? { write: (line: string) => void process.stderr.write(readable(line)) }
      : destination({ fd: 2, sync: true }),
  )
  return (atLevel, facts, message) => logger[atLevel](withoutCollisions(facts), message)
}

const ownNames: ReadonlySet<string> = new Set(['level', 'time', 'message'])

/** A fact by the name of something that every line has would stand there twice. */
function withoutCollisions(facts: LogFacts): LogFacts {
  if (!Object.keys(facts).some((name) => ownNames.has(name))) return facts
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      ownNames.has(name) ? `fact.${name}` : name,
      value,
    ]),
  )
}

const styles = { debug: 'dim', info: 'blue', warn: 'yellow', error: 'red' } as const

/** A JSON line as people read it: `12:34:56 warn  message actor=… reason=…`. */
function readable(line: string): string {
  const { time, level, message, ...facts } = JSON.parse(line) as Record<string, unknown> & {
    time: string
    level: Severity
    message: string
  }
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    styleText(style, text, { stream: process.stderr })
  const details = Object.entries(facts).map(
    ([name, value]) => ` ${paint('dim', `${name}=`)}${printable(inline(value))}`,
  )
  const head = `${paint('dim', time.slice(11, 19))} ${paint(styles[level], level.padEnd(5))}`
  return `${head} ${printable(message)}${details.join('')}\n`
}

function inline(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
