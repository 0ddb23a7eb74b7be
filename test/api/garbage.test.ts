// SPDX-License-Identifier: Apache-2.0
// Anything, sent to every route that the node names and to every command: it answers, it says no in
// an orderly way, and it lives on.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { commands, send, type Reply } from './lib/api.ts'
import { BareNode } from './lib/node.ts'

let node: BareNode
let routes: Array<[string, string]>
before(async () => {
  node = await BareNode.start({ ALLOWED_ADMINS: `["0x${'99'.repeat(20)}"]` })
  const root = JSON.parse((await send(`${node.url}/`, 'GET')).text) as { serviceEndpoints: Record<string, [string, string]> }
  routes = Object.values(root.serviceEndpoints)
})
after(async () => {
  assert.equal((await send(`${node.url}/`, 'GET')).status, 200)
  assert.doesNotMatch(node.program.output, / broken /)
  const status = await node.program.stop()
  await node.stop()
  assert.equal(status, 0)
})

const deep = (n: number): string => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`
const names = [...new Set(commands.flatMap((c) => c.fields.map((f) => f.name)))]
/** Every field that any command knows, with the same value. */
const all = (value: unknown): string => JSON.stringify(Object.fromEntries(names.map((n) => [n, value])))

const bodies: Array<string | Buffer> = [
  '', '{}', '[]', 'null', 'true', '0', '"x"', '[[[]]]', '{', '}', '{"a"}', deep(50), deep(100_000), '['.repeat(200_000), '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":1},"toString":1,"length":-1}', '{"a":1e999,"b":-1e999,"c":1e-999}', '{"\\ud800":"\\udfff"}', '{"a":"\\u0000"}',
  `{"a":"${'x'.repeat(1_000_000)}"}`, `{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":${i}`).join(',')}}`, '{"a":1,"a":2,"a":{}}',
  Buffer.from([0xff, 0xfe, 0, 1, 2, 3]), Buffer.alloc(100_000, 0x80), Buffer.from('\ufeff{}'),
  ...[null, '', 'x', '0x', '%s%n%s', '../../etc/passwd', '\u0000', -1, 0, 1, 1e308, 0.5, true, [], [[]], {}, [{}], [null], { a: { b: [] } }, '0'.repeat(5000),
    `0x${'f'.repeat(64)}`, `0x${'a1'.repeat(20)}`, '9223372036854775808', '-9223372036854775808', ' '].map(all)
]
const queries = ['', '?', '?=', '?&&&', '?a', `?${names.map((n) => `${n}=`).join('&')}`, `?${names.map((n) => `${n}=x&${n}=y`).join('&')}`,
  `?${names.map((n) => `${n}[]=x`).join('&')}`, `?${names.map((n) => `${n}[a][b][c][d][e][f][g]=x`).join('&')}`, '?a]=1&[=2&[]=3&a[=4', '?%=%&%zz=%f',
  `?${names.map((n) => `${n}=%F0%9F%92%A9`).join('&')}`, `?${names.map((n) => `${n}=99999999999999999999999`).join('&')}`,
  `?${names.map((n) => `${n}=${encodeURIComponent('{"a":[1]}')}`).join('&')}`, `?${'a=b&'.repeat(3000)}`]
const segments = ['x', ':id', '0', '-1', '%2e%2e', '%2F', '%F0%9F%92%A9', 'x'.repeat(3000), 'null', 'did:op:', '%25s%25n']
const types = ['application/json', 'application/octet-stream', 'text/plain', 'multipart/form-data; boundary=x', 'application/json; charset=utf-16', '']

/** An answer that a node in its right mind gives. */
function isSane(r: Reply, what: string): void {
  assert.ok(r.status >= 200 && r.status < 600, what)
  assert.ok(r.status !== 500 || r.text !== 'Internal Server Error', `${what}: ${r.text}`)
  assert.ok(r.status < 400 || r.text.length < 100_000, `${what}: an error of ${r.text.length} bytes`)
}

