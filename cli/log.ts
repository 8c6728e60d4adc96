import type { LogLine } from '../control/index.ts'
import type { LogFacts, Logger } from '../host/index.ts'
import { LogTap } from './log-tap.ts'
import { type Paint, painter, printable } from './terminal.ts'

/** How much is logged, from all to nothing. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

const severity = { debug: 20, info: 30, warn: 40, error: 50, silent: 60 } as const

type Severity = Exclude<LogLevel, 'silent'>
type Writer = (level: Severity, facts: LogFacts, message: string) => void

/** A log on standard error; disposal writes what is still held back. */
export interface ErrorLog extends Logger, AsyncDisposable {
  /** For those who follow it. */
  readonly tap: LogTap
}

/**
 * A log on standard error: JSON lines, or readable ones where that is a terminal.
 *
 * pino is imported once there is something to log, so that it costs no start-up time.
 */
export function openErrorLog(level: LogLevel): ErrorLog {
  const tap = new LogTap()
  const held: Parameters<Writer>[] = []
  let write: Writer | undefined
  let opening: Promise<void> | undefined
  const open = async (): Promise<void> => {
    write = await pinoWriter(level, tap)
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
    tap,
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

async function pinoWriter(level: LogLevel, tap: LogTap): Promise<Writer> {
  const { destination, pino, stdSerializers, stdTimeFunctions } = await import('pino')
  const plain = process.stderr.isTTY ? undefined : destination({ fd: 2, sync: true })
  const write = (line: string): void => {
    if (plain) plain.write(line)
    else process.stderr.write(`${readableLine(JSON.parse(line) as LogLine, paint)}\n`)
    tap.write(line)
  }
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
    { write },
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

const styles = { debug: 'dim', info: 'strong', warn: 'warn', error: 'bad' } as const

/** A log line as people read it: `12:34:56 warn  message actor=… reason=…`. */
export function readableLine(line: LogLine, paint: Paint): string {
  const { time, level, message, ...facts } = line
  const details = Object.entries(facts).map(
    ([name, value]) => ` ${paint('dim', `${name}=`)}${printable(inline(value))}`,
  )
  const style = Object.hasOwn(styles, level) ? styles[level as Severity] : 'strong'
  const head = `${paint('dim', String(time).slice(11, 19))} ${paint(style, level.padEnd(5))}`
  return `${head} ${printable(message)}${details.join('')}`
}

const paint = painter(process.stderr)

function inline(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
