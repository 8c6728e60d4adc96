import {
  type CommandTerms,
  parseRedisUrl,
  type RedisConnectionConfig,
  type RedisTlsFiles,
} from '../../../capabilities/redis-connection/index.ts'
import type { ConnectionTerms } from '../../../capabilities/redis-connection/index.ts'

const noFiles: RedisTlsFiles = {
  caFile: undefined,
  certFile: undefined,
  keyFile: undefined,
  serverName: undefined,
}

/** What a link with this URL asks for. */
export function redisConfig(url: string, tls: Partial<RedisTlsFiles> = {}): RedisConnectionConfig {
  return { target: parseRedisUrl(url), tls: { ...noFiles, ...tls } }
}

const quiet: ConnectionTerms['log'] = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quiet,
}

/** A link that logs to nobody and is wanted for good. */
export function redisTerms(signal: AbortSignal = new AbortController().signal): ConnectionTerms {
  return { log: quiet, signal }
}

/** The terms of one call. */
export function within(timeoutMs: number): CommandTerms {
  return { operation: 'Test', deadlineAt: performance.now() + timeoutMs }
}
