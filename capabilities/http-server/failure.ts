/** Which HTTP status a failed invocation has, and what of it the client is told. */

import type { Refusal } from './response.ts'

/** Busy or going away: the client may try again in a second. */
export const unavailable: Refusal = { status: 503, headers: ['Retry-After', '1'] }

/** What the HTTP server of waSCC said for every failure; nothing internal is told. */
export const failed: Refusal = { status: 500, text: 'Failed to handle request' }

const byCode: ReadonlyMap<string, Refusal> = new Map([
  ['ERR_QUEUE_FULL', unavailable],
  ['ERR_HOST_STOPPING', unavailable],
  ['ERR_ENGINE_CLOSED', unavailable],
  ['ERR_INVOCATION_ABORTED', unavailable],
  ['ERR_INVOCATION_TIMEOUT', { status: 504 }],
])

/**
 * What the client gets for a failed invocation of an actor.
 *
 * @param actor Its public key: gone itself, it may come back; that one it calls is missing will not mend.
 */
export function refusalFor(error: unknown, actor: string): Refusal {
  const code = codeOf(error)
  if (code !== 'ERR_ACTOR_NOT_FOUND') return byCode.get(code) ?? failed
  const { detail } = error as { detail?: { actor?: unknown } }
  return detail?.actor === actor ? unavailable : failed
}

/** The stable code of an error, or its class where it has none. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error
  if ('code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'unknown'
}
