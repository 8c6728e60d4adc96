import * as v from 'valibot'
import { defaultLimits, type EngineLimits } from '../engine/index.ts'

type Values = Record<string, string>
type Limits = Partial<Record<keyof EngineLimits, number | undefined>>

/** A manifest as it is written, defaults filled in. */
export interface ManifestDocument {
  labels: Values
  policy: {
    issuers?: string[] | undefined
    contracts?: string[] | undefined
    actorCalls?: 'same-issuer' | 'any' | 'none' | undefined
  }
  limits: Limits
  actors: (string | { path: string; limits?: Limits | undefined })[]
  capabilities?:
    | (
        | { provider: string }
        | { path: string; binding_name?: string | undefined }
        | { image_ref: string; link_name?: string | undefined }
      )[]
    | undefined
  /** waSCC's links. */
  bindings: { actor: string; capability: string; binding: string; values: Values }[]
  /** wasmCloud 0.18's links. */
  links: {
    actor: string
    contract_id: string
    link_name: string
    provider?: string | undefined
    provider_id?: string | undefined
    values: Values
  }[]
}

/** A link's values: YAML may write them as numbers or booleans, providers get text. */
const value = v.pipe(
  v.union([v.string(), v.number(), v.boolean()]),
  v.transform((given) => String(given)),
)
const values = v.optional(v.record(v.string(), value), {})
const text = v.pipe(v.string(), v.nonEmpty('may not be empty'))

/** A whole number; as text too, for that is what `${VAR:5}` leaves. */
const wholeNumber = v.pipe(
  v.union(
    [v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))],
    'is not a whole number',
  ),
  v.safeInteger('is not a whole number'),
  v.minValue(0, 'may not be negative'),
)

const limits = v.strictObject(
  Object.fromEntries(
    Object.keys(defaultLimits).map((name) => [name, v.optional(wholeNumber)]),
  ) as Record<keyof EngineLimits, v.OptionalSchema<typeof wholeNumber, undefined>>,
)

const actor = v.union([
  v.pipe(text, v.description('The path of a signed module, relative to the manifest.')),
  v.strictObject({
    path: v.pipe(text, v.description('The path of a signed module, relative to the manifest.')),
    limits: v.optional(v.pipe(limits, v.description('Limits of this actor alone.'))),
  }),
])

const capability = v.union(
  [
    v.pipe(
      v.strictObject({
        provider: v.pipe(text, v.description('The name of a provider.')),
      }),
      v.description('A provider that links may use.'),
    ),
    v.pipe(
      v.strictObject({ path: text, binding_name: v.optional(text) }),
      v.description(
        'As waSCC wrote it: a portable provider (a signed .wasm file, relative to the manifest), which is loaded, or a native library, served by the stock provider of its contract.',
      ),
    ),
    v.pipe(
      v.strictObject({ image_ref: text, link_name: v.optional(text) }),
      v.description(
        'As wasmCloud 0.18 wrote it: an archive, served by the stock provider of its contract.',
      ),
    ),
  ],
  'expected an object with provider, or waSCC’s path and binding_name, or wasmCloud’s image_ref and link_name',
)

const actorReference = v.pipe(
  text,
  v.description('The actor’s public key, call alias or name, or its path as under actors.'),
)

const binding = v.strictObject({
  actor: actorReference,
  capability: v.pipe(text, v.description('A contract id, such as wascc:keyvalue.')),
  binding: v.optional(text, 'default'),
  values,
})

const link = v.strictObject({
  actor: actorReference,
  contract_id: v.pipe(text, v.description('Such as wascc:keyvalue.')),
  link_name: v.optional(text, 'default'),
  provider: v.optional(
    v.pipe(
      text,
      v.description('The name of a provider. Default: the first that serves the contract.'),
    ),
  ),
  provider_id: v.optional(
    v.pipe(
      text,
      v.description('wasmCloud’s key of a provider: stands for the provider of the contract.'),
    ),
  ),
  values,
})

const policy = v.strictObject({
  issuers: v.optional(
    v.pipe(v.array(text), v.description('Account keys whose actors may run. Default: any.')),
  ),
  contracts: v.optional(
    v.pipe(
      v.array(text),
      v.description('Contract ids that actors may be linked to. Default: any.'),
    ),
  ),
  actorCalls: v.optional(
    v.pipe(
      v.picklist(['same-issuer', 'any', 'none'], 'expected same-issuer, any or none'),
      v.description('Which actors may call each other. Default: same-issuer.'),
    ),
  ),
})

const schema = v.strictObject({
  $schema: v.optional(v.string()),
  labels: v.optional(
    v.pipe(v.record(v.string(), value), v.description('Facts about the host.')),
    {},
  ),
  policy: v.optional(
    v.pipe(policy, v.description('What the host allows beyond what claims allow.')),
    {},
  ),
  limits: v.optional(v.pipe(limits, v.description('Limits of every actor that states none.')), {}),
  actors: v.optional(v.pipe(v.array(actor), v.description('What to run.')), []),
  capabilities: v.optional(
    v.pipe(
      v.array(capability),
      v.description('The providers to offer. Default: all stock providers.'),
    ),
  ),
  bindings: v.optional(v.pipe(v.array(binding), v.description('Links, as waSCC wrote them.')), []),
  links: v.optional(v.pipe(v.array(link), v.description('Links, as wasmCloud wrote them.')), []),
})

/** The schema of a manifest, also what the published JSON Schema is made from. */
export const manifestSchema: v.GenericSchema<unknown, ManifestDocument> = schema
