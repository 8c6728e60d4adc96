import { parsePublicKey, signToken } from '../../signing/index.ts'
import {
  actorClaimOptions,
  actorClaims,
  optionalRevision,
  optionalText,
  period,
  periodOptions,
  requiredText,
} from '../claim-flags.ts'
import type { Command, CommandCall, CommandResult, OptionSpec } from '../command.ts'
import {
  directoryOption,
  disableKeygenOption,
  findKey,
  signerOptions,
  type StoredKey,
  userStem,
} from '../key-store.ts'

/** The flags that the commands for every kind of token share. */
const tokenOptions: Readonly<Record<string, OptionSpec>> = {
  ...signerOptions('key to sign with', 'key that the token is about'),
  ...periodOptions,
  directory: directoryOption,
  'disable-keygen': disableKeygenOption,
}

const entityOptions: Readonly<Record<string, OptionSpec>> = {
  name: { short: 'n', type: 'text', summary: 'what it is called; needed' },
  'additional-key': {
    short: 'a',
    type: 'text',
    multiple: true,
    value: 'PUBLIC-KEY',
    summary: 'a further key that may sign for it',
  },
  ...tokenOptions,
}

/** Matches no module: an actor's token holds only once `claims sign` writes the real hash. */
const noHash = '0'.repeat(64)

const aboutKeys = 'Keys are made on first use and kept, as in `claims sign`.'

/** `wash-ts claims token actor` */
export const claimsTokenActor: Command = {
  name: 'claims token actor',
  summary: 'make the token of an actor, outside any module',
  description: [
    'Prints a signed token (a JWT) with the claims that `claims sign` would put into a module. It names no module unless --hash gives the hash of one.',
    aboutKeys,
  ],
  positionals: [],
  options: {
    ...actorClaimOptions,
    hash: { type: 'text', value: 'HEX', summary: 'SHA-256 of the module, upper case' },
    ...tokenOptions,
  },
  examples: [['wash-ts claims token actor -n Counter -k', 'may use a key-value store']],
  run: async (call) => {
    const { options, terminal } = call
    const stem = fileStem(options.text('name')) || userStem(terminal.env)
    const keys = await keysOf(call, ['account', userStem(terminal.env)], ['module', stem])
    const hash = optionalText(options, 'hash') ?? noHash
    const claims = { ...actorClaims(options, new Date(), 'C'), hash }
    return result(call, keys, await signToken('actor', claims, pairs(keys)))
  },
}

/** `wash-ts claims token provider` */
export const claimsTokenProvider: Command = {
  name: 'claims token provider',
  summary: 'make the token of a capability provider',
  description: ['Prints a signed token (a JWT) that says what a provider serves.', aboutKeys],
  positionals: [],
  options: {
    name: { short: 'n', type: 'text', summary: 'what the provider is called; needed' },
    capid: { short: 'c', type: 'text', value: 'CONTRACT', summary: 'what it serves; needed' },
    vendor: { short: 'v', type: 'text', summary: 'who makes it; needed' },
    revision: { short: 'r', type: 'text', value: 'NUMBER', summary: 'rises with every release' },
    version: { short: 'e', type: 'text', value: 'VERSION', summary: 'version, for people: 1.2.0' },
    ...tokenOptions,
  },
  examples: [
    ['wash-ts claims token provider -n Redis -c wascc:keyvalue -v Acme', 'serves key-value'],
  ],
  run: async (call) => {
    const { options, terminal } = call
    const name = requiredText(options, 'name')
    const revision = optionalRevision(options, 'revision')
    const version = optionalText(options, 'version')
    const claims = {
      name,
      contractId: requiredText(options, 'capid'),
      vendor: requiredText(options, 'vendor'),
      ...(revision !== undefined && { revision }),
      ...(version !== undefined && { version }),
      targetHashes: {},
      ...period(options, new Date()),
    }
    const stem = fileStem(name) || userStem(terminal.env)
    const keys = await keysOf(call, ['account', userStem(terminal.env)], ['service', stem])
    return result(call, keys, await signToken('provider', claims, pairs(keys)))
  },
}

/** `wash-ts claims token account` */
export const claimsTokenAccount: Command = {
  name: 'claims token account',
  summary: 'make the token of an account, which signs actors',
  description: ['Prints a signed token (a JWT): an operator vouches for an account.', aboutKeys],
  positionals: [],
  options: entityOptions,
  examples: [['wash-ts claims token account -n Shop', 'signed by the user’s operator key']],
  run: async (call) => {
    const claims = entityClaims(call, 'account')
    const user = userStem(call.terminal.env)
    const keys = await keysOf(call, ['operator', user], ['account', user])
    return result(call, keys, await signToken('account', claims, pairs(keys)))
  },
}

/** `wash-ts claims token operator` */
export const claimsTokenOperator: Command = {
  name: 'claims token operator',
  summary: 'make the token of an operator, which signs accounts',
  description: ['Prints a signed token (a JWT): an operator signs for itself.', aboutKeys],
  positionals: [],
  options: entityOptions,
  examples: [['wash-ts claims token operator -n Acme', 'with the user’s operator key']],
  run: async (call) => {
    const claims = entityClaims(call, 'operator')
    const { options, terminal } = call
    const given = options.text('issuer') ?? options.text('subject')
    const key = await findKey({ type: 'operator', given, stem: userStem(terminal.env) }, options)
    const keys = { issuer: key, subject: { ...key, made: false } }
    return result(call, keys, await signToken('operator', claims, pairs(keys)))
  },
}

interface TokenKeys {
  readonly issuer: StoredKey
  readonly subject: StoredKey
}

type KeyChoice = readonly [type: StoredKey['pair']['type'], stem: string]

async function keysOf(
  { options }: CommandCall,
  [issuerType, issuerStem]: KeyChoice,
  [subjectType, subjectStem]: KeyChoice,
): Promise<TokenKeys> {
  const issuerGiven = options.text('issuer')
  const subjectGiven = options.text('subject')
  return {
    issuer: await findKey({ type: issuerType, given: issuerGiven, stem: issuerStem }, options),
    subject: await findKey({ type: subjectType, given: subjectGiven, stem: subjectStem }, options),
  }
}

function pairs({ issuer, subject }: TokenKeys): Parameters<typeof signToken>[2] {
  return { issuer: issuer.pair, subject: subject.pair }
}

function entityClaims(
  { options }: CommandCall,
  type: 'account' | 'operator',
): { name: string; validSigners: readonly string[]; expiresAt?: Date; notBefore?: Date } {
  const validSigners = options.texts('additional-key')
  for (const key of validSigners) parsePublicKey(key, type)
  return { name: requiredText(options, 'name'), validSigners, ...period(options, new Date()) }
}

function result({ terminal }: CommandCall, keys: TokenKeys, token: string): CommandResult {
  for (const { path, made } of [keys.issuer, keys.subject]) {
    if (made && path !== undefined) terminal.note(`New key: ${path}`)
  }
  const subject = keys.subject.pair.publicKey
  return { text: token, data: { token, subject, issuer: keys.issuer.pair.publicKey } }
}

/** A name as part of a file name: `Echo Actor` gives `echo_actor`. */
function fileStem(name: string | undefined): string {
  const words = (name ?? '').toLowerCase().match(/[a-z0-9]+/g)
  return words?.join('_') ?? ''
}
