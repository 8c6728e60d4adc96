import type { ModuleSource } from '../host/index.ts'
import type { CapabilityProvider } from '../host/index.ts'
import { stockProviders } from '../capabilities/index.ts'
import type { ProviderSource } from '../control/index.ts'
import { CliError } from './errors.ts'

/** Whether a provider is given as a file rather than by its name. */
export function looksLikeFile(given: string): boolean {
  return given.includes('/') || given.includes('\\') || /\.(par|wasm)(\.gz)?$/i.test(given)
}

/**
 * Loads a provider that a host has not registered: a stock one by its name, or one from a file.
 *
 * @throws CliError `ERR_PROVIDER_FILE`
 */
export async function loadProvider(
  source: ProviderSource,
): Promise<CapabilityProvider | undefined> {
  if ('name' in source) return stockProviders().find(({ name }) => name === source.name)
  return loadProviderFile(source.file)
}

function loadProviderFile(file: ModuleSource): Promise<CapabilityProvider> {
  const path = typeof file === 'string' ? file : 'the bytes that were sent'
  const reason = 'this version loads no providers from files'
  return Promise.reject(
    new CliError(
      'ERR_PROVIDER_FILE',
      { path, reason },
      `cannot load a provider from ${path}: ${reason}`,
    ),
  )
}
