import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import {
  type ConnectionSettings,
  type Login,
  loginOfUrl,
  parseServerUrls,
  parseUserSeed,
  type SettingNames,
} from '../../nats/index.ts'
import { linkValues, type LinkValue, parsedValue } from '../link-values.ts'
import {
  type connectionKeys,
  type MessagingConfig,
  messagingConfig,
  messagingValues,
} from '../messaging/link-values.ts'

/** What one link asks of NATS. Made from link values, which are named in capitals. */
export interface NatsMessagingConfig extends MessagingConfig {
  /** Links with the same settings share a connection. */
  readonly connection: ConnectionSettings
}

/** What link values call the settings of a connection. */
export const settingNames: SettingNames = {
  seed: 'CLIENT_SEED',
  credentials: 'CREDSFILE',
  caFile: 'TLS_CA_FILE',
  certFile: 'TLS_CERT_FILE',
  keyFile: 'TLS_KEY_FILE',
}

const text = (description: string): LinkValue<string | undefined> =>
  parsedValue({ description }, (given) => {
    if (given === '') throw new Error('is empty; leave it out instead')
    return given
  })

const connectionValues = {
  URL: parsedValue(
    {
      description:
        'servers of one cluster, separated by commas; tls:// for TLS only; a login may stand before the host',
      default: 'nats://127.0.0.1:4222',
    },
    parseServerUrls,
  ),
  USER: text('name of the user'),
  PASSWORD: text('password of USER'),
  TOKEN: text('token, in place of a user'),
  CLIENT_JWT: text('JWT of the user, with CLIENT_SEED'),
  CLIENT_SEED: parsedValue({ description: 'nkey seed of the user, SU…' }, parseUserSeed),
  CREDSFILE: text('file with JWT and seed, read anew for each connection'),
  TLS_CA_FILE: text('PEM file with the authority that signed the server’s certificate; means TLS'),
  TLS_CERT_FILE: text('PEM file with the client’s certificate, with TLS_KEY_FILE; means TLS'),
  TLS_KEY_FILE: text('PEM file with the key of TLS_CERT_FILE'),
} satisfies Record<(typeof connectionKeys)[number], unknown>

/** Link values of `nats-messaging`: those of every messaging provider, and how a server is reached. */
export const configSchema: StandardSchema<unknown, NatsMessagingConfig> = v.pipe(
  linkValues({ ...messagingValues, ...connectionValues }),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }): NatsMessagingConfig => {
    const problem = (key: keyof typeof connectionValues, message: string): never => {
      addIssue({
        message,
        path: [{ type: 'object', origin: 'value', input: value, key, value: value[key] }],
      })
      return NEVER
    }
    const ways = [
      value.URL.login && 'a login in URL',
      value.USER !== undefined && 'USER',
      value.TOKEN !== undefined && 'TOKEN',
      value.CLIENT_SEED !== undefined && 'CLIENT_SEED',
      value.CREDSFILE !== undefined && 'CREDSFILE',
    ].filter((way) => typeof way === 'string')
    if (ways.length > 1) problem('URL', `several logins: ${ways.join(', ')}; give one`)
    if (value.PASSWORD !== undefined && value.USER === undefined) {
      problem('PASSWORD', 'needs USER')
    }
    if (value.CLIENT_JWT !== undefined && value.CLIENT_SEED === undefined) {
      problem('CLIENT_JWT', 'needs CLIENT_SEED, to sign what the server asks')
    }
    const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } = value
    if ((certFile === undefined) !== (keyFile === undefined)) {
      problem(
        certFile === undefined ? 'TLS_KEY_FILE' : 'TLS_CERT_FILE',
        'needs the other of the two',
      )
    }
    return {
      ...messagingConfig(value),
      connection: {
        servers: value.URL.servers,
        login: loginOf(value),
        caFile: value.TLS_CA_FILE,
        certificate:
          certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
      },
    }
  }),
)

function loginOf(value: {
  readonly URL: ReturnType<typeof parseServerUrls>
  readonly USER: string | undefined
  readonly PASSWORD: string | undefined
  readonly TOKEN: string | undefined
  readonly CLIENT_JWT: string | undefined
  readonly CLIENT_SEED: string | undefined
  readonly CREDSFILE: string | undefined
}): Login {
  const { login } = value.URL
  if (login) return loginOfUrl(login)
  if (value.USER !== undefined) {
    return { kind: 'password', user: value.USER, password: value.PASSWORD ?? '' }
  }
  if (value.TOKEN !== undefined) return { kind: 'token', token: value.TOKEN }
  if (value.CLIENT_SEED !== undefined) {
    return { kind: 'nkey', seed: value.CLIENT_SEED, jwt: value.CLIENT_JWT }
  }
  if (value.CREDSFILE !== undefined) return { kind: 'credentials', path: value.CREDSFILE }
  return { kind: 'none' }
}
