/** What Node itself does: a bare `node:http` server that always answers with the same text. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerQuestions } from '../contender.ts'

answerQuestions({
  async listen(body: string): Promise<number> {
    const headers = {
      'content-type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    }
    const server = createServer((_request, response) => {
      response.writeHead(200, headers)
      response.end(body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },
})
