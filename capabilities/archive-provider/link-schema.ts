import type { SchemaIssue, StandardSchema } from '../../host/index.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../signing/index.ts'

type Values = Readonly<Record<string, string>>

/**
 * The schema of an archive's link values: texts, held to what the JSON Schema in its claims says of an
 * object's keys (`required`, `additionalProperties`) and of each (`enum`). The rest is the provider's
 * own to check; a pattern of a stranger's would be a way to keep the host busy.
 */
export function linkSchema(claimed: JsonValue | undefined): StandardSchema<unknown, Values> {
  const schema = isJsonObject(claimed) ? claimed : undefined
  return {
    '~standard': {
      version: 1,
      vendor: 'wash-ts',
      validate: (given) => {
        const values = isTexts(given) ? given : undefined
        if (!values) return { issues: [{ message: 'link values must be a map of text' }] }
        const issues = schema ? problems(schema, values) : []
        return issues.length > 0 ? { issues } : { value: { ...values } }
      },
    },
  }
}

function problems(schema: JsonObject, values: Values): SchemaIssue[] {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  const known = Object.keys(properties)
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const issues: SchemaIssue[] = required
    .filter((key) => typeof key === 'string')
    .filter((key) => !Object.hasOwn(values, key))
    .map((key) => ({ path: [key], message: 'is missing' }))
  for (const [key, value] of Object.entries(values)) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    if (property === undefined && schema['additionalProperties'] === false) {
      issues.push({
        path: [key],
        message: `unknown key; there ${known.length === 0 ? 'are none' : `are ${known.join(', ')}`}`,
      })
    }
    const choices = isJsonObject(property) ? property['enum'] : undefined
    if (Array.isArray(choices) && !choices.includes(value)) {
      const shown = choices.map((choice) => JSON.stringify(choice)).join(', ')
      issues.push({ path: [key], message: `${JSON.stringify(value)} is not one of ${shown}` })
    }
  }
  return issues
}

function isTexts(given: unknown): given is Values {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false
  return Object.values(given).every((value) => typeof value === 'string')
}
