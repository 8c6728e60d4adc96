/**
 * JavaScript Promise Integration, which the compiler's libraries do not declare yet: a synchronous
 * guest whose imports may answer later.
 *
 * @see https://github.com/WebAssembly/js-promise-integration
 */

/** A guest's entry point, called from JavaScript. */
export type EntryPoint = (...args: number[]) => unknown

interface PromiseIntegration {
  Suspending: new (run: (...args: never[]) => unknown) => WebAssembly.ImportValue
  promising: (entry: EntryPoint) => (...args: number[]) => Promise<unknown>
  SuspendError: new () => Error
}

const integration = WebAssembly as unknown as PromiseIntegration

/**
 * An import during which the guest's stack may be set aside: it is, if `run` returns a promise. If
 * `run` returns anything else the guest never stops. Called below an entry point that is not
 * `promising`, it throws {@link SuspendError} before `run` runs.
 */
export function suspending(run: (...args: never[]) => unknown): WebAssembly.ImportValue {
  return new integration.Suspending(run)
}

/** The entry point as a function whose promise settles once the guest returned or trapped. */
export function promising(entry: EntryPoint): (...args: number[]) => Promise<unknown> {
  return integration.promising(entry)
}

/** What a suspending import throws where nothing can be suspended. */
export const SuspendError: new () => Error = integration.SuspendError
