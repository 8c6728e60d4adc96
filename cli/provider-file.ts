import { open } from 'node:fs/promises'
import { archiveProvider, stockProviders } from '../capabilities/index.ts'
import type { ProviderSource } from '../control/index.ts'
import {
  type CapabilityProvider,
  fileReason,
  HostError,
  type Logger,
  type ModuleSource,
  portableProvider,
  type PortableProviderOptions,
} from '../host/index.ts'
import { looksLikeArchive, SigningError } from '../signing/index.ts'
import { CliError } from './errors.ts'

/** Whether a provider is given as a file rather than by its name. */
export function looksLikeFile(given: string): boolean {
  return given.includes('/') || given.includes('\\') || /\.(par|wasm)(\.gz)?$/i.test(given)
}

/** What providers from files are loaded with. */
export interface ProviderFileOptions extends PortableProviderOptions {
  /** Where the process of an archive writes. */
  readonly log: Logger
}

/**
 * Loads a provider that a manifest names by its path.
 *
 * @returns `undefined` for a file that stock providers stand in for: by its name a native library, or an
 * archive of one
 * @throws what {@link loadProviderFile} throws
 */
export async function loadManifestProvider(
  path: string,
  options: ProviderFileOptions,
): Promise<CapabilityProvider | undefined> {
  if (!/\.(wasm|par|par\.gz)$/i.test(path)) return undefined
  try {
    return await loadProviderFile(path, options)
  } catch (error) {
    if (error instanceof SigningError && error.code === 'ERR_ARCHIVE_TARGET') return undefined
    throw error
  }
}

/**
 * Loads a provider that a host has not registered: a stock one by its name, or one from a file.
 *
 * @throws what {@link loadProviderFile} throws
 */
export async function loadProvider(
  source: ProviderSource,
  options: ProviderFileOptions,
): Promise<CapabilityProvider | undefined> {
  if ('name' in source) return stockProviders().find(({ name }) => name === source.name)
  return loadProviderFile(source.file, options)
}

/**
 * Loads a provider from a file, whose kind its first bytes tell: a portable provider is a WebAssembly
 * module, an archive is a tar, compressed or not.
 *
 * @throws CliError `ERR_PROVIDER_FILE` for a file of no such kind, and what `portableProvider` and
 * `archiveProvider` throw
 */
export async function loadProviderFile(
  file: ModuleSource,
  options: ProviderFileOptions,
): Promise<CapabilityProvider> {
  const { log, policy, now } = options
  const start = await firstBytes(file)
  if (wasmMagic.every((byte, index) => start[index] === byte)) {
    return portableProvider(file, options)
  }
  if (looksLikeArchive(start)) {
    const issuers = policy?.issuers
    return archiveProvider(file, { log, ...(issuers && { issuers }), ...(now && { now }) })
  }
  const path = typeof file === 'string' ? file : 'the bytes that were sent'
  const reason = 'it is neither a WebAssembly module nor a provider archive'
  throw new CliError(
    'ERR_PROVIDER_FILE',
    { path, reason },
    `cannot load a provider from ${path}: ${reason}`,
  )
}

const wasmMagic = [0, 0x61, 0x73, 0x6d]

/** @throws HostError `ERR_MODULE_NOT_FOUND` */
async function firstBytes(file: ModuleSource): Promise<Uint8Array> {
  if (typeof file !== 'string') return file
  try {
    await using handle = await open(file)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0)
    return buffer.subarray(0, bytesRead)
  } catch (cause) {
    const message = `cannot read ${file}: ${fileReason(cause)}`
    throw new HostError('ERR_MODULE_NOT_FOUND', { path: file }, message, { cause })
  }
}
