import * as v from 'valibot'
import type { LogLevel } from '../../contracts/index.ts'
import type { StandardSchema } from '../../host/index.ts'
import { choiceValue, integerValue, linkValues } from '../link-values.ts'
import type { LineRate } from './line-budget.ts'

/** What one link asks of the log. Made from link values, which are named in capitals. */
export interface LoggingConfig {
  /** `MIN_LEVEL`: the least important level that is written. Default: `trace`, all of them. */
  readonly minLevel: LogLevel
  /** `LINES_PER_SECOND` (default 100) and `BURST_LINES` (default 1000). The rest is counted only. */
  readonly rate: LineRate
}

const values = linkValues({
  MIN_LEVEL: choiceValue(
    { description: 'the least important level that is written', default: 'trace' },
    ['error', 'warn', 'info', 'debug', 'trace'],
  ),
  LINES_PER_SECOND: integerValue(
    { description: 'lines that an actor may write over time', unit: 'lines/s', default: '100' },
    { min: 1, max: 1_000_000 },
  ),
  BURST_LINES: integerValue(
    { description: 'lines that an actor may write at once', unit: 'lines', default: '1000' },
    { min: 1, max: 1_000_000 },
  ),
})

/** Parses the values of a link to the log. */
export const configSchema: StandardSchema<unknown, LoggingConfig> = v.pipe(
  values,
  v.transform(
    (given): LoggingConfig => ({
      minLevel: given.MIN_LEVEL,
      rate: { linesPerSecond: given.LINES_PER_SECOND, burstLines: given.BURST_LINES },
    }),
  ),
)
