// The text of docs/providers.md: contracts, their operations, and the keys of every stock provider,
// from the contracts and schemas that the host itself uses.
import {
  type DescribedLinkValue,
  describeLinkValues,
  stockProviders,
} from '../capabilities/index.ts'
import type { Contract, Dialect } from '../contracts/index.ts'
import type { CapabilityProvider } from '../host/index.ts'

/** The text of docs/providers.md. */
export function providersPage(): string {
  const byContract = Map.groupBy(stockProviders(), ({ contract }) => contract as Contract)
  return `# Capability providers

What comes with the host: for each contract its operations, and the providers that serve it with the
values that a link may give them. \`npm run docs\` writes this page from the code.

A link gets the first provider of its contract unless it names another. Any of them may take the place
of any other of the same contract while actors use it: \`wash-ts swap CONTRACT[/LINK] PROVIDER\`. Values
are text; a key that a provider does not know is refused, by name. Providers marked *automatic* are
linked to every actor that claims their contract, without a link definition.

${[...byContract].map(([contract, providers]) => contractSection(contract, providers)).join('\n\n')}
`
}

function contractSection(contract: Contract, providers: readonly CapabilityProvider[]): string {
  const ids = contract.ids.map((id) => `\`${id}\``).join(', ')
  return [
    `## ${contract.ids[0] ?? contract.name}`,
    `Contract ids: ${ids}. Claimed by any of them.`,
    operationTable(contract),
    ...providers.map(providerSection),
  ].join('\n\n')
}

/** How the operations are called by actors of before and since wasmCloud's OTP host. */
function operationTable(contract: Contract): string {
  const columns: readonly [Dialect, string][] = [
    ['C', 'waSCC'],
    ['D', 'wasmCloud 0.15'],
    ['E', 'wasmCloud OTP'],
  ]
  const known = columns.filter(([dialect]) => contract.dialect(dialect))
  const names = new Map<string, Map<Dialect, string[]>>()
  for (const [dialect] of known) {
    for (const [direction, operation, wireName] of operationsOf(contract, dialect)) {
      const row = `${operation} | ${direction}`
      const cells = names.get(row) ?? new Map<Dialect, string[]>()
      names.set(row, cells.set(dialect, [...(cells.get(dialect) ?? []), wireName]))
    }
  }
  return table(
    ['operation', 'asked by', ...known.map(([, title]) => title)],
    [...names].map(([row, cells]) => [
      ...row.split(' | '),
      ...known.map(([dialect]) => (cells.get(dialect) ?? ['']).join(', ')),
    ]),
  )
}

function operationsOf(contract: Contract, dialect: Dialect): [string, string, string][] {
  const { toProvider, toActor } = contract.dialect(dialect) ?? {}
  return [
    ...[...(toProvider?.keys() ?? [])].map((wireName): [string, string, string] => {
      return ['the actor', toProvider?.get(wireName)?.operation ?? wireName, wireName]
    }),
    ...[...(toActor?.keys() ?? [])].map((operation): [string, string, string] => {
      return ['the provider', operation, toActor?.get(operation)?.wireName ?? operation]
    }),
  ]
}

function providerSection(provider: CapabilityProvider): string {
  const { name, summary, automatic, configSchema } = provider
  const values = describeLinkValues(configSchema)
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
  return [
    `### ${name}`,
    automatic ? `${sentence} *Automatic.*` : sentence,
    values.length === 0
      ? 'It takes no values.'
      : table(['key', 'what it is', 'may be', 'unit', 'default'], values.map(valueRow)),
  ].join('\n\n')
}

function valueRow({
  key,
  description,
  type,
  unit = '',
  default: preset,
}: DescribedLinkValue): string[] {
  return [`\`${key}\``, description, type, unit, preset === undefined ? '' : `\`${preset}\``]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}
