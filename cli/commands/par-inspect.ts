import { contractForId } from '../../contracts/index.ts'
import { type ArchiveInspection, inspectArchive, maxArchiveBytes } from '../../signing/index.ts'
import { readFileArgument } from '../actor-file.ts'
import type { Command, CommandResult } from '../command.ts'
import { nodeTarget } from '../par-library.ts'
import { type Paint, printable } from '../terminal.ts'

/** `wash-ts par inspect` */
export const parInspect: Command = {
  name: 'par inspect',
  summary: 'show who signed a provider archive, and whether a host would run it',
  description: [
    'Reads an archive and checks it as a host does: its form, signature, the hash of every library, dates, and whether it holds code that hosts of wash-ts run (target node). Nothing is unpacked and nothing runs.',
    'What it says of an archive whose signature does not hold is only what the archive says of itself. The exit code is 0 whatever the verdict; scripts read accepted and reasons with --output json.',
  ],
  positionals: [{ name: 'ARCHIVE.par', required: true, completeFiles: '.par' }],
  options: {
    'jwt-only': { type: 'flag', summary: 'print only the token' },
  },
  examples: [['wash-ts par inspect redis.par -o json', 'for programs']],
  run: async ({ arguments: [path = ''], options, terminal: { paint } }) =>
    inspectArchiveFile(
      path,
      await readFileArgument(path, maxArchiveBytes),
      options.flag('jwt-only'),
      paint,
    ),
}

interface Problem {
  readonly code: string
  readonly message: string
}

/** What there is to say of an archive, or its token alone. */
export async function inspectArchiveFile(
  path: string,
  bytes: Uint8Array,
  jwtOnly: boolean,
  paint: Paint,
): Promise<CommandResult> {
  const inspection = await inspectArchive(bytes)
  const { archive, failures, signatureValid, hashesValid } = inspection
  if (jwtOnly) {
    if (!archive) throw failures[0] ?? new Error('no token')
    return { text: archive.token, data: { token: archive.token } }
  }
  const claims = archive?.claims
  const targets = (archive?.libraries ?? []).map(({ target, bytes: size, hash }) => {
    const claimed = claims?.targetHashes[target] ?? null
    return { target, bytes: size, hash: { claimed, actual: hash }, hashValid: claimed === hash }
  })
  const problems: Problem[] = failures.map(({ code, message }) => ({ code, message }))
  if (archive && !targets.some(({ target }) => target === nodeTarget)) {
    const names = targets.map(({ target }) => target).join(', ')
    const message = `it holds no code for ${nodeTarget}, which hosts of wash-ts run, only for ${names}`
    problems.push({ code: 'ERR_ARCHIVE_TARGET', message })
  }
  const data = {
    file: path,
    subject: claims?.subject ?? null,
    issuer: claims?.issuer ?? null,
    name: claims?.name ?? null,
    contractId: claims?.contractId ?? null,
    vendor: claims?.vendor ?? null,
    revision: claims?.revision ?? null,
    version: claims?.version ?? null,
    issuedAt: claims?.issuedAt ?? null,
    expiresAt: claims?.expiresAt ?? null,
    notBefore: claims?.notBefore ?? null,
    wascapRevision: claims?.wascapRevision ?? null,
    configSchema: claims?.configSchema ?? null,
    targets,
    compressed: bytes[0] === 0x1f,
    bytes: bytes.length,
    signatureValid,
    hashesValid,
    accepted: problems.length === 0,
    reasons: problems.map(({ code }) => code),
    problems,
  }
  return { text: page(inspection, data, paint), data }
}

interface Inspected {
  readonly targets: readonly {
    readonly target: string
    readonly bytes: number
    readonly hash: { readonly actual: string }
    readonly hashValid: boolean
  }[]
  readonly problems: readonly Problem[]
}

function page(
  { archive, signatureValid }: ArchiveInspection,
  { targets, problems }: Inspected,
  paint: Paint,
): string {
  const claims = archive?.claims
  const verdict = (valid: boolean): string =>
    valid ? paint('good', 'valid') : paint('bad', 'INVALID')
  const contract = claims?.contractId
  const known = contract !== undefined && contractForId(contract) !== undefined
  // What the archive says of itself may try to control the terminal.
  const rows: [string, string | undefined][] = claims
    ? [
        ['name', claims.name && printable(claims.name)],
        ['provider', printable(claims.subject)],
        ['issuer', printable(claims.issuer)],
        ['contract', `${printable(claims.contractId)}${known ? '' : ' (a contract of its own)'}`],
        ['vendor', printable(claims.vendor)],
        ['revision', claims.revision?.toString()],
        ['version', claims.version && printable(claims.version)],
        ['issued', claims.issuedAt?.toISOString()],
        ['expires', claims.expiresAt?.toISOString() ?? 'never'],
        ['holds from', claims.notBefore?.toISOString()],
        ['signature', verdict(signatureValid)],
        ...targets.map(({ target, bytes, hash, hashValid }, index): [string, string] => [
          index === 0 ? 'targets' : '',
          `${target} (${bytes} bytes, ${hash.actual}) ${verdict(hashValid)}`,
        ]),
      ]
    : []
  const lines = rows.flatMap(([label, value]) =>
    value === undefined ? [] : [`${label.padEnd(11)} ${value}`],
  )
  const accepted =
    problems.length === 0
      ? paint('good', 'A host with default policy would run it.')
      : paint('bad', 'A host with default policy would refuse it:')
  return [
    ...lines,
    ...(lines.length > 0 ? [''] : []),
    accepted,
    ...problems.map(({ code, message }) => `  ${code}: ${printable(message)}`),
  ].join('\n')
}
