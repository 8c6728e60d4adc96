import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'

/** What of `process` reaches others: Node asks for no permission, and types name only the first. */
const reachingOut = ['_kill', '_debugProcess', '_debugEnd'] as const

/**
 * Takes from this process what reaches other processes of its user, before code of a stranger runs.
 * Node's permissions leave signals alone, and the worst of them, SIGUSR1, opens a debugger to a host,
 * which whoever has the network may then connect to. A process may still signal itself.
 */
export function keepToOwnProcess(): void {
  const { kill, pid } = process
  replace(process, 'kill', (target: unknown, signal?: string | number) => {
    if (target !== pid) throw denied('process.kill')
    return kill.call(process, pid, signal)
  })
  const rawKill = (process as unknown as Record<string, unknown>)['_kill']
  for (const name of reachingOut) {
    replace(process, name, (target: unknown, signal: unknown) => {
      // What `process.kill` itself stands on.
      if (name !== '_kill' || target !== pid || typeof rawKill !== 'function')
        throw denied(`process.${name}`)
      return rawKill.call(process, pid, signal) as unknown
    })
  }
  replace(os, 'setPriority', () => {
    throw denied('os.setPriority')
  })
  syncBuiltinESMExports()
}

function replace(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, writable: false, configurable: false })
}

/** As Node denies what it has a permission for. */
function denied(what: string): Error {
  const message = `Access to this API has been restricted: a provider may not use ${what} on others`
  return Object.assign(new Error(message), { code: 'ERR_ACCESS_DENIED' })
}
