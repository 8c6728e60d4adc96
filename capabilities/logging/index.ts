/** Actors' lines for the host's own log, made safe and bounded. */
import {
  type LoggingToProvider,
  type LogLevel,
  logging,
  type NoOperations,
} from '../../contracts/index.ts'
import type { CapabilityProvider, LinkContext, ProviderLink } from '../../host/index.ts'
import { configSchema, type LoggingConfig } from './config.ts'
import { escapeLine } from './escape.ts'
import { LineBudget } from './line-budget.ts'

export type { LoggingConfig } from './config.ts'

/** What tests put in the place of the machine. */
export interface LoggingOptions {
  /** A clock in milliseconds that never goes back. Default: `performance.now`. */
  readonly now?: () => number
}

/** An actor's budget, shared by its links. */
interface Share {
  readonly budget: LineBudget
  links: number
}

/** From the most important to the least. */
const importance: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace']

/**
 * The logging provider. Actors that claim the contract are linked to it without a link definition.
 * Writes what actors log to the host's log, with the actor and the level as facts.
 * Control characters are escaped, lines cut at 8 KiB, and what exceeds an actor's rate is counted
 * instead of written.
 */
export function loggingProvider({
  now = () => performance.now(),
}: LoggingOptions = {}): CapabilityProvider<LoggingConfig, LoggingToProvider, NoOperations> {
  const shares = new Map<string, Share>()
  return {
    name: 'logging',
    summary: 'log: writes what actors log to the log of the host',
    contract: logging,
    configSchema,
    automatic: true,
    link: (context) => link(shares, context, now),
  }
}

function link(
  shares: Map<string, Share>,
  { actor, config, log }: LinkContext<LoggingConfig, NoOperations>,
  now: () => number,
): ProviderLink<LoggingToProvider> {
  const share = shares.get(actor.id) ?? { budget: new LineBudget(config.rate, now), links: 0 }
  shares.set(actor.id, share)
  share.links++
  const { budget } = share
  const least = importance.indexOf(config.minLevel)
  const reportSuppressed = (): void => {
    const suppressed = budget.takeSuppressed()
    if (suppressed > 0) log.warn(`${suppressed} lines suppressed`, { actor: actor.id, suppressed })
  }
  return {
    operations: {
      WriteLog: ({ level, text, target }) => {
        if (importance.indexOf(level) > least || !budget.take(config.rate)) return
        reportSuppressed()
        const facts = {
          actor: actor.id,
          level,
          ...(target !== '' && { target: escapeLine(target) }),
        }
        log[level === 'trace' ? 'debug' : level](escapeLine(text), facts)
      },
    },
    async [Symbol.asyncDispose]() {
      reportSuppressed()
      if (--share.links === 0) shares.delete(actor.id)
    },
  }
}
