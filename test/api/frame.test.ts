// SPDX-License-Identifier: Apache-2.0
// What the listener itself refuses, before any command: status, content type and text. And
// /openapi.json: valid, complete, and true of real answers.
import assert from 'node:assert/strict'
import { createConnection } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { commands, doorsOf, errors, listedAt, pattern, send, type Reply } from './lib/api.ts'
import { BareNode } from './lib/node.ts'

const nodes: BareNode[] = []
async function start(env: Record<string, string>): Promise<BareNode> {
  const n = await BareNode.start(env)
  nodes.push(n)
  return n
}
after(async () => { for (const n of nodes) await n.stop() })

function refuses(r: Reply, name: string, says: Array<string | number | RegExp> = []): void {
  const e = errors.get(name)
  assert.ok(e)
  assert.deepEqual([r.status, r.type], [e.status, 'text/plain; charset=utf-8'], r.text)
  assert.match(r.text, pattern(e, says))
}
const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address })

/** The answer to raw bytes, read to the end of the connection. */
function raw(port: number, bytes: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let text = ''
    const s = createConnection(port, '127.0.0.1', () => s.write(bytes, 'latin1'))
    s.setEncoding('utf8').on('data', (c: string) => { text += c }).on('error', reject).on('close', () => {
      const type = /\r\nContent-Type: ([^\r]*)\r\n/.exec(text)?.[1] ?? ''
      resolve({ status: Number(text.slice(9, 12)), text: text.split('\r\n\r\n')[1] ?? '', type, headers: {} })
    })
  })
}

describe('who may ask, and how often', () => {
  test('a client on the deny list', async () => {
    const n = await start({ RATE_DENY_LIST: '{"ips":["192.0.2.7","198.51.100.0/24"],"peers":[]}', TRUSTED_PROXIES: '["127.0.0.1"]' })
    for (const address of ['192.0.2.7', '198.51.100.200']) {
      for (const [method, path] of [['GET', '/'], ['POST', '/directCommand'], ['GET', '/no/such/route']] as const) {
        refuses(await send(n.url + path, method, undefined, from(address)), 'REQUEST_DENIED')
      }
      assert.equal((await send(n.url, 'OPTIONS', undefined, from(address))).status, 204, 'preflights are answered before')
    }
    assert.equal((await send(n.url, 'GET', undefined, from('192.0.2.8'))).status, 200)
  })

  test('requests of a client in a minute', async () => {
    const n = await start({ MAX_REQ_PER_MINUTE: '5', MAX_CONNECTIONS_PER_MINUTE: '100', TRUSTED_PROXIES: '["127.0.0.1"]' })
    for (let i = 0; i < 5; i++) assert.equal((await send(n.url, 'GET', undefined, from('192.0.2.1'))).status, 200)
    for (let i = 0; i < 3; i++) {
      const r = await send(n.url, 'GET', undefined, from('192.0.2.1'))
      refuses(r, 'RATE_LIMIT', [/[1-9]|[1-5]\d|60/])
      assert.equal((await send(n.url, 'OPTIONS', undefined, from('192.0.2.1'))).status, 204)
    }
    assert.equal((await send(n.url, 'GET', undefined, from('192.0.2.2'))).status, 200)
  })

  test('clients in a minute', async () => {
    const n = await start({ MAX_CONNECTIONS_PER_MINUTE: '3', TRUSTED_PROXIES: '["127.0.0.0/8"]' })
    for (const last of [1, 2, 3, 1]) assert.equal((await send(n.url, 'GET', undefined, from(`192.0.2.${last}`))).status, 200)
    refuses(await send(n.url, 'GET', undefined, from('192.0.2.4')), 'TOO_MANY_CLIENTS', [4, 3])
    assert.equal((await send(n.url, 'GET', undefined, from('192.0.2.3'))).status, 200)
  })

  test('a header of a stranger changes nothing', async () => {
    const n = await start({ MAX_REQ_PER_MINUTE: '3', MAX_CONNECTIONS_PER_MINUTE: '3' })
    for (let i = 0; i < 3; i++) assert.equal((await send(n.url, 'GET', undefined, from(`192.0.2.${i}`))).status, 200)
    refuses(await send(n.url, 'GET', undefined, from('192.0.2.9')), 'RATE_LIMIT', [/\d+/])
  })
})

