import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { KeyPair, type KeyType } from '../signing/index.ts'
import type { OptionSpec, OptionValues } from './command.ts'
import { CliError } from './errors.ts'

/** The flag that says where keys are kept. */
export const directoryOption: OptionSpec = {
  type: 'text',
  value: 'FOLDER',
  env: 'WASH_KEYS',
  summary: 'where keys are kept; default ~/.wash/keys',
  completeFiles: '',
}

/** The flag that forbids making keys. */
export const disableKeygenOption: OptionSpec = {
  type: 'flag',
  summary: 'fail where a key is missing instead of making one',
}

/** The flags that name the keys a command signs with, each with what help says of it. */
export function signerOptions(
  issuer: string,
  subject: string,
): Readonly<Record<'issuer' | 'subject', OptionSpec>> {
  const key = { type: 'text', value: 'KEY', completeFiles: '.nk' } as const
  const form = 'a .nk file or a seed'
  return {
    issuer: { ...key, short: 'i', env: 'WASH_ISSUER_KEY', summary: `${issuer}: ${form}` },
    subject: { ...key, short: 's', env: 'WASH_SUBJECT_KEY', summary: `${subject}: ${form}` },
  }
}

/** A key pair, and where it came from. */
export interface StoredKey {
  readonly pair: KeyPair
  /** `undefined` where the seed itself was given. */
  readonly path: string | undefined
  /** True if it did not exist before. */
  readonly made: boolean
}

/** A key that a command needs. */
export interface KeyRequest {
  readonly type: KeyType
  /** What the flag or its variable said: the path of a `.nk` file, or a seed. */
  readonly given: string | undefined
  /** The file's name without `_<type>.nk`, for when nothing was given. */
  readonly stem: string
}

/** The folder of keys that the flags and the environment name. */
export function keyDirectory(options: OptionValues): string {
  return resolve(options.text('directory') ?? join(homedir(), '.wash', 'keys'))
}

/** One account key a user, as wash has it: `<user>_account.nk`. */
export function userStem(env: Readonly<Record<string, string | undefined>>): string {
  return basename(env['USER'] ?? '') || 'user'
}

/**
 * Finds a key, or makes it on first use: `<stem>_<type>.nk`, readable by its owner only.
 *
 * @throws CliError `ERR_KEY_NOT_FOUND` where it may not be made, `ERR_KEY_WRONG_TYPE`
 * @throws SigningError `ERR_SEED_INVALID`
 */
export async function findKey(request: KeyRequest, options: OptionValues): Promise<StoredKey> {
  const { type, given, stem } = request
  if (given !== undefined) return checkType(await givenKey(given), type)
  const path = join(keyDirectory(options), `${stem}_${type}.nk`)
  const stored = await readKey(path)
  if (stored) return checkType({ pair: stored, path, made: false }, type)
  if (options.flag('disable-keygen')) throw keyNotFound(path)
  return makeKey(path, type)
}

/** Where a key is kept, and if it is new, for what a command prints after the key. */
export function keyNote({ path, made }: StoredKey): string {
  if (path === undefined) return ''
  return made ? ` (new key: ${path})` : ` (key: ${path})`
}

/**
 * Finds the stored pair of a public key: the one that was given, or else any in the folder of keys.
 *
 * @param flag What to name where neither is it.
 * @throws CliError `ERR_KEY_NOT_FOUND`, `ERR_KEY_WRONG_TYPE`
 */
export async function findPairOf(
  publicKey: string,
  given: string | undefined,
  flag: string,
  options: OptionValues,
): Promise<StoredKey> {
  if (given !== undefined) {
    const key = await givenKey(given)
    if (key.pair.publicKey === publicKey) return key
  } else {
    const directory = keyDirectory(options)
    for (const name of await keyNames(directory)) {
      const path = join(directory, `${name}.nk`)
      // A file that is no key is another command's to complain of.
      const pair = await readKey(path).catch(() => undefined)
      if (pair?.publicKey === publicKey) return { pair, path, made: false }
    }
  }
  const path = given ?? keyDirectory(options)
  throw new CliError(
    'ERR_KEY_NOT_FOUND',
    { path: /^S[A-Z2-7]{57}$/.test(path.trim()) ? flag : path },
    `${given === undefined ? `no key in ${path}` : `what ${flag} names`} is not the seed of ${publicKey}`,
  )
}

/** @returns `undefined` if there is no such file */
export async function readKey(path: string): Promise<KeyPair | undefined> {
  try {
    return KeyPair.fromSeedFile(await readFile(path, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'EACCES' || code === 'EISDIR') {
      throw new CliError(
        'ERR_FILE_UNREADABLE',
        { path, reason: code },
        `cannot read the key ${path}: ${code}`,
        { cause: error },
      )
    }
    throw error
  }
}

/** The `.nk` files of a folder, by name without the ending, sorted; none if it does not exist. */
export async function keyNames(directory: string): Promise<string[]> {
  const files = await readdir(directory).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  return files
    .filter((file) => file.endsWith('.nk'))
    .map((file) => file.slice(0, -'.nk'.length))
    .sort()
}

/** An `ERR_KEY_NOT_FOUND` about the file at `path`. */
export function keyNotFound(path: string): CliError {
  return new CliError('ERR_KEY_NOT_FOUND', { path }, `there is no key at ${path}`)
}

async function givenKey(given: string): Promise<StoredKey> {
  const looksLikeSeed = /^S[A-Z2-7]{57}$/.test(given.trim())
  if (looksLikeSeed) return { pair: KeyPair.fromSeed(given.trim()), path: undefined, made: false }
  const path = resolve(given)
  const pair = await readKey(path)
  if (!pair) throw keyNotFound(path)
  return { pair, path, made: false }
}

function checkType(key: StoredKey, type: KeyType): StoredKey {
  const actual = key.pair.type
  if (actual === type) return key
  throw new CliError(
    'ERR_KEY_WRONG_TYPE',
    { expected: type, actual },
    `${key.path ?? 'the given seed'} is a key of type ${actual}, where one of type ${type} is needed`,
  )
}

/** Written aside and then linked, so that a key is there whole or not, and never overwritten. */
async function makeKey(path: string, type: KeyType): Promise<StoredKey> {
  const pair = KeyPair.generate(type)
  const aside = `${path}.${randomUUID()}`
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  try {
    await writeFile(aside, pair.seedFile, { mode: 0o600, flag: 'wx' })
    await link(aside, path)
    return { pair, path, made: true }
  } catch (error) {
    // Another command made it in the meantime: both use the one that is there.
    const winner =
      (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readKey(path) : undefined
    if (!winner) throw error
    return { pair: winner, path, made: false }
  } finally {
    await rm(aside, { force: true })
  }
}
