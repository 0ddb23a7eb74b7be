// SPDX-License-Identifier: Apache-2.0
// Every field of every command, through every way in: absent, of a wrong type, out of range. And
// bodies that are none. Made from api/*.json, so a new command is tested when it is described.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ask, commands, doorsOf, errorText, errors, pattern, placeOf, send, type Args, type Door, type Field, type Reply } from './lib/api.ts'
import { BareNode } from './lib/node.ts'

let node: BareNode
before(async () => { node = await BareNode.start() })
after(async () => {
  assert.doesNotMatch(node.program.output, / broken /)
  await node.stop()
})

const address = `0x${'a1'.repeat(20)}`

function refuses(door: Door, r: Reply, name: string, says: Array<string | RegExp>): void {
  const e = errors.get(name)
  assert.ok(e, name)
  assert.equal(r.status, e.status, `${door.name}: ${r.status} ${r.text}`)
  const text = errorText(door, r)
  assert.ok(text !== null, `${door.name}: ${r.type} ${r.text}`)
  assert.match(text, pattern(e, says), door.name)
}

function good(f: Field): unknown {
  switch (f.type) {
    case 'address': return address
    case 'int':
    case 'number': return Math.max(f.min ?? 1, Math.min(1, f.max ?? 1))
    case 'bool': return true
    case 'object': return {}
    case 'array':
    case 'strings': return ['a', 'b']
    case 'json': return 'x'
    default: return '1'
  }
}

/** Values that a field must not take at a place, each with what is said about it. */
function bad(f: Field, place: string, mapped: boolean): Array<[unknown, string]> {
  const twice = ['a', 'b'] // in a query: a repeated parameter
  const out: Array<[unknown, string]> = []
  const lists = place === 'body' || (place === 'query' && !mapped) // of a mapped one the first counts
  if (f.type === 'string' && lists) out.push([place === 'body' ? 5 : twice, 'it must be a text'])
  if (f.type === 'text' && lists) out.push([place === 'body' ? true : twice, 'it must be a text'])
  if (f.type === 'string' && place === 'body') out.push(['a\0b', 'it must not hold a NUL character'])
  if ((f.type === 'string' || f.type === 'text') && f.max_len) out.push(['x'.repeat(f.max_len + 1), 'it is too long'])
  if (f.type === 'int') out.push(['x', 'it must be an integer'], [(f.min ?? 0) + 0.5, 'it must be an integer'])
  if (f.type === 'number') out.push(['x', 'it must be a number'])
  if (f.type === 'int' || f.type === 'number') {
    if (f.min !== undefined) out.push([f.min - 1, 'it is out of range'])
    out.push([f.max !== undefined ? f.max + 1 : 1e300, 'it is out of range'])
  }
  if (f.type === 'bool') out.push(['maybe', 'it must be true or false'])
  if (f.type === 'object') out.push(['x', 'it must be an object'])
  if (f.type === 'array' || f.type === 'strings') out.push(['x', 'it must be an array'])
  if (f.type === 'strings' && place === 'body') out.push([[5], 'it must be an array of texts'])
  return out
}

/** All fields that the door requires, each with a good value. */
const least = (door: Door): Args => Object.fromEntries(door.command.fields
  .filter((f) => f.required || door.route?.missing?.[f.name]).map((f) => [f.name, good(f)]))
const raw = (door: Door): { raw?: string } => door.input === 'raw' ? { raw: 'x' } : {}

