import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Where the parts of a server's certificate lie, in PEM. */
export interface CertificateFiles {
  /** Of the authority that signed it: what clients trust. */
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  /** The text of `caFile`. */
  readonly ca: string
}

const run = promisify(execFile)

/**
 * Makes a certificate authority and a certificate of it in a folder, valid for a day. Needs `openssl`.
 *
 * @param names What the certificate is for. Default: `localhost`, and no address.
 */
export async function makeCertificate(
  folder: string,
  names: readonly string[] = ['localhost'],
): Promise<CertificateFiles> {
  const at = (name: string): string => join(folder, name)
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc']
  await openssl(
    ...['req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.pem')],
    ...['-days', '1', '-subj', '/CN=wash-ts test authority'],
  )
  const alternatives = names.map((name) => `${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`)
  await writeFile(at('server.ext'), `subjectAltName=${alternatives.join(',')}\n`)
  await openssl(
    ...['req', '-new', ...key, '-keyout', at('server.key'), '-out', at('server.csr')],
    ...['-subj', '/CN=wash-ts test server'],
  )
  await openssl(
    ...['x509', '-req', '-in', at('server.csr'), '-out', at('server.pem'), '-days', '1'],
    ...['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-extfile', at('server.ext')],
  )
  const caFile = at('ca.pem')
  const ca = await readFile(caFile, 'utf8')
  return { caFile, certFile: at('server.pem'), keyFile: at('server.key'), ca }
}
