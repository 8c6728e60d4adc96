import { stockProviders } from '../capabilities/index.ts'
import type { ProviderSource } from '../control/index.ts'
import {
  type CapabilityProvider,
  type ModuleSource,
  portableProvider,
  type PortableProviderOptions,
  readModule,
} from '../host/index.ts'
import { CliError } from './errors.ts'

/** Whether a provider is given as a file rather than by its name. */
export function looksLikeFile(given: string): boolean {
  return given.includes('/') || given.includes('\\') || /\.(par|wasm)(\.gz)?$/i.test(given)
}

/**
 * Loads a provider that a manifest names by its path.
 *
 * @returns `undefined` for a file that is, by its name, of a kind that stock providers stand in for
 * @throws what {@link loadProviderFile} throws
 */
export async function loadManifestProvider(
  path: string,
  options: PortableProviderOptions,
): Promise<CapabilityProvider | undefined> {
  return /\.wasm$/i.test(path) ? loadProviderFile(path, options) : undefined
}

/**
 * Loads a provider that a host has not registered: a stock one by its name, or one from a file.
 *
 * @throws what {@link loadProviderFile} throws
 */
export async function loadProvider(
  source: ProviderSource,
  options: PortableProviderOptions,
): Promise<CapabilityProvider | undefined> {
  if ('name' in source) return stockProviders().find(({ name }) => name === source.name)
  return loadProviderFile(source.file, options)
}

/**
 * Loads a provider from a file, whose kind its first bytes tell: a portable provider is a WebAssembly
 * module.
 *
 * @throws CliError `ERR_PROVIDER_FILE` for a file of no such kind, and what `portableProvider` throws
 */
export async function loadProviderFile(
  file: ModuleSource,
  options: PortableProviderOptions,
): Promise<CapabilityProvider> {
  const bytes = await readModule(file)
  if (wasmMagic.every((byte, index) => bytes[index] === byte)) {
    return portableProvider(bytes, options)
  }
  const path = typeof file === 'string' ? file : 'the bytes that were sent'
  const reason = 'it is no WebAssembly module'
  throw new CliError(
    'ERR_PROVIDER_FILE',
    { path, reason },
    `cannot load a provider from ${path}: ${reason}`,
  )
}

const wasmMagic = [0, 0x61, 0x73, 0x6d]
