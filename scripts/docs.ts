// Writes the documentation that is made from code: docs/errors.md, docs/providers.md and
// docs/manifest.schema.json.
// A test fails where it is stale.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { capabilityErrors } from '../capabilities/index.ts'
import { cliErrors } from '../cli/errors.ts'
import { controlErrors } from '../control/index.ts'
import { contractErrors } from '../contracts/index.ts'
import { engineErrors, hostErrors } from '../host/index.ts'
import { latticeErrors } from '../lattice/index.ts'
import { signingErrors } from '../signing/index.ts'
import { manifestSchemaText } from './manifest-schema.ts'
import { providersPage } from './providers-page.ts'

/** What every folder says of a code. */
interface ErrorInfo {
  readonly summary: string
  readonly hint: string
  readonly exit: number
  readonly retryable?: true
}

const sections: readonly (readonly [
  title: string,
  thrownAs: string,
  errors: Readonly<Record<string, ErrorInfo>>,
])[] = [
  ['Keys, claims and signatures', 'SigningError', signingErrors],
  ['Running WebAssembly', 'EngineError', engineErrors],
  ['Messages', 'ContractError', contractErrors],
  ['The host', 'HostError', hostErrors],
  ['Capability providers', 'CapabilityError', capabilityErrors],
  ['The way into a running host', 'ControlError', controlErrors],
  ['The lattice', 'LatticeError', latticeErrors],
  ['The command line', 'CliError', cliErrors],
]

/** The text of docs/errors.md. */
export function errorsPage(): string {
  return `# Error codes

Every failure has a code that stays the same between versions. Match on \`error.code\`, not on the
class or the text. \`wash-ts help CODE\` prints what this page says of one; \`npm run docs\` writes the
page from the code.

Exit codes of the command line: 0 done, 1 failed, 2 usage, 3 not found, 4 denied, 5 unavailable,
6 timeout, 7 conflict, 130 interrupted.

${sections.map(section).join('\n\n')}
`
}

function section([title, thrownAs, errors]: (typeof sections)[number]): string {
  const entries = Object.entries(errors).map(
    ([code, { summary, hint, exit, retryable }]) => `### ${code}

${sentence(summary)}

- Fix: ${hint}.
- Exit code: ${exit}${retryable ? '. The same call may succeed later.' : ''}`,
  )
  return [`## ${title}\n\nThrown as \`${thrownAs}\`.`, ...entries].join('\n\n')
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

if (import.meta.main) {
  const write = (name: string, text: string): void =>
    writeFileSync(fileURLToPath(new URL(`../docs/${name}`, import.meta.url)), text)
  write('errors.md', errorsPage())
  write('providers.md', providersPage())
  write('manifest.schema.json', manifestSchemaText())
}
