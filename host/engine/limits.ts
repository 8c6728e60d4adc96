/** What one guest may use. */

/** Bounds of one guest. Sizes in bytes, durations in milliseconds. */
export interface EngineLimits {
  /** Linear memory of one instance; growth beyond it fails inside the guest. Default 64 MiB. */
  readonly memoryBytes: number
  /** Elements of one table of one instance. Default 100,000. */
  readonly tableElements: number
  /** A request, a response, and both of a host call. Default 16 MiB. */
  readonly payloadBytes: number
  /** Time computing, per call; time spent waiting does not count. Default 1,000. */
  readonly cpuMs: number
  /** From call to answer, time in the queue included. Default 10,000. */
  readonly timeoutMs: number
  /** Time computing while an instance starts. Default 1,000. */
  readonly startCpuMs: number
  /** From an instance's creation until it may be called. Default 5,000. */
  readonly startTimeoutMs: number
  /** Instances at one time, and so calls at one time. Default 64. */
  readonly instances: number
  /** Instances kept however long they are idle. Default 0. */
  readonly minInstances: number
  /** How long an instance stays unused before it is let go. Default 10,000. */
  readonly idleMs: number
  /** Calls that may wait for an instance. Default 1,024. */
  readonly queueLength: number
}

/** The limits of a guest for which nothing else was said. */
export const defaultLimits: EngineLimits = Object.freeze({
  memoryBytes: 64 * 1024 * 1024,
  tableElements: 100_000,
  payloadBytes: 16 * 1024 * 1024,
  cpuMs: 1_000,
  timeoutMs: 10_000,
  startCpuMs: 1_000,
  startTimeoutMs: 5_000,
  instances: 64,
  minInstances: 0,
  idleMs: 10_000,
  queueLength: 1_024,
})

const mayBeZero: ReadonlySet<string> = new Set(['minInstances', 'queueLength', 'tableElements'])

/**
 * The default limits with some of them replaced; `undefined` replaces nothing.
 *
 * @throws RangeError naming the limit that is not a number, negative, or zero where that makes no sense
 */
export function withDefaultLimits(
  limits: { readonly [L in keyof EngineLimits]?: number | undefined } = {},
): EngineLimits {
  const all: Record<string, number> = { ...defaultLimits }
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue
    if (!Number.isFinite(value) || value < 0 || (value === 0 && !mayBeZero.has(name))) {
      throw new RangeError(`limit ${name} is ${value}, expected a positive number`)
    }
    all[name] = value
  }
  return Object.freeze(all) as unknown as EngineLimits
}
