import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyPair } from '../../signing/index.ts'
import { type CertificateFiles, makeCertificate } from './certificates.ts'
import { freePort } from './free-port.ts'
import { type Service, ServiceError, startService, temporaryFolder } from './service.ts'

/** How a NATS server is to be. */
export interface NatsOptions {
  /** Users with their passwords, and where they may go, as the server's configuration has it. */
  readonly users?: readonly {
    readonly user: string
    readonly password: string
    readonly permissions?: {
      readonly publish?: readonly string[]
      readonly subscribe?: readonly string[]
    }
  }[]
  /** In place of users. */
  readonly token?: string
  /** Public nkeys of users, in place of passwords. */
  readonly nkeys?: readonly string[]
  /** Lets in whom an account of an operator signed: {@link NatsServer.credentials} makes such users. */
  readonly operator?: boolean
  /** Only over TLS, with a certificate for these names. */
  readonly tlsNames?: readonly string[]
  /** Bytes of one message. Default: 1 MiB. */
  readonly maxPayload?: number
  /** Keeps streams, in the server's folder. */
  readonly jetStream?: boolean
}

/** A NATS server on the loopback, with a folder of its own. Disposal kills it and removes the folder. */
export interface NatsServer extends AsyncDisposable {
  readonly port: number
  /** `nats://127.0.0.1:PORT`, or `tls://localhost:PORT`; without a login. */
  readonly url: string
  /** With `tlsNames`. */
  readonly certificate: CertificateFiles | undefined
  /** A new user of the operator's account, who may send anywhere but to `denied`. */
  credentials(
    denied?: string,
  ): Promise<{ readonly jwt: string; readonly seed: string; readonly file: string }>
  /** Its log since it was last started. */
  readonly output: string
  /** Ends it at once (SIGKILL). */
  kill(): Promise<void>
  /** Kills it if it still runs, and starts it again on the same port, with other users if they are given. */
  restart(users?: NatsOptions['users']): Promise<void>
}

/** Starts a NATS server on a free port. */
export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await temporaryFolder())
  const certificate = options.tlsNames && (await makeCertificate(folder.path, options.tlsNames))
  const issuer = options.operator ? new Issuer() : undefined
  const configFile = join(folder.path, 'nats.conf')
  const start = async (port: number, users = options.users): Promise<Service> => {
    const config = configuration(
      { ...options, ...(users && { users }) },
      port,
      folder.path,
      certificate,
      issuer?.trust(),
    )
    await writeFile(configFile, JSON.stringify(config, null, 2))
    return startService({
      command: '/usr/sbin/nats-server',
      args: ['-c', configFile],
      debianPackage: 'nats-server',
      readyLine: /Server is ready/,
    })
  }
  let port = await freePort()
  let service: Service | undefined
  for (let attempt = 1; !service; attempt++) {
    try {
      service = await start(port)
    } catch (error) {
      const isTaken = error instanceof ServiceError && /address already in use/.test(error.message)
      if (!isTaken || attempt === 5) throw error
      port = await freePort()
    }
  }
  let current = service
  opened.defer(() => current.kill())
  const owned = opened.move()
  let users = 0
  return {
    port,
    url: certificate ? `tls://localhost:${port}` : `nats://127.0.0.1:${port}`,
    certificate,
    credentials: async (denied) => {
      if (!issuer) throw new Error('start the server with an operator')
      const file = join(folder.path, `user-${++users}.creds`)
      const user = issuer.user(denied)
      await writeFile(file, credentialsText(user))
      return { ...user, file }
    },
    get output() {
      return current.output
    },
    kill: () => current.kill(),
    restart: async (next) => {
      await current.kill()
      current = await start(port, next)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function configuration(
  { users, token, nkeys, maxPayload, jetStream }: NatsOptions,
  port: number,
  folder: string,
  certificate: CertificateFiles | undefined,
  trust: object | undefined,
): object {
  const authorization = {
    ...(token !== undefined && { token }),
    ...(users && { users }),
    ...(nkeys && { users: nkeys.map((nkey) => ({ nkey })) }),
  }
  return {
    host: '127.0.0.1',
    port,
    ...(Object.keys(authorization).length > 0 && { authorization }),
    ...(certificate && {
      tls: { cert_file: certificate.certFile, key_file: certificate.keyFile },
    }),
    ...(maxPayload !== undefined && { max_payload: maxPayload }),
    ...(jetStream && { jetstream: { store_dir: join(folder, 'jetstream') } }),
    ...trust,
  }
}

/** An operator with one account, which signs users: the tokens of NATS 2. */
class Issuer {
  readonly #operator = KeyPair.generate('operator')
  readonly #account = KeyPair.generate('account')

  /** What a server is told of them. */
  trust(): object {
    const operator = token(this.#operator, this.#operator, {
      type: 'operator',
      version: 2,
    })
    const unlimited = {
      ...{ subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true },
      ...{ conn: -1, leaf: -1 },
    }
    const account = token(this.#operator, this.#account, {
      type: 'account',
      version: 2,
      limits: unlimited,
    })
    return {
      operator,
      resolver: 'MEMORY',
      resolver_preload: { [this.#account.publicKey]: account },
    }
  }

  user(denied: string | undefined): { jwt: string; seed: string } {
    const user = KeyPair.generate('user')
    const limits = { subs: -1, data: -1, payload: -1 }
    const jwt = token(this.#account, user, {
      ...{ type: 'user', version: 2, pub: denied === undefined ? {} : { deny: [denied] }, sub: {} },
      ...limits,
    })
    return { jwt, seed: user.seed }
  }
}

function token(issuer: KeyPair, subject: KeyPair, nats: object): string {
  const claims = {
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.publicKey,
    sub: subject.publicKey,
    name: 'test',
    nats,
  }
  const jti = createHash('sha256').update(JSON.stringify(claims)).digest('base64url')
  const parts = [
    { typ: 'JWT', alg: 'ed25519-nkey' },
    { ...claims, jti },
  ]
  const text = parts
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = issuer.sign(Buffer.from(text))
  return `${text}.${Buffer.from(signature).toString('base64url')}`
}

function credentialsText({ jwt, seed }: { readonly jwt: string; readonly seed: string }): string {
  const part = (name: string, content: string): string =>
    `-----BEGIN ${name}-----\n${content}\n------END ${name}------\n\n`
  return part('NATS USER JWT', jwt) + part('USER NKEY SEED', seed)
}
