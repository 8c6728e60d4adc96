import type { ControlServer } from '../control/index.ts'
import { eventReason, type Host, type PortableProviderOptions } from '../host/index.ts'
import { allErrors } from './error-report.ts'
import type { ErrorLog } from './log.ts'
import { ownVersion } from './package-files.ts'

/** What the socket of a host is opened with. */
export interface ControlSocketOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: ErrorLog
  /** What providers from files are loaded with. */
  readonly provider: PortableProviderOptions
  /** Asked to stop the host. */
  stop(): void
}

/**
 * Opens the control socket of a host, so that other commands find it. A host without one runs all the
 * same: that it has none is logged.
 */
export async function openControlSocket(
  host: Host,
  { env, log, provider, stop }: ControlSocketOptions,
): Promise<ControlServer | undefined> {
  const { ControlServer } = await import('../control/index.ts')
  try {
    return await ControlServer.open(host, {
      env,
      version: await ownVersion(),
      logs: log.tap,
      explain: async (code) => {
        const info = (await allErrors())[code]
        return info && { ...info, exit: info.exit === 130 ? 1 : info.exit }
      },
      loadProvider: async (source, signal) =>
        (await import('./provider-file.ts')).loadProvider(source, { ...provider, log, signal }),
      stop,
    })
  } catch (error) {
    log.warn('no control socket: other commands will not find this host', {
      reason: eventReason(error),
    })
    return undefined
  }
}
