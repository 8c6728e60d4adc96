/** How link values, which are strings, become typed configuration, and what documentation says of them. */
import * as v from 'valibot'

/** What documentation says of one link value. Schemas carry it as valibot metadata. */
export interface LinkValueFacts {
  /** One line, lower case, no full stop. */
  readonly description: string
  /** `ms`, `bytes`, `connections` … where it is a number of something. */
  readonly unit?: string
  /** As an operator would write it. Absent: there is none. */
  readonly default?: string
  /** What may be written, in words: `whole number from 1 to 10`. Default: text. */
  readonly type?: string
}

/** A link value by its key, as documentation shows it. */
export interface DescribedLinkValue extends LinkValueFacts {
  readonly key: string
  readonly type: string
}

/** A link value as it stands in a strict object of them. */
export type LinkValue<Output> = v.GenericSchema<string | undefined, Output>

/** Bounds of an {@link integerValue}, both inclusive. */
export interface IntegerBounds {
  readonly min: number
  readonly max: number
}

/** A whole number within bounds. Without a default it is `undefined` where the link does not say. */
export function integerValue(
  facts: LinkValueFacts & { readonly default: string },
  bounds: IntegerBounds,
): LinkValue<number>
export function integerValue(
  facts: LinkValueFacts,
  bounds: IntegerBounds,
): LinkValue<number | undefined>
export function integerValue(
  facts: LinkValueFacts,
  { min, max }: IntegerBounds,
): LinkValue<number | undefined> {
  const unit = facts.unit === undefined ? '' : ` (${facts.unit})`
  return described(
    { type: `whole number from ${min} to ${max}`, ...facts },
    v.pipe(
      v.string(mustBeText),
      v.trim(),
      v.check(
        (text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max,
        ({ input }) =>
          `${JSON.stringify(input)} is not a whole number from ${min} to ${max}${unit}`,
      ),
      v.transform(Number),
    ),
  )
}

/** One of a few words, in any case. */
export function choiceValue<const Choice extends string>(
  facts: LinkValueFacts & { readonly default: Choice },
  choices: readonly Choice[],
): LinkValue<Choice> {
  return described(
    { type: `one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`, ...facts },
    v.pipe(
      v.string(mustBeText),
      v.trim(),
      v.toLowerCase(),
      v.picklist(
        choices,
        ({ input }) => `${JSON.stringify(input)} is not one of ${choices.join(', ')}`,
      ),
    ),
  ) as LinkValue<Choice>
}

/** Text that `parse` understands; it throws an `Error` whose message says what is wrong and what is right. */
export function parsedValue<Output>(
  facts: LinkValueFacts & { readonly default: string },
  parse: (text: string) => Output,
): LinkValue<Output>
export function parsedValue<Output>(
  facts: LinkValueFacts,
  parse: (text: string) => Output,
): LinkValue<Output | undefined>
export function parsedValue<Output>(
  facts: LinkValueFacts,
  parse: (text: string) => Output,
): LinkValue<Output | undefined> {
  return described(
    facts,
    v.pipe(
      v.string(mustBeText),
      v.trim(),
      v.rawTransform<string, Output>(({ dataset, addIssue, NEVER }) => {
        try {
          return parse(dataset.value)
        } catch (error) {
          addIssue({ message: error instanceof Error ? error.message : String(error) })
          return NEVER
        }
      }),
    ),
  )
}

/** A value that other providers of the contract understand and this one has no use for. */
export function ignoredValue(description: string): LinkValue<string | undefined> {
  return described({ description }, v.string(mustBeText))
}

/** A strict object of link values: what no entry names is refused, by name and with what there is. */
export function linkValues<Entries extends Record<string, LinkValue<unknown>>>(
  entries: Entries,
): v.StrictObjectSchema<Entries, (issue: v.StrictObjectIssue) => string> {
  const known = Object.keys(entries)
  return v.strictObject(entries, (issue) => {
    const given = issue.path?.[0]?.input ?? issue.input
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      return 'link values must be a map of text'
    }
    const unknown = Object.keys(given).filter((key) => !known.includes(key))
    return `unknown ${unknown.length === 1 ? 'key' : 'keys'} ${unknown.map((key) => JSON.stringify(key)).join(', ')}; there ${known.length === 0 ? 'are none' : `are ${known.join(', ')}`}`
  })
}

/** What a schema made of {@link linkValues} says of its keys, in their order; other schemas say nothing. */
export function describeLinkValues(schema: unknown): DescribedLinkValue[] {
  const [values] = (schema as { pipe?: readonly unknown[] }).pipe ?? [schema]
  const { entries = {} } = values as { entries?: Record<string, { wrapped?: v.GenericSchema }> }
  return Object.entries(entries).flatMap(([key, { wrapped }]) => {
    if (!wrapped) return []
    const facts = v.getMetadata(wrapped) as unknown as LinkValueFacts
    return [{ type: 'text', ...facts, key }]
  })
}

function mustBeText(issue: v.StringIssue): string {
  return `must be text, not ${issue.received}; put it in quotes`
}

function described<Output>(
  facts: LinkValueFacts,
  schema: v.GenericSchema<string, Output>,
): LinkValue<Output | undefined> {
  const metadata: LinkValueFacts = facts
  // Ahead of what transforms the text: generators of documentation read no further than that.
  const withFacts = v.pipe(v.string(mustBeText), v.metadata({ ...metadata }), schema)
  return v.optional(withFacts, facts.default)
}
