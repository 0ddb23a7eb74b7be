// SPDX-License-Identifier: Apache-2.0
// Writes test/unit/vectors/json.json: texts, and what JSON.stringify(JSON.parse(text)) makes of
// them (null: JSON.parse refuses the text). Run: node test/vectors/json.mjs
import { writeFileSync } from 'node:fs'

// Deterministic, so that the file changes only when this script does.
let seed = 12345n
const random = () => {
  seed = (seed * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn
  return Number(seed >> 33n)
}
const pick = (list) => list[random() % list.length]

const texts = []
// Numbers
texts.push(...`0 -0 1 -1 0.0 -0.0 1.0 10 1e0 1E5 1e+5 1e-5 1e-6 1e-7 0.000001 0.0000001 1e20 1e21 1e22
  123456789012345680000 1234567890123456800000 9007199254740991 9007199254740992 9007199254740993
  9007199254740995 -9007199254740993 12345678901234567890 18446744073709551615 1.10 0.1 0.2 0.3
  0.30000000000000004 1.7976931348623157e308 1.7976931348623159e308 1e308 1e309 -1e309 5e-324 4.9e-324
  2e-324 2.4703282292062328e-324 2.2250738585072014e-308 2.2250738585072011e-308 1e999999999999 1e-999999999999
  0e999999 123e-2 123e2 1.5e300 3.141592653589793 2.718281828459045 100 1000000 4.35 0.000035 8.41e21
  9.5e-7 123.456e-10 5e-7 1e15 1e16 1e17 999999999999999 999999999999999.9 99999999999999.99 0.1234567890123456
  1234567.891 1.005 2.675 1e23 8.5e22 9007199254740993e1 4503599627370497.5 4503599627370496.5 0.5 0.25 0.125
  1e-10 1.1e-10 12e-8 9.999999999999999e22 179769313486231580793728971405301e276 1.00000000000000011102230246251565
  1.0000000000000001110223024625156540423631668090820313 1.00000000000000011102230246251566
  0.1e1 10e-1 1e00 1e+00 1e-00 1e01`.split(/\s+/))
texts.push('1' + '0'.repeat(400), '0.' + '0'.repeat(400) + '1', '1.' + '3'.repeat(800), '0.' + '0'.repeat(320) + '1e320')
const view = new DataView(new ArrayBuffer(8))
for (let i = 0; i < 120; i++) {
  view.setUint32(0, random() * 2 + (i & 1))
  view.setUint32(4, random() * 2 + (i & 1))
  const v = view.getFloat64(0)
  if (Number.isFinite(v)) texts.push(String(v), v.toExponential(20), v.toPrecision(17))
}
for (let i = 0; i < 60; i++) texts.push(String(random() / 10 ** (random() % 16)), (random() * random() / 1000).toFixed(random() % 9))
texts.push(`[${Array.from({ length: 2098 }, (_, i) => 2 ** (i - 1074))}]`)
texts.push(`[${Array.from({ length: 648 }, (_, i) => `1e${i - 324}`)}]`)
// Not numbers
texts.push(...['01', '-01', '1.', '.5', '+1', '-', '1e', '1e+', '0x10', 'NaN', 'Infinity', '-Infinity', '1_000', '1.e5', '--1', '1.2.3', '00'])
// Strings
const s = (x) => texts.push(`"${x}"`)
for (const x of ['', 'a', 'é', '日本語', '😀', '\\ud83d\\ude00', '\\uD83D\\uDE00', '\\ud83d', '\\ude00', '\\ude00\\ud83d', 'x\\ud83dy',
  '\\ud83d\\n', '\\ud83d\\ud83d\\ude00', '\\ud83d\\u0041', '\\udfff', '\\ud800', '\\ud7ff\\ue000', '\\u0000', 'a\\u0000b', '\\u001f', '\\u007f',
  '\u007f', '\\u2028\\u2029', '\u2028', '\\b\\f\\n\\r\\t\\"\\\\\\/', '/', '\\u000b', '\\u0008', '\\u00e9', '\\uFFFF', '\\ufeff', '\\u0041\\u00FF',
  'twelve chars', '0123456789abcdef0123456789abcdef', '0123456789abcdef\\n0123456789', '1234567\\"', '12345678\\"', 'x'.repeat(1000),
  '\u{10ffff}', '\u0080', '\u07ff', '\u0800', '\uffff', '<script>', '\\u003c']) s(x)
for (let c = 0; c < 32; c++) s('\\u' + c.toString(16).padStart(4, '0'))
texts.push(...['"', '"\\', '"\\"', '"\\x41"', '"\\u12"', '"\\u12g4"', '"\\ud83d\\u"', '"a\nb"', '"a\tb"', '"\u0000"', "'a'", '"a" "b"', '"\\a"', '"\\u 123"'])
// Keys and order
texts.push(...['{}', '[]', '[[]]', '[{}]', '{"a":{}}', '{"b":1,"a":2}', '{"2":1,"1":2}', '{"b":1,"10":2,"9":3,"a":4,"0":5}', '{"01":1,"1":2,"0":3,"-1":4,"1.5":5}',
  '{"4294967294":1,"4294967295":2,"4294967296":3,"0":4}', '{"4294967295":1,"4294967294":2}', '{"9007199254740993":1,"3":2}',
  '{"a":1,"a":2}', '{"a":1,"b":2,"a":3}', '{"1":1,"b":2,"1":3,"0":4}', '{"__proto__":1,"a":2}', '{"a":1,"__proto__":{"b":2}}', '{"constructor":1,"toString":2}',
  '{"":1}', '{"":1,"":2}', '{"\\u0000":1,"":2}', '{"a\\u0000b":1,"a":2}', '{"\\ud83d":1}', '{"\\u0061":1,"a":2}', '{"00":1,"0":2}', '{"1e3":1,"5":2}', '{" 1":1,"1":2}',
  '{"length":3,"0":1}', '{"99999999999":1,"7":2}', '{"4294967294":1,"12":2,"x":3,"11":4}'])
for (let i = 0; i < 40; i++) {
  const members = []
  for (let j = random() % 60; j >= 0; j--) members.push(`"${pick(['k', '', 'key', 'x'])}${random() % 40}":${random() % 100}`)
  texts.push(`{${members.join(',')}}`)
}
texts.push(...['{', '}', '[', ']', '{"a"}', '{"a":}', '{"a":1,}', '{,}', '{a:1}', "{'a':1}", '[1,]', '[,1]', '[1 2]', '{"a":1 "b":2}', '{"a" 1}', '[1}', '{"a":1]', '{1:2}',
  '{"a":1,,"b":2}', '[1,,2]', '{"a":1}}', '[]]', '[}'])
// Blanks and words
texts.push(...[' 1 ', '\t\n\r 1 \t\n\r', ' [ 1 , 2 ] ', '{ "a" : 1 , "b" : [ ] }', '', ' ', '\n', '\u00a01', '\ufeff1', '\v1', '\f1', '1\u0000', 'true', 'false', 'null', ' true',
  'True', 'tru', 'truee', 'nul', 'nulll', 'undefined', '[true,false,null]', 'true false', '//c\n1', '/*c*/1', '[1]//'])
// Nested, as documents are
const value = (depth) => {
  switch (random() % (depth > 5 ? 5 : 8)) {
    case 0: return String(random())
    case 1: return String(random() / 1000 - 1e6)
    case 2: return pick(['true', 'false', 'null'])
    case 3: return JSON.stringify('text ' + random() + pick(['', '\n', '"', 'ü', '€', '😀']))
    case 4: return (random() / 2 ** 31).toExponential(random() % 18)
    case 5: return `[${Array.from({ length: random() % 6 }, () => value(depth + 1)).join(' , ')}]`
    default: return `{${Array.from({ length: random() % 8 }, () => `"${pick(['id', 'name', 'x', 'services', ''])}${random() % 12}" : ${value(depth + 1)}`).join(', ')}}`
  }
}
for (let i = 0; i < 80; i++) texts.push(value(0))
texts.push('['.repeat(199) + ']'.repeat(199), '[' + 'null,'.repeat(500) + '1]')

const answer = (text) => {
  try { return JSON.stringify(JSON.parse(text)) } catch { return null }
}
const indented = texts.filter((t, i) => answer(t) !== null && /^[[{]/.test(t) && t.length < 1000 && i % 3 === 0)
  .map((t) => [t, JSON.stringify(JSON.parse(t), null, 2)])
const lines = texts.map((t) => JSON.stringify([t, answer(t)]))
writeFileSync(new URL('../unit/vectors/json.json', import.meta.url),
  `{"compact":[\n${lines.join(',\n')}\n],"indent2":[\n${indented.map((x) => JSON.stringify(x)).join(',\n')}\n]}\n`)
console.log(`${texts.length} texts, ${indented.length} indented`)
