import { dirname, join, parse } from 'node:path'
import { detectDialect, type Dialect } from '../../contracts/index.ts'
import { readFacts } from '../../host/index.ts'
import { type ActorClaims, readActor, signActor, stripClaims } from '../../signing/index.ts'
import { readFileArgument } from '../actor-file.ts'
import { actorClaimOptions, actorClaims, periodOptions } from '../claim-flags.ts'
import type { Command } from '../command.ts'
import {
  directoryOption,
  disableKeygenOption,
  findKey,
  keyNote,
  signerOptions,
  userStem,
} from '../key-store.ts'
import { writeWhole } from '../whole-file.ts'

/** `wash-ts claims sign` */
export const claimsSign: Command = {
  name: 'claims sign',
  summary: 'sign an actor: what it is called and which contracts it may use',
  description: [
    'Writes a copy of the module that carries its claims: who it is (a module key), who answers for it (an account key), which contracts it may use, and a hash of the module. A host loads it only as long as all of that holds. Earlier claims are replaced.',
    'Without more flags it signs an actor that may use nothing, under the name of its file, as FILE_s.wasm beside it. Keys are made on first use and kept: one account key a user, one module key a file name. An actor keeps its identity as long as its file keeps its name.',
    'What the contract flags stand for follows the module: wasmcloud:… for one built for wasmCloud, wascc:… for any other. --cap takes any id.',
  ],
  positionals: [{ name: 'ACTOR.wasm', required: true, completeFiles: '.wasm' }],
  options: {
    destination: {
      short: 'd',
      type: 'text',
      value: 'FILE',
      summary: 'where to write; default ACTOR_s.wasm',
      completeFiles: '.wasm',
    },
    ...actorClaimOptions,
    ...signerOptions('account key to sign with', 'module key of the actor'),
    ...periodOptions,
    directory: directoryOption,
    'disable-keygen': disableKeygenOption,
  },
  examples: [
    ['wash-ts claims sign counter.wasm -q -k', 'may serve HTTP and use a key-value store'],
    [
      'wash-ts claims sign counter.wasm -n Counter -r 2 -v 1.1.0 -x 30',
      'named, numbered, for 30 days',
    ],
  ],
  run: async ({ arguments: [source = ''], options, terminal: { env, paint } }) => {
    // Read as a module before any key is made for it.
    const wasm = stripClaims(await readFileArgument(source))
    const { name: stem } = parse(source)
    const claims = actorClaims(options, new Date(), dialectOf(wasm))
    const user = userStem(env)
    const request = { issuer: options.text('issuer'), subject: options.text('subject') }
    const issuer = await findKey({ type: 'account', given: request.issuer, stem: user }, options)
    const subject = await findKey({ type: 'module', given: request.subject, stem }, options)
    const signed = await signActor(
      wasm,
      { ...claims, name: claims.name ?? stem },
      { issuer: issuer.pair, subject: subject.pair },
    )
    const destination = options.text('destination') ?? join(dirname(source), `${stem}_s.wasm`)
    await writeWhole(destination, signed)

    const actor = readActor(signed).claims
    const rows: [string, string][] = [
      [actor.isProvider ? 'provider' : 'actor', `${actor.subject}${keyNote(subject)}`],
      ['issuer', `${actor.issuer}${keyNote(issuer)}`],
      ...contractsRow(actor),
    ]
    if (actor.revision !== undefined || actor.version !== undefined) {
      rows.push(['revision', `${actor.revision ?? 'none'}, version ${actor.version ?? 'none'}`])
    }
    if (actor.expiresAt) rows.push(['expires', actor.expiresAt.toISOString()])
    if (actor.notBefore) rows.push(['holds from', actor.notBefore.toISOString()])
    const text = [
      `Signed ${source} as ${paint('strong', JSON.stringify(actor.name))}: ${paint('strong', destination)}`,
      ...rows.map(([label, value]) => `  ${label.padEnd(10)} ${value}`),
      actor.isProvider
        ? `Use it: name it in a manifest, as capabilities: [{ path: ${destination} }]`
        : `Run it: wash-ts up ${destination}`,
    ]
    return {
      text: text.join('\n'),
      data: {
        source,
        destination,
        subject: actor.subject,
        issuer: actor.issuer,
        name: actor.name,
        contracts: actor.contracts,
        tags: actor.tags,
        revision: actor.revision,
        version: actor.version,
        callAlias: actor.callAlias,
        isProvider: actor.isProvider,
        expiresAt: actor.expiresAt,
        notBefore: actor.notBefore,
        keys: [issuer, subject].map(({ pair, path, made }) => ({ type: pair.type, path, made })),
      },
    }
  },
}

/** Whose claims name nothing may use nothing; a provider is not there to use anything. */
function contractsRow({ contracts, isProvider }: ActorClaims): [string, string][] {
  if (isProvider && contracts.length === 0) return []
  return [['contracts', contracts.join(', ') || 'none: it may use nothing (see --help)']]
}

/** The dialect that the module's imports and exports tell; that of waSCC where they do not. */
function dialectOf(wasm: Uint8Array): Dialect {
  try {
    const found = detectDialect({ ...readFacts(wasm), contracts: [] })
    return 'dialect' in found ? found.dialect : 'C'
  } catch {
    // Signing says what is wrong with a module that cannot be read; one that is merely too new can be signed.
    return 'C'
  }
}
