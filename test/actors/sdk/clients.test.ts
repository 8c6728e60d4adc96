import test from 'ava'
import { buildActor } from '../../support/actors.ts'
import { answer, BareGuest, refusal } from '../../support/bare-guest.ts'

const wasm = await buildActor('probe')

interface ClientCase {
  readonly method: string
  /** `link|namespace|operation|payload`. */
  readonly sends: string
  /** What the host answers, and what the actor makes of it. */
  readonly replies: readonly (readonly [reply: string, gives: string])[]
}

const k = 'a36b6579a16b'
const keyAndValue = `82${k}a576616c7565a176`
const newCount = [['81a86e6577436f756e7405', '05']] as const
const values = [
  ['81a676616c75657392a16aa16b', '92a16aa16b'],
  ['81a676616c75657390', '90'],
] as const
const extras = (operation: string, flags: string, limits: string): string =>
  `default|wascc:extras|${operation}|85a467756964${flags.slice(0, 2)}a873657175656e6365` +
  `${flags.slice(2, 4)}a672616e646f6d${flags.slice(4)}a36d696e${limits.slice(0, 2)}a36d6178` +
  limits.slice(2)
const httpRequest = (
  link: string,
  method: string,
  url: string,
  headers: string,
  body: string,
): string =>
  `${link}|wascc:http_client|PerformRequest|85a66d6574686f64${method}a470617468${url}` +
  `ab7175657279537472696e67a0a6686561646572${headers}a4626f6479${body}`
const httpReply = (statusCode: string, headers: string, body: string): string =>
  `84aa737461747573436f6465${statusCode}a6737461747573a0a6686561646572${headers}a4626f6479${body}`
const sqlReply = (rows: string): string =>
  `82a7636f6c756d6e739182a76f7264696e616c00a46e616d65a161a4726f7773${rows}`
/** A map of an error with SQLSTATE 23505, and of other fields: one for a result, two for rows. */
const sqlError = (others: string): string =>
  `${others.startsWith('ac') ? '82' : '83'}a56572726f7283a4636f6465a26462a76d657373616765a174` +
  `a873716c5374617465a53233353035${others}`
const log = (level: number): ClientCase['sends'] =>
  `default|wascc:logging|WriteLog|82a56c6576656c0${level}a4626f6479a174`

const count = (number: number): string => `a5636f756e740${number}`
/** An event of stream `s`, with a value. */
const event = (value: string): string =>
  `83a76576656e744964a3312d30a673747265616da173a676616c75657381${value}`

const blobOp = (operation: string, payload: string): string =>
  `vault|wascc:blobstore|${operation}|${payload}`
const containerC = '81a26964a163'
const blobB = (byteSize: string): string =>
  `83a26964a162a9636f6e7461696e6572a163a86279746553697a65${byteSize}`
/** A part: its number, the blob's bytes, those of a part, the context, and its own as `bin`. */
const part = (no: string, total: string, size: string, context: string, bytes: string): string =>
  `87aa73657175656e63654e6f${no}a9636f6e7461696e6572a163a26964a162aa746f74616c4279746573${total}` +
  `a96368756e6b53697a65${size}a7636f6e74657874${context}aa6368756e6b4279746573${bytes}`

