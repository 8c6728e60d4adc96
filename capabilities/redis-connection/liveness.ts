import type { Redis } from 'ioredis'

/** How often a connection is looked at. */
const lookEveryMs = 500

/** How long a connection may owe an answer and say nothing at all before it counts as dead. */
const silenceMs = 5000

/** The same while a connection is set up: for the first time, and once it is known to be quick. */
const firstSetUpMs = 4000
const setUpMs = 1500

/** An idle connection is asked for a sign of life this often. */
const pingAfterMs = 5000

/**
 * Notices connections that are dead although nobody closed them, and breaks them, whereupon the client
 * connects anew. Time in which this process did nothing does not count: the answer may be waiting to be
 * read. Disposal ends the watch.
 */
export function watchLiveness(client: Redis): Disposable {
  let hasHeard = true
  /** Looks in a row at which it had said nothing: with nothing owed, and owing an answer. */
  let idleLooks = 0
  let owingLooks = 0
  let wasReady = false
  const begin = (): void => {
    hasHeard = true
    client.stream.on('data', () => {
      hasHeard = true
    })
  }
  const ready = (): void => {
    wasReady = true
  }
  const look = (): void => {
    const isSettingUp = client.status === 'connect'
    if (!isSettingUp && client.status !== 'ready') return
    const isOwing = isSettingUp || client.commandQueue.length > 0
    idleLooks = hasHeard || isOwing ? 0 : idleLooks + 1
    owingLooks = hasHeard || !isOwing ? 0 : owingLooks + 1
    hasHeard = false
    if (idleLooks * lookEveryMs >= pingAfterMs) client.ping().catch(() => undefined)
    const setUpAllowedMs = wasReady ? setUpMs : firstSetUpMs
    const allowedMs = isSettingUp ? setUpAllowedMs : silenceMs
    if (owingLooks * lookEveryMs > allowedMs) {
      client.stream.destroy(new Error(`the server has said nothing for ${allowedMs} ms`))
    }
  }
  client.on('connect', begin)
  client.on('ready', ready)
  const timer = setInterval(look, lookEveryMs).unref()
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      client.off('connect', begin)
      client.off('ready', ready)
    },
  }
}
