/** What one guest did, in numbers. */

/** A guest's figures since it was loaded, as of one moment. */
export interface GuestMetrics {
  /** Calls that ended, well or not; those refused at the door included. */
  readonly calls: number
  /** Calls that failed, by code. */
  readonly errors: Readonly<Record<string, number>>
  /** From call to answer, of calls that were not refused at the door, in milliseconds. */
  readonly latencyMs: LatencySnapshot
  /** Time computing, in milliseconds. */
  readonly cpuMs: number
  /** About how many instructions ran. */
  readonly fuelUsed: number
  /** How often an instance was set aside because its slice was over. */
  readonly slices: number
  /** The largest memory of any one instance. */
  readonly memoryHighWaterBytes: number
  readonly instances: { readonly idle: number; readonly busy: number }
  /** Calls waiting for an instance. */
  readonly queued: number
  /** Instances thrown away because what they did left them in an unknown state. */
  readonly restarts: number
}

/** A histogram: `buckets[i]` counts what took at most `boundsMs[i]`; the last is without a bound. */
export interface LatencySnapshot {
  readonly count: number
  readonly sum: number
  readonly max: number
  readonly boundsMs: readonly number[]
  readonly buckets: readonly number[]
}

/** Powers of two of a microsecond: 0.001 ms to about 33 s. */
const boundsMs: readonly number[] = Array.from({ length: 26 }, (_, power) => 2 ** power / 1_000)

/** Counts as it goes. Plain fields: written at every call. */
export class GuestCounters {
  cpuMs = 0
  fuelUsed = 0
  slices = 0
  restarts = 0
  memoryHighWaterBytes = 0
  #calls = 0
  #latencySum = 0
  #latencyMax = 0
  readonly #errors: Record<string, number> = {}
  readonly #buckets: number[] = new Array<number>(boundsMs.length + 1).fill(0)

  /** A call that was let in ended after `ms`. */
  ended(ms: number): void {
    this.#calls += 1
    this.#latencySum += ms
    if (ms > this.#latencyMax) this.#latencyMax = ms
    // 32 - clz32(n) is the lowest power of two above n; less 1, so that a bound is in its own bucket.
    const microseconds = Math.ceil(ms * 1_000)
    const bucket = microseconds < 2 ? 0 : 32 - Math.clz32(microseconds - 1)
    const last = boundsMs.length
    this.#buckets[bucket < last ? bucket : last] =
      (this.#buckets[bucket < last ? bucket : last] as number) + 1
  }

  /** A call failed; counted besides {@link ended} or {@link refused}. */
  failed(code: string): void {
    this.#errors[code] = (this.#errors[code] ?? 0) + 1
  }

  /** A call was refused at the door. */
  refused(code: string): void {
    this.#calls += 1
    this.failed(code)
  }

  sawMemory(bytes: number): void {
    if (bytes > this.memoryHighWaterBytes) this.memoryHighWaterBytes = bytes
  }

  snapshot(now: Pick<GuestMetrics, 'instances' | 'queued'>): GuestMetrics {
    const { cpuMs, fuelUsed, slices, restarts, memoryHighWaterBytes } = this
    const buckets = [...this.#buckets]
    const count = buckets.reduce((sum, bucket) => sum + bucket, 0)
    return {
      calls: this.#calls,
      errors: { ...this.#errors },
      latencyMs: { count, sum: this.#latencySum, max: this.#latencyMax, boundsMs, buckets },
      cpuMs,
      fuelUsed,
      slices,
      memoryHighWaterBytes,
      ...now,
      restarts,
    }
  }
}
