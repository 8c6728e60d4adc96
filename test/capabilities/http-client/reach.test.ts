/** Addresses that are not the public internet's, however they are written. */
import test from 'ava'
import { plainAddress, specialRangeOf } from '../../../capabilities/http-client/ip-address.ts'
import { Reach } from '../../../capabilities/http-client/reach.ts'

const ranges: Readonly<Record<string, string>> = {
  loopback: '127.0.0.1 127.255.255.254 ::1 0:0:0:0:0:0:0:1 ::ffff:127.0.0.1 ::ffff:7f00:1',
  private:
    '10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.1 fc00::1 fd12:3456::1 ::ffff:10.1.2.3 ::ffff:c0a8:1',
  'link-local': '169.254.0.1 169.254.255.254 fe80::1 fe80::1%eth0 febf::1',
  cgnat: '100.64.0.1 100.127.255.254',
  metadata:
    '169.254.169.254 169.254.170.2 100.100.100.200 168.63.129.16 fd00:ec2::254 fd20:ce::254 ::ffff:169.254.169.254 ::ffff:a9fe:a9fe',
  multicast: '224.0.0.1 239.255.255.255 ff02::1 ff0e::1',
  reserved:
    '0.0.0.0 0.1.2.3 192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 240.0.0.1 255.255.255.255 :: ::7f00:1 ::127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::808:808 2002:7f00:1:: 2002:808:808::1 2001::1 2001:0:808:808::1 2001:10::1 2001:db8::1 3fff::1 5f00::1 100::1 fec0::1 4000::1 2600::5efe:10.0.0.1 2600::200:5efe:7f00:1 ::ffff:0:7f00:1',
}
const open =
  '1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.0.1 172.15.255.255 172.32.0.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.0 223.255.255.255 2600::1 2606:4700:4700::1111 2a00:1450:4001:80e::200e ::ffff:8.8.8.8 64:ff9b::808:808 2600::5efe:8.8.8.8 3ffe::1'

for (const [range, addresses] of Object.entries(ranges)) {
  test(`specialRangeOf - knows what is ${range}`, (t) => {
    for (const text of addresses.split(' '))
      t.is(specialRangeOf(plainAddress(text)), range as never, text)
  })
}

test('specialRangeOf - knows what is public', (t) => {
  for (const text of open.split(' ')) t.is(specialRangeOf(plainAddress(text)), undefined, text)
})

test('ALLOW_PRIVATE - opens what it names, and no more', (t) => {
  const reach = Reach.parse('loopback, 10.1.0.0/16 , 192.168.1.7, FD00::/8')
  for (const text of [
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '10.1.2.3',
    '192.168.1.7',
    'fd01::1',
  ]) {
    t.is(reach.refuses(text), undefined, text)
  }
  t.is(reach.refuses('10.2.0.1'), 'private')
  t.is(reach.refuses('192.168.1.8'), 'private')
  t.is(reach.refuses('fc00::1'), 'private')
  t.is(reach.refuses('169.254.1.1'), 'link-local')
  t.is(reach.refuses('8.8.8.8'), undefined)
})

test('ALLOW_PRIVATE - opens the metadata of clouds only where it is named', (t) => {
  for (const entries of ['link-local', 'private,link-local,cgnat,loopback', '0.0.0.0/0,::/0']) {
    const reach = Reach.parse(entries)
    for (const text of ['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254']) {
      t.is(reach.refuses(text), 'metadata', `${entries} ${text}`)
    }
  }
  t.is(Reach.parse('metadata').refuses('169.254.169.254'), undefined)
  t.is(Reach.parse('169.254.169.254').refuses('169.254.169.254'), undefined)
  t.is(Reach.parse('169.254.169.254/32').refuses('::ffff:169.254.169.254'), undefined)
  t.is(Reach.parse('169.254.169.254').refuses('fd00:ec2::254'), 'metadata')
})

test('ALLOW_PRIVATE - opens by network what has no name', (t) => {
  t.is(Reach.parse('198.18.0.0/15').refuses('198.18.0.1'), undefined)
  t.is(Reach.parse('64:ff9b::/96').refuses('64:ff9b::10.0.0.1'), undefined)
  t.is(Reach.public.refuses('198.18.0.1'), 'reserved')
})
