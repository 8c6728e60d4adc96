import { detectDialect, type Dialect } from '../../contracts/index.ts'
import {
  checkInterface,
  defaultLimits,
  Host,
  type ModuleFacts,
  portableProvider,
  prepare,
  readFacts,
} from '../../host/index.ts'
import { type ActorInspection, inspectActor, looksLikeArchive } from '../../signing/index.ts'
import { readFileArgument } from '../actor-file.ts'
import type { Command } from '../command.ts'
import { type Paint, printable } from '../terminal.ts'

/** Why a host would refuse a module. */
interface Reason {
  readonly code: string
  readonly message: string
}

/** `wash-ts claims inspect` */
export const claimsInspect: Command = {
  name: 'claims inspect',
  summary: 'show who signed an actor, what it may use, and whether a host would load it',
  description: [
    'Reads the claims of a module and checks them as a host does: signature, hash, dates, shape. Then it loads the module, bounded and metered, as a host with default policy and limits would, which also tells the dialect that the actor speaks.',
    'It says everything that a host would refuse, not only the first thing. What it says of a module whose signature does not hold is only what the module says of itself. The exit code is 0 whatever the verdict; scripts read accepted and reasons with --output json.',
    'A provider archive is shown as `par inspect` shows it.',
  ],
  positionals: [{ name: 'ACTOR.wasm', required: true, completeFiles: '.wasm' }],
  options: {
    'jwt-only': { type: 'flag', summary: 'print only the token' },
  },
  examples: [['wash-ts claims inspect counter_s.wasm -o json', 'for programs']],
  run: async ({ arguments: [path = ''], options, terminal: { paint } }) => {
    const wasm = await readFileArgument(path)
    if (looksLikeArchive(wasm)) {
      const { inspectArchiveFile } = await import('./par-inspect.ts')
      return inspectArchiveFile(path, wasm, options.flag('jwt-only'), paint)
    }
    const inspection = await inspectActor(wasm)
    const { actor, failures, signatureValid, hashValid } = inspection
    if (options.flag('jwt-only')) {
      if (!actor) throw failures[0] ?? new Error('no token')
      return { text: actor.token, data: { token: actor.token } }
    }
    const facts = factsOf(wasm)
    const verdict = await judge(wasm, inspection, facts)
    const claims = actor?.claims
    const data = {
      file: path,
      subject: claims?.subject ?? null,
      issuer: claims?.issuer ?? null,
      name: claims?.name ?? null,
      contracts: claims?.contracts ?? [],
      tags: claims?.tags ?? [],
      revision: claims?.revision ?? null,
      version: claims?.version ?? null,
      callAlias: claims?.callAlias ?? null,
      isProvider: claims?.isProvider ?? false,
      issuedAt: claims?.issuedAt ?? null,
      expiresAt: claims?.expiresAt ?? null,
      notBefore: claims?.notBefore ?? null,
      wascapRevision: claims?.wascapRevision ?? null,
      claimsSection: actor?.sectionName ?? null,
      hash: { claimed: claims?.hash ?? null, actual: actor?.moduleHash.raw ?? null },
      signatureValid,
      hashValid,
      serves: verdict.serves ?? null,
      dialect: verdict.dialect ?? null,
      imports: facts?.imports ?? [],
      exports: facts?.exports ?? [],
      memory: facts?.memory ?? null,
      features: facts?.features ?? [],
      bytes: wasm.length,
      accepted: verdict.reasons.length === 0,
      reasons: verdict.reasons.map(({ code }) => code),
      problems: verdict.reasons,
    }
    return { text: page(data, verdict.reasons, paint), data }
  },
}

function factsOf(wasm: Uint8Array): ModuleFacts | undefined {
  try {
    return readFacts(wasm)
  } catch {
    // What is wrong with it is among the reasons.
    return undefined
  }
}

interface Verdict {
  readonly reasons: readonly Reason[]
  readonly dialect: Dialect | undefined
  /** The contract that a portable provider says it serves. */
  readonly serves?: string | undefined
}

