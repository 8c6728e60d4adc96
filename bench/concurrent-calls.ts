/** Calls as fast as they are answered, so many at a time. @returns calls a second */
export async function callsPerSecond(
  concurrency: number,
  forMs: number,
  call: () => Promise<unknown> | undefined,
): Promise<number> {
  const start = performance.now()
  let calls = 0
  const one = async (): Promise<void> => {
    while (performance.now() - start < forMs) {
      await call()
      calls++
    }
  }
  await Promise.all(Array.from({ length: concurrency }, one))
  return (calls / (performance.now() - start)) * 1000
}
