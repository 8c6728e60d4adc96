/** What a provider's process says of itself, read strictly: it may say anything. */
import * as v from 'valibot'
import { unpackValue } from '../../contracts/index.ts'
import type { LogMessage, OpenedLink } from '../../provider/channel/index.ts'
import { visibleText } from '../visible-text.ts'

const shown = (maxBytes: number): v.GenericSchema<string, string> =>
  v.pipe(
    v.string(),
    v.transform((text) => visibleText(text, maxBytes)),
  )
const openedLink = v.object({
  operations: v.nullable(v.pipe(v.array(v.string()), v.maxLength(1000))),
  info: v.pipe(
    v.record(shown(128), shown(1024)),
    v.check((info) => Object.keys(info).length <= 32, 'too much'),
  ),
  hasIntake: v.boolean(),
  hasContent: v.boolean(),
})
const logMessage = v.object({
  level: v.picklist(['debug', 'info', 'warn', 'error']),
  message: shown(8192),
  facts: v.unknown(),
})

/** @throws valibot's error, or ContractError, for what is none */
export async function readOpenedLink(bytes: Uint8Array): Promise<OpenedLink> {
  return v.parse(openedLink, unpackValue(bytes))
}

/** A log line; its facts as one visible text, empty if there are none. @throws as above */
export function readLogMessage(
  bytes: Uint8Array,
): Omit<LogMessage, 'facts'> & { readonly facts: string } {
  const { level, message, facts } = v.parse(logMessage, unpackValue(bytes))
  const text = JSON.stringify(facts, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  return {
    level,
    message,
    facts: text === undefined || text === '{}' ? '' : visibleText(text, 8192),
  }
}
