// `npm start`: a host that serves the example actor kvcounter, built and signed if it is not yet.
// Takes the flags of `wash-ts up`: `npm start -- --port 8081`.
import { serveRequest, up } from '../cli/commands/up.ts'
import { mainOf } from '../cli/main.ts'
import { serve } from '../cli/serve.ts'
import { urlOf } from '../cli/stock-links.ts'
import { buildExampleActor } from './build-actors.ts'

const { path } = await buildExampleActor('kvcounter')
await mainOf(
  {
    ...up,
    positionals: [],
    run: async (call) => {
      const request = serveRequest({ ...call, arguments: [path] })
      await serve(
        {
          ...request,
          onReady: ([actor]) => {
            const url = actor && urlOf(actor)
            if (url === undefined || call.terminal.json) return
            call.terminal.print(`Try it: curl ${url.replace(/^http:\/\/|\/$/g, '')}/visits`)
          },
        },
        call.terminal,
      )
      return undefined
    },
  },
  process.argv.slice(2),
)