/** Everything that a host with default policy and limits refuses, and the dialect it finds. */
async function judge(
  wasm: Uint8Array,
  { actor, failures }: ActorInspection,
  facts: ModuleFacts | undefined,
): Promise<Verdict> {
  const reasons: Reason[] = failures.map(reasonOf)
  let serves: string | undefined
  const isProvider = actor?.claims.isProvider ?? false
  if (reasons.length === 0) {
    await using host = new Host()
    try {
      if (!isProvider) return { reasons, dialect: (await host.startActor(wasm)).dialect }
      serves = (await portableProvider(wasm)).contract.ids[0]
    } catch (error) {
      reasons.push(reasonOf(error))
    }
  } else {
    try {
      checkInterface(prepare(wasm, defaultLimits).facts, { wasi: isProvider })
    } catch (error) {
      reasons.push(reasonOf(error))
    }
  }
  const contracts = actor?.claims.contracts ?? []
  const found = facts && detectDialect({ ...facts, contracts })
  return { reasons, serves, dialect: found && 'dialect' in found ? found.dialect : undefined }
}

function reasonOf(error: unknown): Reason {
  const { code } = error as { code?: unknown }
  if (!(error instanceof Error) || typeof code !== 'string') throw error
  return { code, message: error.message }
}

const eras: Readonly<Record<Dialect, string>> = {
  A: 'waSCC to March 2020, protobuf',
  B: 'waSCC of March and April 2020',
  C: 'waSCC 0.6 to 0.14',
  D: 'wasmCloud 0.15 to 0.18',
  E: 'wasmCloud OTP, wasmbus',
}

interface Inspected {
  readonly subject: string | null
  readonly issuer: string | null
  readonly name: string | null
  readonly contracts: readonly string[]
  readonly tags: readonly string[]
  readonly revision: number | null
  readonly version: string | null
  readonly callAlias: string | null
  readonly isProvider: boolean
  readonly serves: string | null
  readonly issuedAt: Date | null
  readonly expiresAt: Date | null
  readonly notBefore: Date | null
  readonly hash: { readonly claimed: string | null }
  readonly signatureValid: boolean
  readonly hashValid: boolean
  readonly dialect: Dialect | null
  readonly imports: ModuleFacts['imports']
  readonly memory: ModuleFacts['memory'] | null
}

function page(data: Inspected, reasons: readonly Reason[], paint: Paint): string {
  const { name, subject, issuer, contracts, tags, revision, version, callAlias, memory } = data
  const verdict = (valid: boolean): string =>
    valid ? paint('good', 'valid') : paint('bad', 'INVALID')
  const maximum = memory?.maxPages === undefined ? '' : ` to ${pages(memory.maxPages)}`
  // What the module says of itself may try to control the terminal.
  const own = (text: string | null): string | undefined =>
    text === null ? undefined : printable(text)
  const list = (texts: readonly string[]): string => printable(texts.join(', '))
  const imports = data.imports.map((each) => `${each.module}.${each.name}`)
  const hash = data.hash.claimed
  const rows: [string, string | undefined][] = [
    ['name', own(name)],
    [data.isProvider ? 'provider' : 'actor', own(subject) ?? 'none: not signed'],
    ['issuer', own(issuer)],
    ['serves', own(data.serves)],
    [data.isProvider ? 'may use' : 'contracts', list(contracts) || 'none'],
    ['tags', list(tags) || undefined],
    ['revision', revision === null ? undefined : String(revision)],
    ['version', own(version)],
    ['call alias', own(callAlias)],
    ['issued', data.issuedAt?.toISOString()],
    ['expires', issuer === null ? undefined : (data.expiresAt?.toISOString() ?? 'never')],
    ['holds from', data.notBefore?.toISOString()],
    ['hash', hash === null ? undefined : `${printable(hash)} ${verdict(data.hashValid)}`],
    ['signature', issuer === null ? undefined : verdict(data.signatureValid)],
    ['dialect', data.dialect === null ? 'unknown' : `${data.dialect} (${eras[data.dialect]})`],
    ['imports', list(imports) || 'none'],
    ['memory', memory ? `${pages(memory.minPages)}${maximum}` : 'none of its own'],
  ]
  const lines = rows.flatMap(([label, value]) =>
    value === undefined ? [] : [`${label.padEnd(11)} ${value}`],
  )
  const accepted =
    reasons.length === 0
      ? paint('good', 'A host with default policy would load it.')
      : paint('bad', 'A host with default policy would refuse it:')
  return [
    ...lines,
    '',
    accepted,
    ...reasons.map(({ code, message }) => `  ${code}: ${printable(message)}`),
  ].join('\n')
}

function pages(count: number): string {
  return `${count} ${count === 1 ? 'page' : 'pages'} (${count * 64} KiB)`
}