const cases: readonly ClientCase[] = [
  {
    method: 'keyvalue.get',
    sends: `shelf|wascc:keyvalue|Get|81${k}`,
    replies: [
      ['82a576616c7565a178a6657869737473c3', 'a178'],
      ['82a6657869737473c3a576616c7565a0', 'a0'],
      ['82a576616c7565a0a6657869737473c2', 'c0'],
    ],
  },
  {
    method: 'keyvalue.set',
    sends: `shelf|wascc:keyvalue|Set|83${k}a576616c7565a176a7657870697265733c`,
    replies: [['81a576616c7565a176', 'a176']],
  },
  {
    method: 'keyvalue.add',
    sends: `shelf|wascc:keyvalue|Add|82${k}a576616c7565fd`,
    replies: [
      ['81a576616c7565d280000000', 'd280000000'],
      ['82a178c0a576616c7565ce7fffffff', 'ce7fffffff'],
    ],
  },
  {
    method: 'keyvalue.del',
    sends: `shelf|wascc:keyvalue|Del|81${k}`,
    replies: [[`81${k}`, 'a16b']],
  },
  {
    method: 'keyvalue.clear',
    sends: `shelf|wascc:keyvalue|Clear|81${k}`,
    replies: [[`81${k}`, 'a16b']],
  },
  {
    method: 'keyvalue.push',
    sends: `shelf|wascc:keyvalue|Push|${keyAndValue}`,
    replies: newCount,
  },
  {
    method: 'keyvalue.range',
    sends: `shelf|wascc:keyvalue|Range|83${k}a5737461727400a473746f70ff`,
    replies: values,
  },
  {
    method: 'keyvalue.listItemDelete',
    sends: `shelf|wascc:keyvalue|ListItemDelete|${keyAndValue}`,
    replies: newCount,
  },
  {
    method: 'keyvalue.setAdd',
    sends: `shelf|wascc:keyvalue|SetAdd|${keyAndValue}`,
    replies: newCount,
  },
  {
    method: 'keyvalue.setRemove',
    sends: `shelf|wascc:keyvalue|SetRemove|${keyAndValue}`,
    replies: newCount,
  },
  {
    method: 'keyvalue.setUnion',
    sends: 'shelf|wascc:keyvalue|SetUnion|81a46b65797392a16ba16c',
    replies: values,
  },
  {
    method: 'keyvalue.setIntersection',
    sends: 'shelf|wascc:keyvalue|SetIntersection|81a46b65797392a16ba16c',
    replies: values,
  },
  {
    method: 'keyvalue.setQuery',
    sends: `shelf|wascc:keyvalue|SetQuery|81${k}`,
    replies: values,
  },
  {
    method: 'keyvalue.exists',
    sends: `shelf|wascc:keyvalue|KeyExists|81${k}`,
    replies: [
      ['82a576616c7565a0a6657869737473c3', 'c3'],
      ['82a576616c7565a0a6657869737473c2', 'c2'],
    ],
  },
  ...['error', 'warn', 'info', 'debug', 'trace'].map((level, index) => ({
    method: `logging.${level}`,
    sends: log(index + 1),
    replies: [
      ['', 'c3'],
      ['c0', 'c3'],
    ] as const,
  })),
  {
    method: 'messaging.publish',
    sends:
      'wire|wascc:messaging|Publish|' +
      '83a77375626a656374a173a77265706c79546fa172a4626f6479c402ff00',
    replies: [['', 'c3']],
  },
  {
    method: 'messaging.request',
    sends:
      'wire|wascc:messaging|Request|' +
      '83a77375626a656374a173a4626f6479c402ff00a774696d656f7574cd07d0',
    replies: [
      ['c1ff00', 'c403c1ff00'],
      ['', 'c400'],
    ],
  },
  {
    method: 'http.get',
    sends: httpRequest('default', 'a3474554', 'ac687474703a2f2f682f3f713d', '80', 'c400'),
    replies: [
      [httpReply('cd0194', '81a476617279a161', 'c402ff00'), '96cd0194c2c402ff00a3efbfbda161c0'],
      [httpReply('ccc8', '80', 'c4026869'), '96ccc8c3c4026869a26869c0c0'],
      [httpReply('cd012c', 'c0', 'a26869'), '96cd012cc2c4026869a26869c0c0'],
    ],
  },
  {
    method: 'http.post',
    sends: httpRequest(
      'default',
      'a4504f5354',
      'a9687474703a2f2f682f',
      '81ac636f6e74656e742d74797065aa746578742f706c61696e',
      'c402c3a9',
    ),
    replies: [[httpReply('cccc', '81a178a0', 'c400'), '96ccccc3c400a0c0a0']],
  },
  {
    method: 'http.send',
    sends: httpRequest('api', 'a3505554', 'a9687474703a2f2f682f', '81a141a162', 'c402ff00'),
    replies: [[httpReply('ccc7', '80', 'c400'), '96ccc7c2c400a0c0c0']],
  },
  {
    method: 'events.write',
    sends:
      'log|wascc:eventstreams|WriteEvent|83a76576656e744964a0a673747265616da173' +
      'a676616c75657382a161a162a163a0',
    replies: [['81a76576656e744964a3312d30', 'a3312d30']],
  },
  {
    method: 'events.read',
    sends: `log|wascc:eventstreams|QueryStream|83a873747265616d4964a173a572616e6765c0${count(0)}`,
    replies: [
      ['81a66576656e747390', '90'],
      [
        `81a66576656e747392${event('a161a178')}${event('a162a178')}`,
        '96a3312d30a173a178a3312d30a173c0',
      ],
    ],
  },
  {
    method: 'events.readBetween',
    sends:
      'log|wascc:eventstreams|QueryStream|83a873747265616d4964a173' +
      `a572616e676582a76d696e54696d6501a76d617854696d65cd012c${count(2)}`,
    replies: [[`81a66576656e747391${event('a161a0')}`, '93a3312d30a173a0']],
  },
  {
    method: 'blobs.createContainer',
    sends: blobOp('CreateContainer', containerC),
    replies: [[containerC, 'a163']],
  },
  {
    method: 'blobs.list',
    sends: blobOp('ListObjects', containerC),
    replies: [
      ['81a5626c6f627390', '90'],
      [
        `81a5626c6f627392${blobB('05')}${blobB('ce00011170')}`,
        '9293a163a1620593a163a162ce00011170',
      ],
    ],
  },
  {
    method: 'blobs.info',
    sends: blobOp('GetObjectInfo', blobB('00')),
    replies: [
      [blobB('05'), '93a163a16205'],
      ['83a26964a0a9636f6e7461696e6572a0a86279746553697a6500', 'c0'],
    ],
  },
  ...(
    [
      ['removeContainer', 'RemoveContainer', containerC],
      ['remove', 'RemoveObject', blobB('00')],
      ['startUpload', 'StartUpload', part('00', 'ce00011170', 'ce00010000', 'c0', 'c400')],
      ['uploadPart', 'UploadChunk', part('01', '04', '02', 'c0', 'c402ff00')],
      [
        'startDownload',
        'StartDownload',
        `84a26964a162a9636f6e7461696e6572a163a96368756e6b53697a65ce00010000a7636f6e74657874a178`,
      ],
    ] as const
  ).map(([method, operation, payload]) => ({
    method: `blobs.${method}`,
    sends: blobOp(operation, payload),
    replies: [['', 'c3']] as const,
  })),
  {
    method: 'sql.execute',
    sends:
      'books|wascc:sqldb|Execute|82a373716ca173aa706172616d6574657273' +
      '96a2c3a9ffcb3ff0000000000000c3c402ff00c0',
    replies: [
      ['81ac726f7773416666656374656407', '07'],
      ['82ac726f7773416666656374656400a56572726f72c0', '00'],
      [sqlError('ac726f7773416666656374656400'), 'a53233353035'],
    ],
  },
  {
    method: 'sql.query',
    sends: 'books|wascc:sqldb|Query|82a373716ca171aa706172616d657465727390',
    replies: [
      [sqlReply('90'), '91a161'],
      // A text of digits, an integer, a float, nil, true, bytes, and an array of an array.
      [
        sqlReply('9197a23432ffcb3ff8000000000000c0c3c402686991' + '91a178'),
        '92a16197' +
          '96c2a234322acb4045000000000000c2c400' +
          '96c2a22d31ffcbbff0000000000000c3c400' +
          '96c2a3312e3501cb3ff8000000000000c3c400' +
          '96c3a000cb0000000000000000c2c400' +
          '96c2a47472756501cb3ff0000000000000c3c400' +
          '96c2a2686900cb0000000000000000c2c4026869' +
          '919196c2a17800cb7ff8000000000000c2c400',
      ],
      [sqlError('a7636f6c756d6e7390a4726f777390'), 'a53233353035'],
    ],
  },
  {
    method: 'extras.guid',
    sends: extras('RequestGuid', 'c3c2c2', '0000'),
    replies: [['81a467756964a161', 'a161']],
  },
  {
    method: 'extras.random',
    sends: extras('RequestRandom', 'c2c2c3', '0107'),
    replies: [['81ac72616e646f6d4e756d626572ceffffffff', 'ceffffffff']],
  },
  {
    method: 'extras.sequence',
    sends: extras('RequestSequence', 'c2c3c2', '0000'),
    replies: [['81ae73657175656e63654e756d626572cfffffffffffffffff', 'cfffffffffffffffff']],
  },
]

