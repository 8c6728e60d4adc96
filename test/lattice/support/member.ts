import { Antiforgery } from '../../../lattice/antiforgery.ts'
import { LatticeConnection } from '../../../lattice/connection.ts'
import { InvocationCaller, type OutgoingCall } from '../../../lattice/invocation-caller.ts'
import {
  type IncomingCall,
  InvocationServer,
  type InvocationServerOptions,
} from '../../../lattice/invocation-server.ts'
import { PayloadStore } from '../../../lattice/payload-store.ts'
import { Subjects } from '../../../lattice/subjects.ts'
import { silentLogger } from '../../../host/index.ts'
import { KeyPair } from '../../../signing/index.ts'

/** The lattice's name, and its cluster key. */
export const lattice = 'test'
export const cluster: KeyPair = KeyPair.generate('cluster')
/** An actor that {@link Member.serve} serves, and one that {@link Member.call} calls as. */
export const callee: string = KeyPair.generate('module').publicKey
export const caller: string = KeyPair.generate('module').publicKey

/** One that calls and is called over the wire of a lattice, without a host. */
export interface Member extends AsyncDisposable {
  readonly connection: LatticeConnection
  readonly subjects: Subjects
  serve(answer: (call: IncomingCall) => Promise<Uint8Array>): Promise<() => Promise<void>>
  /** Calls {@link callee}; `timeoutMs` is 5000 unless it is given. */
  call(
    msg: Uint8Array,
    options?: Partial<OutgoingCall> & { readonly timeoutMs?: number },
  ): Promise<Uint8Array>
}

/** Joins the lattice of a server. */
export async function joinAsMember(
  url: string,
  options: Partial<InvocationServerOptions> & { readonly key?: KeyPair } = {},
): Promise<Member> {
  await using opened = new AsyncDisposableStack()
  const connection = opened.use(await LatticeConnection.open({ url }, silentLogger))
  const base = {
    connection,
    subjects: new Subjects(lattice),
    antiforgery: new Antiforgery({ clusterKey: options.key ?? cluster }),
    payloads: new PayloadStore(connection, lattice),
  }
  const { subjects } = base
  const server = opened.use(
    await InvocationServer.start({ ...base, log: silentLogger, ...options }),
  )
  const hostId = KeyPair.generate('server').publicKey
  const invocations = new InvocationCaller({ ...base, hostId })
  const target = { publicKey: callee, contractId: '', linkName: '' }
  const owned = opened.move()
  return {
    connection,
    subjects,
    serve: (answer) =>
      server.serve({
        subject: subjects.actor(callee),
        name: callee,
        isTarget: ({ publicKey }) => publicKey === callee,
        answer,
      }),
    call: (msg, { timeoutMs = 5000, ...facts } = {}) =>
      invocations.call({
        subject: subjects.actor(callee),
        origin: { publicKey: caller, contractId: '', linkName: '' },
        target,
        operation: 'Do',
        msg,
        deadlineAt: performance.now() + timeoutMs,
        signal: undefined,
        depth: 0,
        traceparent: undefined,
        actorToken: undefined,
        ...facts,
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