async function each<T>(list: T[], fn: (x: T) => Promise<void>): Promise<void> {
  const rest = [...list]
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let x = rest.shift(); x !== undefined; x = rest.shift()) await fn(x)
  }))
}
const path = (p: string, segment = 'x'): string => p.replace(/:\w+\??/g, segment)

describe('every route', () => {
  test('takes any body', async () => {
    const mix = routes.flatMap(([method, p]) => bodies.map((body, i) => ({ method, p, body, type: types[i % 7 ? 0 : i % types.length] as string })))
    await each(mix, async ({ method, p, body, type }) => {
      const r = await send(node.url + path(p), method, body, type ? { 'content-type': type } : {})
        .catch((e: Error & { code?: string }) => {
          if (e.code === 'ECONNRESET' || e.code === 'EPIPE') return null // refused while it was being sent
          throw e
        })
      if (r) isSane(r, `${method} ${p} ${typeof body === 'string' ? body.slice(0, 60) : 'bytes'}`)
    })
  })

  test('takes any query', async () => {
    await each(routes.flatMap(([method, p]) => queries.map((q) => ({ method, p, q }))), async ({ method, p, q }) => {
      isSane(await send(node.url + path(p) + q, method, ['POST', 'PATCH'].includes(method) ? '{}' : undefined, { 'content-type': 'application/json' }), `${p}${q.slice(0, 60)}`)
    })
  })

  test('takes any path, method and token', async () => {
    await each(routes.flatMap(([method, p]) => segments.map((s) => ({ method, p, s }))), async ({ method, p, s }) => {
      isSane(await send(node.url + path(p, s), method, undefined, { authorization: s }), `${method} ${p} ${s}`)
      isSane(await send(`${node.url + path(p, s)}/${s}`, method), `${method} ${p}/${s}`)
      for (const other of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']) {
        isSane(await send(node.url + path(p, 'x'), other), `${other} ${p}`)
      }
    })
  })

  test('takes tokens of every kind', async () => {
    const jwt = (header: string, claims: string): string => `${Buffer.from(header).toString('base64url')}.${Buffer.from(claims).toString('base64url')}.x`
    const tokens = ['x', '.', '..', '...', 'a.b.c', 'x'.repeat(10_000), 'Bearer x', jwt('{"alg":"none"}', '{"address":"0x1"}'), jwt('{', '['), jwt('[]', 'null'),
      jwt('{"alg":"HS256","typ":"JWT"}', `{"address":"0x${'a1'.repeat(20)}","validUntil":1e999}`), '\u00e9']
    await each(routes.flatMap(([method, p]) => tokens.map((token) => ({ method, p, token }))), async ({ method, p, token }) => {
      isSane(await send(node.url + path(p), method, ['POST', 'PATCH'].includes(method) ? all('x') : undefined,
        { authorization: token, 'content-type': 'application/json' }), `${p} ${token.slice(0, 30)}`)
    })
  })
})

test('every command takes anything', async () => {
  const objects = bodies.map(String).filter((b) => b.startsWith('{"'))
  const known = commands.map((c) => c.command)
  await each(known.flatMap((command) => objects.map((b) => ({ command, b }))), async ({ command, b }) => {
    const r = await send(`${node.url}/directCommand`, 'POST', `{"command":"${command}",${b.slice(1)}`, { 'content-type': 'application/json' })
    isSane(r, `${command} ${b.slice(0, 60)}`)
  })
})

test('POST /log/:id does not end the node', async () => {
  for (const id of ['x', '1', ':id', '%00', '-1']) {
    for (const body of ['{}', '', '[]', '{"logId":{}}', '{"signature":"0x","nonce":"1","address":"x"}', all('x'), all(null)]) {
      const r = await send(`${node.url}/log/${id}`, 'POST', body, { 'content-type': 'application/json' })
      assert.ok(r.status >= 400 && r.status < 500, `${id} ${body}: ${r.status} ${r.text}`)
    }
  }
  assert.equal((await send(`${node.url}/`, 'GET')).status, 200)
})
