/** The way to a NATS server, for whoever sends over one: the client library, logins, addresses, failures. */
export { clientOptions, connectTimeoutMs } from './client-options.ts'
export {
  type JetStream,
  type KeyValueChanges,
  type KeyValueStore,
  loadNats,
  type NatsClient,
  type NatsHeaders,
  type NatsLibrary,
  type NatsMessage,
  type NatsStatus,
  type NatsSubscription,
  type ObjectStore,
} from './client-library.ts'
export {
  type ConnectFailure,
  connectFailure,
  natsErrorCode,
} from './connect-failure.ts'
export {
  type ConnectionListener,
  ConnectionLost,
  ConnectionWatch,
} from './connection-watch.ts'
export {
  type ConnectionSettings,
  connectionSettings,
  type Login,
  loginOfUrl,
  type NatsAccess,
  parseUserSeed,
  type SettingNames,
} from './connection-settings.ts'
export {
  hostAndPort,
  parseServerUrls,
  type ServerUrl,
  type ServerUrls,
  serversText,
} from './server-url.ts'
