/** The checksum at the end of every nkey. */

const table: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})

/**
 * CRC-16/XMODEM: polynomial 0x1021, initial value 0, nothing reflected.
 *
 * @see https://github.com/nats-io/nkeys
 */
export function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = ((crc << 8) ^ table[((crc >>> 8) ^ byte) & 0xff]!) & 0xffff
  return crc
}
