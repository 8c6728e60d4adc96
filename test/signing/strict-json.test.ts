import test from 'ava'
import { parseStrictJson } from '../../signing/strict-json.ts'

const accepted: string[] = [
  'null',
  'true',
  'false',
  '0',
  '-0.5e+2',
  '1E3',
  '123456789012345678',
  '""',
  '"\\u00e9\\ud83d\\ude00\\"\\\\\\/\\b\\f\\n\\r\\t"',
  '"é😀\u007f"',
  '[]',
  '[ ]',
  '[1,[2,[3]],{}]',
  '{}',
  ' \t\r\n{ "a" : 1 , "b" : [ null ] }\n',
  '{"constructor":1,"toString":2,"hasOwnProperty":3}',
  `${'['.repeat(64)}${']'.repeat(64)}`,
]

for (const text of accepted)
  test(`parseStrictJson - reads ${text.slice(0, 60)} as JSON.parse does`, (t) => {
    t.is(JSON.stringify(parseStrictJson(text)), JSON.stringify(JSON.parse(text)))
  })

test('parseStrictJson - makes objects without a prototype', (t) => {
  t.is(Object.getPrototypeOf(parseStrictJson('{"a":{}}')), null)
})

const refused: [why: string, text: string, reason: RegExp][] = [
  ['nothing', '', /^expected a value at character 0$/u],
  ['only space', '  ', /^expected a value/u],
  ['a key twice', '{"a":1,"a":2}', /^the key "a" twice/u],
  ['a key twice, once escaped', '{"a":1,"\\u0061":2}', /^the key "a" twice/u],
  ['a key twice, nested', '[{"b":{"a":1,"c":2,"a":1}}]', /^the key "a" twice/u],
  ['the key __proto__', '{"__proto__":{}}', /^the key "__proto__"/u],
  ['the key __proto__, escaped', '{"\\u005f_proto__":1}', /^the key "__proto__"/u],
  ['a comma at the end of a list', '[1,]', /^expected a value/u],
  ['a comma at the end of an object', '{"a":1,}', /^expected a string/u],
  ['two commas', '[1,,2]', /^expected a value/u],
  ['no comma', '[1 2]', /^expected ,/u],
  ['no colon', '{"a" 1}', /^expected :/u],
  ['a comment', '{/**/"a":1}', /^expected a string/u],
  ['single quotes', "{'a':1}", /^expected a string/u],
  ['a bare key', '{a:1}', /^expected a string/u],
  ['an open object', '{"a":1', /^expected ,/u],
  ['an open list', '[[]', /^expected ,/u],
  ['an open string', '"abc', /^expected a string/u],
  ['a stray bracket', '[]]', /^text after the value/u],
  ['a second value', '{} {}', /^text after the value/u],
  ['NUL behind', '{}\u0000', /^text after the value/u],
  ['a byte order mark', '\ufeff{}', /^expected a value/u],
  ['a no-break space', '\u00a0{}', /^expected a value/u],
  ['NaN', 'NaN', /^expected a value/u],
  ['Infinity', '[Infinity]', /^expected a value/u],
  ['a number out of range', '1e400', /^a number out of range/u],
  ['a leading zero', '01', /^text after the value/u],
  ['a plus', '+1', /^expected a value/u],
  ['a bare point', '.5', /^expected a value/u],
  ['a point with nothing behind', '1.', /^text after the value/u],
  ['hexadecimal', '0x10', /^text after the value/u],
  ['a lone minus', '-', /^expected a value/u],
  ['a capital literal', 'True', /^expected a value/u],
  ['a literal cut short', 'nul', /^expected a value/u],
  ['undefined', 'undefined', /^expected a value/u],
  ['a control character in a string', '"\u0001"', /^expected a string/u],
  ['a raw newline in a string', '"\n"', /^expected a string/u],
  ['an unknown escape', '"\\x41"', /^expected a string/u],
  ['a short escape', '"\\u12"', /^expected a string/u],
  ['a lone surrogate, escaped', '"\\ud800"', /^a lone surrogate/u],
  ['a lone surrogate, raw', '"\ud800"', /^a lone surrogate/u],
  ['a lone surrogate in a key', '{"\\udc00":1}', /^a lone surrogate/u],
  ['lists too deep', `${'['.repeat(66)}${']'.repeat(66)}`, /^deeper than 64/u],
  ['objects without end', '{"a":'.repeat(20_000), /^deeper than 64/u],
]

for (const [why, text, reason] of refused)
  test(`parseStrictJson - refuses ${why}`, (t) => {
    const error = t.throws(() => parseStrictJson(text), { instanceOf: SyntaxError })
    t.regex(error.message, reason)
  })
