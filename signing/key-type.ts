/** The kinds of identity a key can be, and the letter each one's public key starts with. */

/** What a key identifies: `module` is an actor, `service` a capability provider, `server` a host. */
export type KeyType = 'account' | 'module' | 'server' | 'service' | 'operator' | 'cluster' | 'user'

/**
 * The prefix byte of each type; its upper five bits are the first letter of the public key.
 *
 * @see https://github.com/nats-io/nkeys
 */
export const prefixBytes: Readonly<Record<KeyType, number>> = {
  account: 0 << 3,
  cluster: 2 << 3,
  module: 12 << 3,
  server: 13 << 3,
  operator: 14 << 3,
  user: 20 << 3,
  service: 21 << 3,
}

/** Every key type, in the order people are shown them. */
export const keyTypes: readonly KeyType[] = [
  'account',
  'module',
  'server',
  'service',
  'operator',
  'cluster',
  'user',
]

/** The first letter of a public key of `type`: `A` for an account, `M` for an actor. */
export function keyLetter(type: KeyType): string {
  return 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[prefixBytes[type] >>> 3]!
}

/** The type that a prefix byte stands for, or `undefined` for one that names no identity. */
export function typeOfPrefix(byte: number): KeyType | undefined {
  return keyTypes.find((type) => prefixBytes[type] === byte)
}
