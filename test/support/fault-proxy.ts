import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { freePort } from './free-port.ts'

/** Which way bytes go: from the client to the server, or back. */
export type Direction = 'requests' | 'replies'

/**
 * A TCP proxy on the loopback that breaks what passes through it, at the test's command. Each of the
 * faults replaces the one before, for connections that are open and for those to come, until
 * {@link FaultProxy.pass}. Disposal resets every connection.
 */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  /** Connections that clients have open. */
  readonly connections: number
  /** Passes everything on. What was swallowed is lost: only connections made now are whole. */
  pass(): Promise<void>
  /** Holds up each chunk of either direction for so long. */
  delay(latencyMs: number): void
  /** Half-open: takes what comes and passes nothing on, in one direction or both. Nothing is closed. */
  swallow(direction?: Direction): void
  /** Resets (RST) every open connection. New ones are served. */
  reset(): void
  /** Resets every open connection and refuses new ones. */
  refuse(): Promise<void>
  /** Resets a connection once so many more bytes have gone in a direction; those are passed on. */
  cutAfter(bytes: number, direction: Direction): void
  /** Sends bytes to every client as if the server had. */
  inject(bytes: string): void
  /** The next bytes to come in a direction, whatever becomes of them. */
  next(direction: Direction): Promise<Buffer>
  /** Resolves when a client connects next. */
  nextConnection(): Promise<void>
}

interface Fault {
  readonly latencyMs: number
  readonly swallows: readonly Direction[]
  readonly cut: { readonly bytes: number; readonly direction: Direction } | undefined
}

const none: Fault = { latencyMs: 0, swallows: [], cut: undefined }

/** Starts a proxy in front of a port of the loopback. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const open = new Set<{ readonly client: Socket; readonly reset: () => void }>()
  const watching: Record<Direction, ((chunk: Buffer) => void)[]> = { requests: [], replies: [] }
  const connecting: (() => void)[] = []
  let fault = none

  const carry = (from: Socket, to: Socket, direction: Direction, reset: () => void): void => {
    let dueAt = 0
    let cutFault: Fault | undefined
    let left = 0
    from.on('data', (chunk: Buffer) => {
      for (const tell of watching[direction].splice(0)) tell(chunk)
      if (fault.swallows.includes(direction)) return
      let passed = chunk
      if (fault.cut?.direction === direction) {
        if (cutFault !== fault) left = fault.cut.bytes
        cutFault = fault
        passed = chunk.subarray(0, left)
        left -= passed.length
        if (left === 0) {
          // Closing in order lets those bytes arrive; the client is reset.
          to.write(passed, reset)
          return
        }
      }
      dueAt = Math.max(dueAt, performance.now() + fault.latencyMs)
      const waitMs = dueAt - performance.now()
      if (waitMs <= 0) to.write(passed)
      else setTimeout(() => to.write(passed), waitMs)
    })
    from.on('end', () => {
      if (!fault.swallows.includes(direction)) to.end()
    })
    from.on('error', reset)
    from.on('close', reset)
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
    let isReset = false
    const pair = {
      client,
      reset: () => {
        if (isReset) return
        isReset = true
        open.delete(pair)
        client.resetAndDestroy()
        upstream.destroy()
      },
    }
    open.add(pair)
    client.setNoDelay()
    upstream.setNoDelay()
    carry(client, upstream, 'requests', pair.reset)
    carry(upstream, client, 'replies', () => {
      // A server that is gone tells a half-open client nothing.
      if (!fault.swallows.includes('replies')) pair.reset()
    })
    for (const tell of connecting.splice(0)) tell()
  })
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const stop = async (): Promise<void> => {
    const closed = server.listening ? once(server, 'close') : undefined
    server.close()
    for (const { reset } of open) reset()
    await closed
  }

  const port = await freePort()
  await listen(port)
  return {
    port,
    get connections() {
      return open.size
    },
    pass: async () => {
      fault = none
      if (!server.listening) await listen(port)
    },
    delay: (latencyMs) => {
      fault = { ...none, latencyMs }
    },
    swallow: (direction) => {
      fault = { ...none, swallows: direction ? [direction] : ['requests', 'replies'] }
    },
    reset: () => {
      for (const { reset } of open) reset()
    },
    refuse: stop,
    cutAfter: (bytes, direction) => {
      fault = { ...none, cut: { bytes, direction } }
    },
    inject: (bytes) => {
      for (const { client } of open) client.write(bytes)
    },
    next: (direction) => new Promise((resolve) => watching[direction].push(resolve)),
    nextConnection: () => new Promise((resolve) => connecting.push(resolve)),
    [Symbol.asyncDispose]: stop,
  }
}