describe('requests', () => {
  let n: BareNode
  before(async () => { n = await start({}) })

  test('that are none', async () => { refuses(await raw(n.port, 'GET / HTTP/1.1\r\n\r\n'), 'BAD_REQUEST') })
  test('with too much of a header', async () => {
    refuses(await raw(n.port, `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`), 'HEADERS_TOO_LARGE')
  })
  test('with too much of a body', async () => {
    const head = `POST /directCommand HTTP/1.1\r\nHost: x\r\nContent-Length: ${10 * 1048576 + 1}\r\n\r\n`
    refuses(await raw(n.port, head), 'BODY_TOO_LARGE', [10 * 1048576])
  })
  test('that do not come to an end', async () => {
    refuses(await raw(n.port, 'GET / HTTP/1.1\r\nHost: x\r\n'), 'REQUEST_TIMEOUT')
  })
  test('for a route that is none', async () => {
    for (const [method, path] of [['GET', '/no/such/route'], ['PUT', '/'], ['DELETE', '/api/services/encrypt'], ['HEAD', '/directCommand']] as const) {
      const r = await send(n.url + path, method)
      if (method === 'HEAD') assert.equal(r.status, 404)
      else refuses(r, 'ROUTE_UNKNOWN', [method, path])
    }
  })
})

describe('/openapi.json', () => {
  let n: BareNode
  let doc: any
  before(async () => {
    n = await start({})
    doc = JSON.parse((await send(`${n.url}/openapi.json`, 'GET')).text)
  })

  const find = (ref: string): unknown => ref.slice(2).split('/').reduce((v: any, key) => v?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], doc)
  function walk(v: unknown, see: (o: Record<string, unknown>) => void): void {
    if (typeof v !== 'object' || v === null) return
    if (!Array.isArray(v)) see(v as Record<string, unknown>)
    for (const x of Object.values(v)) walk(x, see)
  }

  test('is valid OpenAPI 3.1', async () => {
    const v = new Validator()
    const r = await v.validate(structuredClone(doc))
    assert.equal(v.version, '3.1')
    assert.ok(r.valid, JSON.stringify(r.errors))
    walk(doc, (o) => { if (typeof o.$ref === 'string') assert.ok(find(o.$ref), o.$ref) })
    const ids = Object.values(doc.paths).flatMap((p: any) => Object.values(p).map((op: any) => op.operationId as string))
    assert.deepEqual(ids.filter((id, i) => ids.indexOf(id) !== i), [])
    for (const [path, item] of Object.entries<any>(doc.paths)) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1])
      for (const op of Object.values<any>(item)) {
        assert.deepEqual((op.parameters ?? []).filter((x: any) => x.in === 'path').map((x: any) => x.name).sort(), wanted.sort(), path)
      }
    }
  })

  test('has every route that the node names, and every command', async () => {
    const root = JSON.parse((await send(n.url, 'GET')).text)
    for (const [method, path] of Object.values<[string, string]>(root.serviceEndpoints)) {
      const template = path.replace(/:(\w+)\??/g, '{$1}')
      assert.ok(doc.paths[template]?.[method.toLowerCase()], `${method} ${path}`)
    }
    for (const c of commands.filter((x) => x.direct !== false)) assert.ok(doc.components.schemas[c.command], c.command)
  })

  test('has every error of api/*.json with its status', () => {
    for (const door of commands.flatMap(doorsOf).filter((d) => d.route)) {
      const op = doc.paths[String(door.route?.path).replace(/:(\w+)\??/g, '{$1}')][String(door.route?.method).toLowerCase()]
      for (const name of listedAt(door)) {
        const content = Object.values<any>(op.responses[errors.get(name)?.status ?? 0]?.content ?? {})[0]
        assert.ok(content?.examples?.[name], `${door.name} ${name}`)
      }
    }
  })

  test('is true of real answers', async () => {
    const ajv = new Ajv2020({ strict: false })
    let checked = 0
    for (const [path, item] of Object.entries<any>(doc.paths)) {
      const op = item.get
      const content = op?.responses['200']?.content?.['application/json']
      if (!content?.schema || path.includes('{')) continue
      const query = (op.parameters ?? []).filter((x: any) => x.required).map((x: any) => `${x.name}=0x${'a1'.repeat(20)}`).join('&')
      const r = await send(`${n.url}${path}?${query}`, 'GET')
      if (r.status !== 200) continue
      assert.match(r.type, /^application\/json/)
      assert.ok(ajv.validate(content.schema, JSON.parse(r.text)), `${path}: ${ajv.errorsText()}`)
      checked++
    }
    for (const c of commands.filter((x) => x.direct !== false && x.example)) {
      assert.ok(ajv.validate(doc.components.schemas[c.command], c.example), `the example of ${c.command}: ${ajv.errorsText()}`)
      const r = await send(`${n.url}/directCommand`, 'POST', JSON.stringify(c.example), { 'content-type': 'application/json' })
      assert.notEqual(r.status, 501)
      const schema = c.reply_direct ? c.reply_direct.schema : c.reply_schema
      if (r.status !== 200 || !schema) continue
      assert.ok(ajv.validate(schema, JSON.parse(r.text)), `${c.command}: ${ajv.errorsText()}`)
      checked++
    }
    assert.ok(checked >= 5, `only ${checked} answers were checked`)
  })
})
