import type { Contract, OperationTypes } from '../../../contracts/index.ts'
import type {
  CapabilityProvider,
  LinkContext,
  LinkedActor,
  LinkContent,
  LogFacts,
  Logger,
  ProviderCall,
  ProviderLink,
} from '../../../host/index.ts'
import type { AccountId, ActorId } from '../../../signing/index.ts'

/** What a test says of a link; the rest is link `default` of actor `MA`. */
export interface LinkFacts {
  readonly values?: Readonly<Record<string, string>>
  readonly actor?: string
  readonly actorName?: string
  readonly linkName?: string
  /** The actor at the other end. Default: it knows no operation. */
  readonly invoke?: LinkContext<unknown>['invoke']
  /** Told of each line that the provider logs. */
  readonly onLog?: (line: LogLine) => void
}

/** One line that a provider logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly facts: LogFacts
}

/** A live link, its operations called as the host calls them. */
export interface LinkedProvider<ToProvider extends OperationTypes> extends AsyncDisposable {
  readonly log: readonly LogLine[]
  readonly info: Readonly<Record<string, string>> | undefined
  /** What the link keeps, where the provider can list it. */
  readonly content: LinkContent | undefined
  /** What the operation answers, be it a promise. */
  ask<Name extends keyof ToProvider & string>(
    operation: Name,
    request: ToProvider[Name]['request'],
    call?: Partial<ProviderCall>,
  ): ToProvider[Name]['response'] | Promise<ToProvider[Name]['response']>
  /** What a host does first with a link that hands to the actor what comes in. */
  closeIntake(): Promise<void>
}

/** An actor as a link tells its provider of it. */
export function linkedActor(id: string, name: string): LinkedActor {
  return {
    id,
    name,
    claims: {
      subject: id as ActorId,
      issuer: 'AISSUER' as AccountId,
      name,
      contracts: [],
      tags: [],
      isProvider: false,
      hash: '',
      wascapRevision: 0,
    },
  }
}

/** Links an actor to a provider. Fails with what is wrong where the values do not suit. */
export async function linkProvider<ToProvider extends OperationTypes>(
  provider: Omit<CapabilityProvider, 'contract' | 'link'> & {
    readonly contract: Contract<ToProvider>
    link(context: never): ProviderLink<ToProvider> | Promise<ProviderLink<ToProvider>>
  },
  {
    values = {},
    actor = 'MA',
    actorName = actor,
    linkName = 'default',
    invoke = () => Promise.reject(new Error('this provider calls no actor')),
    onLog = () => undefined,
  }: LinkFacts = {},
): Promise<LinkedProvider<ToProvider>> {
  const parsed = await provider.configSchema['~standard'].validate(values)
  if (parsed.issues) throw new Error(parsed.issues.map(({ message }) => message).join('; '))
  const log: LogLine[] = []
  const open = provider.link as CapabilityProvider<unknown, ToProvider>['link']
  const link = await open({
    config: parsed.value,
    actor: linkedActor(actor, actorName),
    linkName,
    log: loggerTo(log, onLog),
    signal: new AbortController().signal,
    invoke,
  })
  return {
    log,
    info: link.info,
    content: link.content,
    ask: (operation, request, call) =>
      link.operations[operation](request, { ...callOf(operation), ...call }),
    closeIntake: async () => link.closeIntake?.(),
    [Symbol.asyncDispose]: async () => {
      await link[Symbol.asyncDispose]?.()
    },
  }
}

/** What is wrong with values, one line a mistake: `key: problem`. */
export async function valueProblems(
  { configSchema }: Pick<CapabilityProvider, 'configSchema'>,
  values: unknown,
): Promise<string[]> {
  const { issues = [] } = await configSchema['~standard'].validate(values)
  return issues.map(({ path = [], message }) => {
    const keys = path.map((step) => String(typeof step === 'object' ? step.key : step))
    return `${keys.join('.')}: ${message}`
  })
}

function callOf(operation: string): ProviderCall {
  const signal = new AbortController().signal
  return {
    operation,
    deadlineAt: Infinity,
    signal,
    traceparent: undefined,
    depth: 0,
    within: undefined,
  }
}

function loggerTo(lines: LogLine[], onLog: (line: LogLine) => void): Logger {
  const at =
    (level: LogLine['level']) =>
    (message: string, facts: LogFacts = {}): void => {
      lines.push({ level, message, facts })
      onLog({ level, message, facts })
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => loggerTo(lines, onLog),
  }
}
