import type { ErrorInfo } from './errors.ts'
import { cliErrors } from './errors.ts'
import { printable, type Terminal } from './terminal.ts'

/** A failure as people and programs are told of it. */
export interface ErrorReport {
  readonly code: string
  readonly message: string
  /** What to do about it. */
  readonly hint: string
  /** Where it is documented. */
  readonly docs: string
  /** What the command exits with. */
  readonly exitCode: number
}

/** The codes of every folder, with what they mean; imported only once something failed. */
export async function allErrors(): Promise<Readonly<Record<string, ErrorInfo>>> {
  const [signing, contracts, host, capabilities, control, lattice] = await Promise.all([
    import('../signing/index.ts'),
    import('../contracts/index.ts'),
    import('../host/index.ts'),
    import('../capabilities/index.ts'),
    import('../control/index.ts'),
    import('../lattice/index.ts'),
  ])
  return {
    ...cliErrors,
    ...signing.signingErrors,
    ...contracts.contractErrors,
    ...host.engineErrors,
    ...host.hostErrors,
    ...capabilities.capabilityErrors,
    ...control.controlErrors,
    ...lattice.latticeErrors,
  }
}

/** Where docs/errors.md explains a code; the file is part of the package. */
export function errorDocs(code: string): string {
  return `docs/errors.md#${code.toLowerCase()}`
}

/**
 * Says what anything that was thrown means: its code, the fix, and the exit code.
 *
 * @param command The command that failed, where one was found: hints name it.
 */
export async function reportError(error: unknown, command = 'COMMAND'): Promise<ErrorReport> {
  const known = (await knownCode(error)) ?? explained(error)
  const message = error instanceof Error ? error.message : String(error)
  if (known) {
    const [code, info] = known
    const hint = info.hint.replace('help COMMAND', `help ${command}`)
    return { code, message, hint, docs: errorDocs(code), exitCode: info.exit }
  }
  const { hint, exit } = cliErrors.ERR_INTERNAL
  const name = error instanceof Error ? error.name : typeof error
  return {
    code: 'ERR_INTERNAL',
    message: name === 'Error' ? message : `${name}: ${message}`,
    hint,
    docs: errorDocs('ERR_INTERNAL'),
    exitCode: exit,
  }
}

/** Writes a failure where it belongs: JSON to standard output, text to standard error. */
export function printError(report: ErrorReport, terminal: Terminal): void {
  const { code, message, hint, docs } = report
  if (terminal.json) {
    terminal.print(JSON.stringify({ error: { code, message, hint, docs } }))
    return
  }
  const { paintNote } = terminal
  const lines = message.split('\n').map(printable)
  terminal.note(`${paintNote('bad', 'error:')} ${lines.join('\n  ')} (${code})`)
  terminal.note(`${paintNote('strong', '  fix:')} ${hint}`)
  terminal.note(paintNote('dim', ` more: wash-ts help ${code}`))
}

/** What a running host said of a code of its own: it may be of another version than this command. */
function explained(error: unknown): [string, Pick<ErrorInfo, 'hint' | 'exit'>] | undefined {
  const code = codeOf(error)
  const { hint, exit } = (code === undefined ? {} : error) as Partial<ErrorInfo>
  return code === undefined || hint === undefined || exit === undefined
    ? undefined
    : [code, { hint, exit }]
}

async function knownCode(error: unknown): Promise<[string, ErrorInfo] | undefined> {
  const code = codeOf(error)
  if (code === undefined) return undefined
  const errors: Readonly<Record<string, ErrorInfo>> =
    code in cliErrors ? cliErrors : await allErrors()
  const info = Object.hasOwn(errors, code) ? errors[code] : undefined
  return info && [code, info]
}

/** Only errors of ours carry details: Node has codes of its own, some by the same names. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('detail' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
