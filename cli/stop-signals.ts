/**
 * npm passes Ctrl-C on to a process that the terminal has sent it to already: what comes so soon
 * after the first is the same wish, not a second one. On a busy machine npm takes its time. In
 * milliseconds.
 */
const sameWishMs = 1_000

/** How often to look whether the parent is still there, in milliseconds. */
const parentCheckMs = 500

/** The longest that a timer takes, in milliseconds. */
const longestMs = 2 ** 31 - 1

/**
 * Waits for the wish to stop, and keeps the process running so long; disposal stops waiting. What
 * npm passes on after that does not kill the process while it ends.
 */
export interface StopSignals extends Disposable {
  /** Resolves with what asked to stop. */
  readonly asked: Promise<string>
  /** Asks to stop, as a signal would. */
  ask(reason: string): void
}

/**
 * Waits for SIGINT, SIGTERM or SIGHUP. The first asks to stop in good order; a second one ends the
 * process at once with exit code 130.
 *
 * @param env `npm_command` tells a process that `npx` started: npx does not pass on the signals that
 * end it, so there the end of the parent asks to stop too.
 */
export function awaitStop(env: Readonly<Record<string, string | undefined>>): StopSignals {
  const { promise, resolve } = Promise.withResolvers<string>()
  let askedAt: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    if (askedAt === undefined) {
      askedAt = now
      resolve(signal)
    } else if (now - askedAt > sameWishMs) {
      process.exit(130)
    }
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  // A process that Node winds up stops listening to signals a moment before its end.
  process.once('beforeExit', () => process.exit())
  // Signals do not keep a process running, nor do actors that no port leads to.
  const running = setInterval(() => {}, longestMs)

  const parent = process.ppid
  const watch =
    env['npm_command'] === 'exec'
      ? setInterval(() => {
          if (process.ppid !== parent) resolve('the end of npx')
        }, parentCheckMs).unref()
      : undefined
  return {
    asked: promise,
    ask: resolve,
    [Symbol.dispose]: () => {
      clearInterval(running)
      clearInterval(watch)
    },
  }
}