for (const { method, sends, replies } of cases) {
  const name = Buffer.concat([Buffer.from([0xa0 | method.length]), Buffer.from(method)])

  test(`${method} - sends what waSCC sent, and reads the reply`, (t) => {
    const guest = new BareGuest(wasm)
    for (const [reply, gives] of replies) {
      guest.host = () => Buffer.from(reply, 'hex')
      t.is(answer(guest.call('Call', name)), gives)
    }

    const sent = guest.hostCalls.map(
      (call) => `${call.link}|${call.namespace}|${call.operation}|${call.payload}`,
    )
    t.deepEqual(sent, Array<string>(replies.length).fill(sends))
  })

  test(`${method} - gives the host's error as a value`, (t) => {
    const guest = new BareGuest(wasm)
    guest.host = () => {
      throw new Error('the shelf is gone')
    }

    t.is(refusal(guest.call('Call', name)), 'the shelf is gone')
  })

  // These take any reply.
  if (method.startsWith('logging') || method.startsWith('messaging')) continue
  if (replies[0]?.[0] === '') continue
  test(`${method} - gives an error for a reply cut short`, (t) => {
    const guest = new BareGuest(wasm)
    const [reply] = replies[0]!
    const operation = sends.split('|')[2]
    t.true(reply.length > 0)
    for (let length = 0; length < reply.length / 2; length++) {
      guest.host = () => Buffer.from(reply, 'hex').subarray(0, length)
      t.regex(refusal(guest.call('Call', name)), new RegExp(`^malformed reply to ${operation}: `))
    }
  })
}

