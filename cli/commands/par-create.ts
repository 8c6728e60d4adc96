import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ArchiveClaimsInput, createArchive, verifyArchive } from '../../signing/index.ts'
import { usage } from '../arguments.ts'
import {
  optionalRevision,
  optionalText,
  period,
  periodOptions,
  requiredText,
} from '../claim-flags.ts'
import type { Command, OptionSpec, OptionValues } from '../command.ts'
import {
  directoryOption,
  disableKeygenOption,
  findKey,
  keyNote,
  signerOptions,
  userStem,
} from '../key-store.ts'
import { givenLibrary, libraryOptions, libraryRows, nodeTarget } from '../par-library.ts'
import { writeWhole } from '../whole-file.ts'

/** `-b` is the binary here. */
function withoutShort(option: OptionSpec | undefined): OptionSpec {
  const { short: _, ...rest } = option ?? { type: 'text', summary: '' }
  return rest
}

/** `wash-ts par create` */
export const parCreate: Command = {
  name: 'par create',
  summary: 'make and sign a provider archive',
  description: [
    'Writes an archive that holds a capability provider: its code, and claims that say who it is (a service key), who answers for it (an account key), which contract it serves, and a hash of the code. A host runs it only as long as all of that holds.',
    'A provider for hosts of wash-ts is one JavaScript file (target node) whose default export comes from defineProvider of wash-ts/provider; a TypeScript file is turned into JavaScript. What other targets hold, other hosts run: this one only carries it.',
    'Keys are made on first use and kept, as in `claims sign`: one account key a user, one service key a file name.',
  ],
  positionals: [],
  options: {
    capid: { short: 'c', type: 'text', value: 'CONTRACT', summary: 'what it serves; needed' },
    vendor: { short: 'v', type: 'text', summary: 'who makes it; needed' },
    name: { short: 'n', type: 'text', summary: 'what it is called; default the name of the file' },
    revision: { short: 'r', type: 'text', value: 'NUMBER', summary: 'rises with every release' },
    version: { type: 'text', value: 'VERSION', summary: 'version, for people: 1.2.0' },
    schema: {
      type: 'text',
      value: 'FILE',
      summary: 'JSON Schema of the link values it takes',
      completeFiles: '.json',
    },
    ...libraryOptions,
    destination: {
      type: 'text',
      value: 'FILE',
      summary: 'where to write; default FILE.par beside the library, FILE.par.gz with --compress',
      completeFiles: '.par',
    },
    compress: { type: 'flag', summary: 'compress with gzip' },
    ...signerOptions('account key to sign with', 'service key of the provider'),
    expires: withoutShort(periodOptions['expires']),
    nbf: withoutShort(periodOptions['nbf']),
    directory: directoryOption,
    'disable-keygen': disableKeygenOption,
  },
  examples: [
    ['wash-ts par create -c wascc:keyvalue -v Acme -b redis.js', 'redis.par, for hosts of wash-ts'],
    [
      'wash-ts par create -c acme:thing -v Acme -a x86_64-linux -b thing --compress',
      'thing.par.gz, with a native program',
    ],
  ],
  run: async ({ options, terminal: { env, paint } }) => {
    const library = await givenLibrary(options)
    const claims = await claimsOf(options, library.stem)
    const issuer = await findKey(
      { type: 'account', given: options.text('issuer'), stem: userStem(env) },
      options,
    )
    const subject = await findKey(
      { type: 'service', given: options.text('subject'), stem: library.stem },
      options,
    )
    const compress = options.flag('compress')
    const bytes = await createArchive(
      claims,
      new Map([[library.target, library.bytes]]),
      { issuer: issuer.pair, subject: subject.pair },
      { compress },
    )
    const ending = compress ? '.par.gz' : '.par'
    const destination =
      options.text('destination') ?? join(dirname(library.path), library.stem + ending)
    await writeWhole(destination, bytes)

    const { libraries } = await verifyArchive(bytes, { now: claims.notBefore ?? new Date() })
    const { publicKey } = subject.pair
    const rows: [string, string][] = [
      ['provider', `${publicKey}${keyNote(subject)}`],
      ['issuer', `${issuer.pair.publicKey}${keyNote(issuer)}`],
      ['contract', claims.contractId],
      ...libraryRows(libraries),
    ]
    const text = [
      `Made ${paint('strong', destination)}: provider ${paint('strong', JSON.stringify(claims.name))}`,
      ...rows.map(([label, value]) => `  ${label.padEnd(10)} ${value}`),
      ...(library.target === nodeTarget
        ? [`Use it: capabilities: [{ path: ${destination} }] in a manifest`]
        : []),
    ]
    return {
      text: text.join('\n'),
      data: {
        destination,
        subject: publicKey,
        issuer: issuer.pair.publicKey,
        ...claims,
        compressed: compress,
        targets: libraries,
        keys: [issuer, subject].map(({ pair, path, made }) => ({ type: pair.type, path, made })),
      },
    }
  },
}

async function claimsOf(
  options: OptionValues,
  stem: string,
): Promise<ArchiveClaimsInput & { readonly name: string }> {
  const revision = optionalRevision(options, 'revision')
  const version = optionalText(options, 'version')
  const schema = options.text('schema')
  const configSchema = schema === undefined ? undefined : await readSchema(schema)
  return {
    name: optionalText(options, 'name') ?? stem,
    contractId: requiredText(options, 'capid'),
    vendor: requiredText(options, 'vendor'),
    ...(revision !== undefined && { revision }),
    ...(version !== undefined && { version }),
    ...(configSchema !== undefined && { configSchema }),
    ...period(options, new Date()),
  }
}

async function readSchema(path: string): Promise<NonNullable<ArchiveClaimsInput['configSchema']>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as NonNullable<ArchiveClaimsInput['configSchema']>
  } catch {
    // said below
  }
  throw usage('--schema', `--schema must name a file with a JSON object, not ${path}`)
}
