/** Lines of actors in the host's log. */
import {
  type LoggingToProvider,
  type LogLevel,
  logging,
  type NoOperations,
} from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { visibleText } from '../visible-text.ts'
import { configSchema, type LoggingConfig, levels } from './config.ts'
import { LineLimit } from '../line-limit.ts'

export type { LoggingConfig } from './config.ts'

/** What a test may put in the place of the machine's own. */
export interface LoggingOptions {
  /** Milliseconds on a clock that does not go back. Default: `performance.now()`. */
  readonly now?: () => number
}

/** Longest text of a line as it is logged, escapes and all. */
const maxTextBytes = 8192
/** Longest name that a line mentions. */
const maxNameBytes = 256

const methods = {
  error: 'error',
  warn: 'warn',
  info: 'info',
  debug: 'debug',
  trace: 'debug',
} as const satisfies Record<LogLevel, string>

/**
 * Writes what actors log into the host's log, with the facts `actorName`, `actorLevel`, `text` and,
 * where the actor gives one, `target`. Actors that claim the contract have it without a link
 * definition.
 *
 * Nothing that an actor says reaches the log raw: controls are escaped, long lines cut, floods
 * suppressed and counted.
 */
export function loggingProvider(
  options: LoggingOptions = {},
): CapabilityProvider<LoggingConfig, LoggingToProvider, NoOperations> {
  const now = options.now ?? (() => performance.now())
  return {
    name: 'logging',
    summary: 'lines of actors in the log of the host',
    contract: logging,
    configSchema,
    automatic: true,
    link: ({ config, actor, log }) => {
      const limit = new LineLimit(config, now)
      const least = levels.indexOf(config.minLevel)
      const actorName = visibleText(actor.name, maxNameBytes)
      const reportSuppressed = (): void => {
        const suppressed = limit.takeSuppressed()
        if (suppressed > 0) {
          log.warn('actor log lines suppressed', {
            actorName,
            suppressed,
            linesPerSecond: config.linesPerSecond,
          })
        }
      }
      return {
        operations: {
          WriteLog: ({ level, text, target }) => {
            if (levels.indexOf(level) < least || !limit.admit()) return
            reportSuppressed()
            log[methods[level]]('actor log', {
              actorName,
              actorLevel: level,
              ...(target !== '' && { target: visibleText(target, maxNameBytes) }),
              text: visibleText(text, maxTextBytes),
            })
          },
        },
        [Symbol.asyncDispose]: async () => reportSuppressed(),
      }
    },
  }
}