test('callActor - sends its payload bare, and gives the response bare', (t) => {
  const guest = new BareGuest(wasm)
  guest.host = () => Buffer.from('c1', 'hex')

  t.is(answer(guest.call('CallActor', 'a24d58')), 'c401c1')
  t.deepEqual(guest.hostCalls, [
    { link: 'default', namespace: 'MX', operation: 'Ping', payload: '' },
  ])
})

test('handleMessage - takes a message, and answers with nil', (t) => {
  const guest = new BareGuest(wasm)
  const message = '83a77375626a656374a173a77265706c79546fa172a4626f6479c40101'

  t.is(answer(guest.call('DeliverMessage', message)), 'c0')
  t.is(guest.hostCalls[0]?.payload, '83a77375626a656374a172a77265706c79546fa173a4626f6479c40101')
  t.is(
    refusal(guest.call('DeliverMessage', '81a4626f6479c40101')),
    'malformed DeliverMessage: no field "subject" at byte 9',
  )
})

test('handleEvent - takes an event, and answers with nil', (t) => {
  const guest = new BareGuest(wasm)
  guest.host = () => Buffer.from('81a76576656e744964a131', 'hex')

  t.is(answer(guest.call('DeliverEvent', event('a161a178'))), 'c0')
  t.is(
    guest.hostCalls[0]?.payload,
    '83a76576656e744964a0a673747265616da4636f7079a676616c75657381a57320312d30a178',
  )
})

test('upload - sends a blob in parts, and ends with the first that fails', (t) => {
  const guest = new BareGuest(wasm)
  guest.host = () => Buffer.alloc(0)
  const upload = Buffer.from(`\xacblobs.upload`, 'latin1')

  t.is(answer(guest.call('Call', upload)), 'c3')
  t.deepEqual(
    guest.hostCalls.map(({ operation, payload }) => [operation, payload.length / 2]),
    [
      ['StartUpload', 83],
      ['UploadChunk', 262_230],
      ['UploadChunk', 84],
    ],
  )
  guest.host = ({ operation }) => {
    if (operation === 'UploadChunk') throw new Error('the vault is full')
    return Buffer.alloc(0)
  }
  t.is(refusal(guest.call('Call', upload)), 'the vault is full')
  t.is(guest.hostCalls.length, 5)
})

test('handleChunk - takes a part, and answers with nil', (t) => {
  const guest = new BareGuest(wasm)
  guest.host = () => Buffer.alloc(0)

  t.is(answer(guest.call('ReceiveChunk', part('01', '05', '04', 'a178', 'c40109'))), 'c0')
  t.is(answer(guest.call('ReceiveChunk', part('00', '05', '04', 'c0', 'c40401020304'))), 'c0')
  const ids = guest.hostCalls.map(({ payload }) => Buffer.from(payload, 'hex').toString('latin1'))
  t.regex(ids[0] ?? '', /b 1 5 4 x last/)
  t.regex(ids[1] ?? '', /b 0 5 4 .totalBytes/)
  t.is(
    refusal(guest.call('ReceiveChunk', '81a26964a162')),
    'malformed ReceiveChunk: no field "container" at byte 6',
  )
})
