import type { Redis } from 'ioredis'

/** How long a connection may owe an answer and say nothing at all before it counts as dead. */
const silenceMs = 5000

/** The same until the connection has been set up, where every answer is quick. */
const setUpSilenceMs = 1500

/** An idle connection is asked for a sign of life this often. */
const pingAfterMs = 5000

/** How often all of that is looked at. */
const lookEveryMs = 500

/**
 * Notices connections that are dead although nobody closed them, and breaks them, whereupon the client
 * connects anew. Disposal ends the watch.
 */
export function watchLiveness(client: Redis): Disposable {
  let heardAt = performance.now()
  let owesSince: number | undefined
  const hear = (): void => {
    heardAt = performance.now()
  }
  const begin = (): void => {
    hear()
    owesSince = undefined
    client.stream.on('data', hear)
  }
  const look = (): void => {
    if (client.status !== 'connect' && client.status !== 'ready') return
    const now = performance.now()
    const isSettingUp = client.status === 'connect'
    if (!isSettingUp && client.commandQueue.length === 0) {
      owesSince = undefined
      if (now - heardAt >= pingAfterMs) client.ping().catch(() => undefined)
      return
    }
    owesSince ??= now
    const silentMs = now - Math.max(heardAt, owesSince)
    const allowedMs = isSettingUp ? setUpSilenceMs : silenceMs
    if (silentMs >= allowedMs) {
      client.stream.destroy(new Error(`the server has said nothing for ${allowedMs} ms`))
    }
  }
  client.on('connect', begin)
  const timer = setInterval(look, lookEveryMs).unref()
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      client.off('connect', begin)
    },
  }
}
