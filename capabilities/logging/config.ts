import * as v from 'valibot'
import type { LogLevel } from '../../contracts/index.ts'
import type { StandardSchema } from '../../host/index.ts'
import { choiceValue, integerValue, linkValues } from '../link-values.ts'

/** What one link may write into the log. Made from link values, which are named in capitals. */
export interface LoggingConfig {
  /** `MIN_LEVEL`: lines of lesser weight are dropped. Default: `trace`, none are. */
  readonly minLevel: LogLevel
  /** `LINES_PER_SECOND` in the long run. Default: 100. */
  readonly linesPerSecond: number
  /** `BURST_LINES` that may come at once. Default: 500. */
  readonly burstLines: number
}

/** From the least to the most important. */
export const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error']

/** Link values of `logging`: `MIN_LEVEL`, `LINES_PER_SECOND`, `BURST_LINES`. */
export const configSchema: StandardSchema<unknown, LoggingConfig> = v.pipe(
  linkValues({
    MIN_LEVEL: choiceValue<LogLevel>(
      { description: 'least important level that is logged', default: 'trace' },
      levels,
    ),
    LINES_PER_SECOND: integerValue(
      {
        description: 'lines that the actor may log in the long run; further ones are counted only',
        unit: 'lines per second',
        default: '100',
      },
      { min: 1, max: 1_000_000 },
    ),
    BURST_LINES: integerValue(
      { description: 'lines that the actor may log at once', unit: 'lines', default: '500' },
      { min: 1, max: 1_000_000 },
    ),
  }),
  v.transform(({ MIN_LEVEL, LINES_PER_SECOND, BURST_LINES }) => ({
    minLevel: MIN_LEVEL,
    linesPerSecond: LINES_PER_SECOND,
    burstLines: BURST_LINES,
  })),
)