for (const command of commands) {
  const required = command.fields.filter((f) => f.required).map((f) => f.name).join(',')
  for (const door of doorsOf(command)) {
    if (!command.fields.length) continue
    describe(`${command.command} by ${door.name}`, () => {
      for (const f of command.fields) {
        const [place, where] = placeOf(door, f.name)
        const whole = place === 'body' && !where
        if (place === 'body' && !whole && Object.values(door.route?.map ?? {}).includes('body')) continue // no room beside it

        if (f.required && place !== 'path') {
          test(`without ${f.name}`, async () => {
            const special = door.route?.missing?.[f.name]
            for (const value of [undefined, null]) {
              if (value === null && (place !== 'body' || whole)) continue
              const r = await ask(node.url, door, { args: { ...least(door), [f.name]: value }, ...raw(door), ...(whole ? { raw: '' } : {}) })
              if (whole && door.route?.empty_body) refuses(door, r, door.route.empty_body, [])
              else if (special) refuses(door, r, special, [])
              else refuses(door, r, 'MISSING_FIELD', [f.name, command.command, required])
            }
          })
        }

        const wrong = bad(f, place, Boolean(door.route?.map?.[f.name])).filter(([v]) => !whole || typeof v !== 'string')
        if (wrong.length || f.type === 'address') {
          test(`with a wrong ${f.name}`, async () => {
            for (const [value, what] of wrong) {
              const r = await ask(node.url, door, { args: { ...least(door), [f.name]: value }, ...raw(door) })
              refuses(door, r, 'ARGUMENT', [f.name, command.command, what])
            }
            for (const value of f.type === 'address' ? ['x', '0x12', `${address}00`, address.replace('a', 'g')] : []) {
              const r = await ask(node.url, door, { args: { ...least(door), [f.name]: value }, ...raw(door) })
              refuses(door, r, 'NOT_AN_ADDRESS', [f.name])
            }
          })
        }
      }
    })
  }
}

describe('bodies', () => {
  const routes = commands.flatMap(doorsOf).filter((d) => d.route)
  const url = (d: Door): string => node.url + (d.route?.path ?? '').replace(/:\w+\??/g, 'x')
  const json = { 'content-type': 'application/json' }

  test('that are no JSON', async () => {
    for (const door of routes.filter((d) => d.input === 'body')) {
      for (const body of ['{', '{"a":1}x', 'nonsense', '{"a":"\\ud8"}', '[1,]', '\xff']) {
        refuses(door, await send(url(door), door.route?.method ?? '', body, json), 'BODY_MALFORMED', [/.+/])
      }
    }
  })

  test('that are absent', async () => {
    for (const door of routes.filter((d) => d.route?.empty_body)) {
      refuses(door, await send(url(door), door.route?.method ?? '', '', json), String(door.route?.empty_body), [])
    }
  })

  test('of /directCommand', async () => {
    const door: Door = { command: { command: '', fields: [], routes: [] }, route: null, name: 'directCommand', input: 'body' }
    const post = (body: string): Promise<Reply> => send(`${node.url}/directCommand`, 'POST', body, json)
    refuses(door, await post(''), 'MISSING_BODY', [])
    refuses(door, await post('{'), 'BODY_MALFORMED', [/.+/])
    for (const body of ['{}', '[]', 'null', '"status"', '5', '{"command":null}', '{"command":""}', '{"command":0}', '{"command":{}}']) {
      refuses(door, await post(body), 'COMMAND_MANDATORY', [])
    }
    refuses(door, await post('{"command":5}'), 'COMMAND_UNKNOWN', ['5'])
    for (const name of ['none', 'STATUS', 'root', '__proto__', 'a"b', '%s%n', 'x'.repeat(300)]) {
      refuses(door, await post(JSON.stringify({ command: name })), 'COMMAND_UNKNOWN', [/.+/])
    }
  })

  test('that are too large', async () => {
    for (const door of routes.filter((d) => d.route?.method !== 'GET')) {
      const r = await new Promise<Reply>((resolve, reject) => {
        // the length alone is refused, before a byte of it
        send(url(door), door.route?.method ?? '', undefined, { ...json, 'content-length': '99999999999', expect: '100-continue' })
          .then(resolve, reject)
      })
      if (r.status === 413) refuses({ ...door, route: { ...door.route, errors: 'text' } as never }, r, 'BODY_TOO_LARGE', [/\d+/])
      else assert.ok(r.status >= 400 && r.status < 500, `${door.name}: ${r.status}`)
    }
  })
})
