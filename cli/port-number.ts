import { usage } from './arguments.ts'

/** A port as `--port` takes it: 0 means any free one. @throws CliError `ERR_USAGE` */
export function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw usage('--port', `--port must be a number from 0 to 65535, not ${JSON.stringify(text)}`)
}
