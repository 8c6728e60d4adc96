/** What one turn of a contender for echo found. */
export interface EchoResult {
  readonly perSecond: number
  /** The same by the CPU time of the process and its threads: steadier, where others compute too. */
  readonly perCpuSecond: number
}

const payloadBytes = 64
/** Calls between two looks at the clock. */
const batch = 100

/**
 * Calls `echo` one call after the other for `forMs`.
 *
 * @throws Error if an answer is not the payload
 */
export async function echoFor(
  forMs: number,
  echo: (payload: Uint8Array) => Promise<Uint8Array>,
): Promise<EchoResult> {
  const payload = Uint8Array.from({ length: payloadBytes }, (_, index) => index)
  const cpu = process.cpuUsage()
  const start = performance.now()
  let calls = 0
  let ms = 0
  while (ms < forMs) {
    let answer: Uint8Array = payload
    for (let call = 0; call < batch; call++) answer = await echo(payload)
    calls += batch
    ms = performance.now() - start
    if (answer.length !== payloadBytes || answer[1] !== 1) throw new Error('not the payload')
  }
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: (calls / ms) * 1000, perCpuSecond: (calls / (user + system)) * 1_000_000 }
}
