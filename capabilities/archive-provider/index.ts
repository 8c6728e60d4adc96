/** Providers that come as signed archives, their code in a process of its own. */
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { type Contract, contractForId, rawContract } from '../../contracts/index.ts'
import { type CapabilityProvider, fileReason, HostError } from '../../host/index.ts'
import {
  checkValidity,
  type ProviderClaims,
  SigningError,
  type VerifiedArchive,
  verifyArchive,
} from '../../signing/index.ts'
import { linkSchema } from './link-schema.ts'
import { type ArchiveProviderOptions, runSettings } from './options.ts'
import { RemoteProvider } from './remote-provider.ts'

export type { ArchiveProviderOptions } from './options.ts'

/** The target that this host runs. */
const target = 'node'

/**
 * Reads and verifies an archive (signature, hashes, dates) and makes its code a provider. Its process
 * starts with its first link and ends with its last; when it ends by itself it is started again, and
 * calls wait for that as long as they may. Nothing that it does can end the host.
 *
 * Operations throw what the provider's code threw as ProviderError with its code, and CapabilityError
 * `ERR_SERVER_UNAVAILABLE` (nothing was executed), `ERR_OUTCOME_UNKNOWN` (its process ended meanwhile),
 * `ERR_SERVER_TIMEOUT`; SigningError `ERR_CLAIMS_EXPIRED` from when its claims expire.
 *
 * @param source The bytes of an archive, or the path of a file.
 * @throws SigningError for an archive that does not hold, `ERR_ARCHIVE_TARGET` for one without
 * JavaScript; HostError `ERR_MODULE_NOT_FOUND`, `ERR_POLICY_DENIED`
 */
export async function archiveProvider(
  source: string | Uint8Array,
  options: ArchiveProviderOptions = {},
): Promise<CapabilityProvider<Readonly<Record<string, string>>>> {
  const settings = runSettings(options)
  const { claims, code } = await openArchive(source, new Date(settings.now()))
  const { subject, issuer, contractId, vendor, version } = claims
  if (options.issuers && !options.issuers.includes(issuer)) {
    const reason = `its issuer ${issuer} is not trusted`
    throw new HostError(
      'ERR_POLICY_DENIED',
      { actor: subject, reason },
      `the provider ${claims.name ?? subject} may not be used here: ${reason}`,
    )
  }
  const name = options.name ?? providerName(claims)
  const remote = new RemoteProvider({
    name,
    claims,
    code: code.get(target) ?? new Uint8Array(0),
    settings,
    log: options.log,
    checkClaims: () => checkValidity(claims, { now: new Date(settings.now()) }),
  })
  const contract: Contract = contractForId(contractId) ?? rawContract(contractId)
  return {
    name,
    summary: `provider archive of ${vendor}${version === undefined ? '' : `, version ${version}`}`,
    claims,
    contract,
    configSchema: linkSchema(claims.configSchema),
    link: (context) => remote.open(context),
  }
}

async function openArchive(source: string | Uint8Array, now: Date): Promise<VerifiedArchive> {
  if (typeof source !== 'string') return verifyArchive(source, { targets: [target], now })
  const path = resolve(source)
  try {
    const stream: AsyncIterable<Uint8Array> = createReadStream(path)
    return await verifyArchive(stream, { targets: [target], now })
  } catch (cause) {
    if (cause instanceof SigningError) throw cause
    const message = `cannot read ${path}: ${fileReason(cause)}`
    throw new HostError('ERR_MODULE_NOT_FOUND', { path }, message, { cause })
  }
}

/** A name that link definitions can use without quotes, and that a terminal can show. */
function providerName({ name, subject }: ProviderClaims): string {
  return name !== undefined && /^\w[\w .:/-]{0,63}$/.test(name) ? name : subject
}
