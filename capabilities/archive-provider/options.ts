import type { Logger } from '../../host/index.ts'

/** How an archive's provider is run. Everything has a default. */
export interface ArchiveProviderOptions {
  /** What link definitions call it. Default: the name in its claims, or its key where that is no word. */
  readonly name?: string
  /** Account keys (`A…`) whose archives are accepted. Default: any; a host's policy has its own say. */
  readonly issuers?: readonly string[]
  /** The wall clock that claims are judged by, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** Where its process's output and its ups and downs go. Default: to the log of its newest link. */
  readonly log?: Logger
  /** Bytes of JavaScript heap that its process may have, in MiB. Default 256. */
  readonly memoryMiB?: number
  /** Whether it may use the network. Default: true, for that is what providers are for. */
  readonly network?: boolean
  /** Files and folders that it may read besides its own. Default: none. */
  readonly readPaths?: readonly string[]
  /** Files and folders that it may write. Default: none. */
  readonly writePaths?: readonly string[]
  /** Milliseconds that its process may take to start. Default 20,000. */
  readonly startTimeoutMs?: number
  /** Milliseconds that it may take to close its links and end before it is killed. Default 5,000. */
  readonly stopTimeoutMs?: number
  /** Milliseconds between health checks. Default 30,000. */
  readonly healthIntervalMs?: number
  /** Milliseconds that an answer to a health check may take; without one it is killed. Default 5,000. */
  readonly healthTimeoutMs?: number
  /**
   * Milliseconds to wait before its process is started again, after the first end, the second …; the
   * last one goes on. Up to half of it is left out at random. Default 100, 1,000, 2,000 … 30,000.
   */
  readonly restartDelaysMs?: readonly number[]
  /** After so many ends in a row it is not started again, until something is linked anew. Default 10. */
  readonly maxRestarts?: number
  /** Milliseconds after which a run counts as a good one, and the count begins again. Default 60,000. */
  readonly stableAfterMs?: number
}

/** The options, defaults filled in. */
export type RunSettings = Required<Omit<ArchiveProviderOptions, 'name' | 'issuers' | 'log'>>

/** Fills in the defaults. */
export function runSettings(options: ArchiveProviderOptions): RunSettings {
  return {
    now: options.now ?? Date.now,
    memoryMiB: options.memoryMiB ?? 256,
    network: options.network ?? true,
    readPaths: options.readPaths ?? [],
    writePaths: options.writePaths ?? [],
    startTimeoutMs: options.startTimeoutMs ?? 20_000,
    stopTimeoutMs: options.stopTimeoutMs ?? 5000,
    healthIntervalMs: options.healthIntervalMs ?? 30_000,
    healthTimeoutMs: options.healthTimeoutMs ?? 5000,
    restartDelaysMs: options.restartDelaysMs ?? [100, 1000, 2000, 4000, 8000, 16_000, 30_000],
    maxRestarts: options.maxRestarts ?? 10,
    stableAfterMs: options.stableAfterMs ?? 60_000,
  }
}
