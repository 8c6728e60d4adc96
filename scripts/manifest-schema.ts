// The JSON Schema of a manifest, for editors: made from the schema that the host itself parses with.
import { toJsonSchema } from '@valibot/to-json-schema'
import { manifestSchema } from '../host/index.ts'

/** The text of docs/manifest.schema.json. */
export function manifestSchemaText(): string {
  const schema = toJsonSchema(manifestSchema, {
    // What people write: defaults are not required, and numbers may stand where text is wanted.
    typeMode: 'input',
    // Transformations have no counterpart and do not change what may be written.
    errorMode: 'ignore',
  })
  const titled = { $schema: schema.$schema, title: 'wash-ts manifest', ...schema }
  return `${JSON.stringify(titled, undefined, 2)}\n`
}
