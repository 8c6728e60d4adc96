import { isIP, connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { PostgresTarget } from './target.ts'
import type { TlsOptions } from './tls.ts'

/** What a session was told when it began: who may end its statement. */
export interface CancelKey {
  readonly processID: number
  readonly secretKey: number
}

/**
 * Asks the server to end the statement that a session runs, over a connection of its own, as the
 * protocol has it ("Canceling Requests in Progress"). The server closes that connection and answers
 * nothing: whether it helped, the session sees.
 *
 * @param signal gives it up
 */
export function requestCancel(
  { host, port }: PostgresTarget,
  tls: TlsOptions,
  { processID, secretKey }: CancelKey,
  signal: AbortSignal,
): Promise<void> {
  const request = Buffer.alloc(16)
  request.writeInt32BE(16, 0)
  request.writeInt32BE(80_877_102, 4)
  request.writeInt32BE(processID, 8)
  request.writeInt32BE(secretKey, 12)
  return new Promise((resolve) => {
    const plain = connect(
      host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port },
    )
    const open = new Set<Socket>([plain])
    const end = (): void => {
      for (const socket of open) socket.destroy()
      signal.removeEventListener('abort', end)
      resolve()
    }
    signal.addEventListener('abort', end, { once: true })
    plain.on('error', end).on('close', end)
    if (tls === false) {
      plain.on('connect', () => plain.write(request))
      return
    }
    plain.on('connect', () => plain.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])))
    plain.once('data', (answer) => {
      if (answer.toString('latin1') !== 'S') return end()
      const name = isIP(host) === 0 ? { servername: host } : {}
      const encrypted = connectTls({ ...tls, host, ...name, socket: plain })
      open.add(encrypted)
      encrypted.on('error', end).on('secureConnect', () => encrypted.write(request))
    })
  })
}
