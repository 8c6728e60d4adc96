import { execFile } from 'node:child_process'
import { chmod, chown, glob, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { type CertificateFiles, makeCertificate } from './certificates.ts'
import { freePort } from './free-port.ts'
import { type Service, ServiceError, startService, temporaryFolder } from './service.ts'

/** How a PostgreSQL server is to be. */
export interface PostgresOptions {
  /** Only over TLS, with a certificate for these names: `['localhost']`. */
  readonly tlsNames?: readonly string[]
  /** More settings of `postgresql.conf`. */
  readonly config?: Readonly<Record<string, string>>
}

/**
 * A PostgreSQL server on the loopback, with data of its own, that asks for a password (SCRAM). Disposal
 * kills it and removes the data.
 */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number
  readonly user: string
  /** Holds characters that have a meaning in URLs. */
  readonly password: string
  /** `postgres://USER:PASSWORD@127.0.0.1:PORT/DATABASE`. Default: the database `postgres`. */
  url(database?: string): string
  /** With `tlsNames`. */
  readonly certificate: CertificateFiles | undefined
  /** Makes an empty database, and returns its name. */
  createDatabase(): Promise<string>
  /** Runs statements as the server's owner, beside whatever is tested. */
  run(sql: string, database?: string): Promise<unknown[]>
  /** Ends it and its sessions at once (SIGKILL); new connections are refused. */
  kill(): Promise<void>
  /** Kills it if it still runs, and starts it again on the same port with the same data. */
  restart(): Promise<void>
}

const execute = promisify(execFile)
const debianPackage = 'postgresql'
const user = 'wash'
const password = 'p@ss:w/rd%?#'
const environment = { LC_ALL: 'C', PATH: process.env['PATH'] }

/** Starts a PostgreSQL server on a free port. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  await using opened = new AsyncDisposableStack()
  const owner = await serverUser()
  const programs = await programFolder()
  const folder = opened.use(await temporaryFolder())
  const data = join(folder.path, 'data')
  if (owner) await chown(folder.path, owner.uid, owner.gid)
  const passwordFile = join(folder.path, 'password')
  await writeFile(passwordFile, password)
  await chmod(passwordFile, 0o644)
  await execute(
    join(programs, 'initdb'),
    [
      ...['-D', data, '-U', user, '--pwfile', passwordFile, '-A', 'scram-sha-256', '-E', 'UTF8'],
      ...['--locale', 'C', '--no-sync', '--no-instructions'],
    ],
    { ...owner, env: environment, cwd: folder.path },
  )
  const certificate = options.tlsNames && (await makeCertificate(folder.path, options.tlsNames))
  if (certificate) {
    if (owner) await chown(certificate.keyFile, owner.uid, owner.gid)
    await chmod(certificate.keyFile, 0o600)
    await writeFile(join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n')
  }
  let port = await freePort()
  const start = (): Promise<Service> =>
    startService({
      command: join(programs, 'postgres'),
      args: ['-D', data, ...settings(port, folder.path, certificate, options)],
      debianPackage,
      cwd: folder.path,
      env: environment,
      user: owner,
      readyLine: /database system is ready to accept connections/,
    })
  const startAgain = async (): Promise<Service> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await start()
      } catch (error) {
        // What a killed server's sessions still hold is let go as they notice.
        if (attempt === 50 || !String(error).includes('still in use')) throw error
      }
    }
  }
  let service: Service | undefined
  for (let attempt = 1; !service; attempt++) {
    try {
      service = await start()
    } catch (error) {
      const isTaken = error instanceof ServiceError && /could not bind/.test(error.message)
      if (!isTaken || attempt === 5) throw error
      port = await freePort()
    }
  }
  let current = service
  const kill = async (): Promise<void> => {
    // Sessions are processes, which a killed server leaves to what they are doing.
    const sessions = await childrenOf(current.pid)
    const killed = current.kill()
    for (const pid of sessions) signalled(pid)
    await killed
  }
  opened.defer(kill)
  const owned = opened.move()

  const login = `${user}:${encodeURIComponent(password)}`
  const host = certificate ? 'localhost' : '127.0.0.1'
  const run = async (sql: string, database = 'postgres'): Promise<unknown[]> => {
    const client = new Client({
      ...{ host, port, user, password, database },
      ssl: certificate ? { ca: certificate.ca } : false,
    })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }
  let databases = 0
  return {
    port,
    user,
    password,
    url: (database = 'postgres') => `postgres://${login}@${host}:${port}/${database}`,
    certificate,
    createDatabase: async () => {
      const name = `test_${++databases}`
      await run(`create database ${name}`)
      return name
    },
    run,
    kill,
    restart: async () => {
      await kill()
      current = await startAgain()
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function settings(
  port: number,
  folder: string,
  certificate: CertificateFiles | undefined,
  { config = {} }: PostgresOptions,
): string[] {
  const tls = certificate && {
    ssl: 'on',
    ssl_cert_file: certificate.certFile,
    ssl_key_file: certificate.keyFile,
  }
  const all: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    // What was answered outlives the server all the same, though not the machine.
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '16MB',
    ...tls,
    ...config,
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

async function childrenOf(pid: number): Promise<number[]> {
  try {
    const { stdout } = await execute('pgrep', ['-P', String(pid)])
    return stdout.trim().split('\n').map(Number)
  } catch {
    return [] // There are none.
  }
}

function signalled(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended with the server.
  }
}

/** The server refuses to run as root. */
async function serverUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = async (flag: string): Promise<number> =>
        Number((await execute('id', [flag, name])).stdout)
      return { uid: await id('-u'), gid: await id('-g') }
    } catch {
      // There is no such user.
    }
  }
  throw new ServiceError('PostgreSQL does not run as root, and there is no user postgres or nobody')
}

/** Debian keeps all programs but the client's out of the path. */
async function programFolder(): Promise<string> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found: string[] = []
  for await (const path of glob([
    '/usr/lib/postgresql/*/bin/initdb',
    ...folders.map((folder) => join(folder, 'initdb')),
  ])) {
    found.push(path)
  }
  const latest = found.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
  if (latest === undefined) {
    throw new ServiceError(
      `postgres is not installed; run: sudo apt-get install -y ${debianPackage}`,
    )
  }
  return join(latest, '..')
}
