// SPDX-License-Identifier: Apache-2.0
// The page as files: how it is served, packed, cached and guarded, and that it stays small.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { send } from '../api/lib/api.ts'
import { BareNode } from '../api/lib/node.ts'

let node: BareNode
let base: string
let html: string
let assets: string[]

before(async () => {
  node = new BareNode()
  await node.launch({ MAX_REQ_PER_MINUTE: '3', MAX_PAGE_REQ_PER_MINUTE: '60' })
  await node.program.line(/listening on port/)
  base = `http://127.0.0.1:${node.port}`
  html = (await send(`${base}/marketplace/`, 'GET')).text
  assets = [...html.matchAll(/(?:src|href)="(\/marketplace\/assets\/[^"]+)"/g)].map((m) => m[1]!)
})
after(async () => { await node.stop() })

/** The bytes as sent, whatever they are packed in. */
async function raw(path: string, encoding?: string): Promise<{ bytes: Buffer; headers: Record<string, unknown> }> {
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    request(base + path, { headers: encoding ? { 'accept-encoding': encoding } : {} }, (res) => {
      const parts: Buffer[] = []
      res.on('data', (c: Buffer) => parts.push(c)).on('error', reject).on('end', () => resolve({ bytes: Buffer.concat(parts), headers: res.headers }))
    }).on('error', reject).end()
  })
}

describe('the page, as it is served', () => {
  test('is in this build, with a script and a style sheet of its own', () => {
    assert.match(html, /<div id="app">/, 'the notice stands in place of the page: web/ was not built')
    assert.ok(assets.some((a) => a.endsWith('.js')) && assets.some((a) => a.endsWith('.css')), assets.join())
  })

  test('/marketplace leads to /marketplace/', async () => {
    const r = await send(`${base}/marketplace`, 'GET')
    assert.equal(r.status, 301)
    assert.equal(r.headers.location, '/marketplace/')
  })

  test('nothing in it runs inline or comes from elsewhere', () => {
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/i)
    assert.deepEqual([...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((m) => m[1]).filter((u) => !u!.startsWith('/marketplace/')), [])
  })

  test('its policy allows its own files only', async () => {
    for (const path of ['/marketplace/', '/marketplace', ...assets]) {
      const { headers } = await send(base + path, 'GET')
      const policy = new Map(String(headers['content-security-policy']).split('; ').map((d) => [d.split(' ')[0], d.split(' ').slice(1).join(' ')]))
      assert.deepEqual(Object.fromEntries(policy), {
        'default-src': "'none'", 'script-src': "'self'", 'style-src': "'self'", 'connect-src': "'self'", 'img-src': "'self' data:",
        'frame-ancestors': "'none'", 'base-uri': "'none'", 'form-action': "'self'"
      }, path)
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['referrer-policy'], 'no-referrer')
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
    }
  })

  test('every form of a file unpacks to the same bytes', async () => {
    for (const path of ['/marketplace/', ...assets]) {
      const plain = await raw(path)
      const gzip = await raw(path, 'gzip')
      const brotli = await raw(path, 'gzip, deflate, br, zstd')
      assert.equal(plain.headers['content-encoding'], undefined)
      assert.equal(gzip.headers['content-encoding'], 'gzip')
      assert.equal(brotli.headers['content-encoding'], 'br')
      assert.equal(plain.headers.vary, 'Accept-Encoding')
      assert.deepEqual(gunzipSync(gzip.bytes), plain.bytes)
      assert.deepEqual(brotliDecompressSync(brotli.bytes), plain.bytes)
    }
  })

  test('what has a hash in its name is kept for ever, the page is asked for again', async () => {
    for (const path of assets) assert.match(String((await raw(path)).headers['cache-control']), /immutable/)
    const { headers } = await send(`${base}/marketplace/`, 'GET')
    assert.equal(headers['cache-control'], 'no-cache')
    const again = await send(`${base}/marketplace/`, 'GET', undefined, { 'if-none-match': String(headers.etag) })
    assert.equal(again.status, 304)
    assert.equal(again.text, '')
    assert.ok(again.headers['content-security-policy'])
  })

  test('HEAD is answered without a body', async () => {
    const r = await send(base + assets[0], 'HEAD')
    assert.equal(r.status, 200)
    assert.equal(r.text, '')
    assert.ok(Number(r.headers['content-length']) > 0)
  })

  test('there is nothing beside its files, and nothing else is done with them', async () => {
    for (const path of ['/marketplace/assets/', '/marketplace/index.html', '/marketplace/assets/../../etc/passwd', '/marketplace/%2e%2e/config'])
      assert.equal((await send(base + path, 'GET', undefined, { 'x-forwarded-for': '10.0.0.9' })).status, 404, path)
    assert.equal((await send(`${base}/marketplace/`, 'POST', '{}')).status, 404)
  })

  test('all of its JavaScript is less than 90 kB, gzipped', async () => {
    let size = 0
    for (const path of assets.filter((a) => a.endsWith('.js'))) {
      const { bytes } = await raw(path)
      size += gzipSync(bytes, { level: 9 }).length
      assert.doesNotMatch(bytes.toString(), /import\(["']/, 'another script is loaded that was not counted')
    }
    assert.ok(size > 5_000 && size < 90_000, `${size} bytes`)
  })

  test('its files and the API have budgets of their own', async () => {
    const statuses = []
    for (let i = 0; i < 5; i++) statuses.push((await send(`${base}/`, 'GET')).status)
    assert.ok(statuses.includes(429), `the node's own budget of 3 is used up: ${statuses.join()}`)
    assert.equal((await send(`${base}/marketplace/`, 'GET')).status, 200)
    assert.notEqual((await send(`${base}/auth/terms`, 'GET')).status, 429)
    for (let i = 0; i < 60; i++) await send(`${base}/marketplace`, 'GET')
    assert.equal((await send(`${base}/marketplace/`, 'GET')).status, 429)
    assert.notEqual((await send(`${base}/auth/terms`, 'GET')).status, 429)
  })
})
