// SPDX-License-Identifier: Apache-2.0
// The gateway's Caddy: killed and found again, missing, ended with the node; names that only this machine knows.
import assert from 'node:assert/strict'
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Gateway, Upstream } from './lib/gateway.ts'
import { BareNode } from './lib/node.ts'
import { until } from './lib/process.ts'
import { Session } from './lib/session.ts'

let g: Gateway
let up: Upstream
const HOST = 'blog.localhost'

/** Deployments are under localhost here: the gateway's own authority signs. */
before(async () => {
  g = await Gateway.start({ BASE_DOMAIN: 'localhost' })
  up = await Upstream.start('up')
  await g.route({ deployment: 'd', owner: 'u1', host: HOST, port: up.port })
})
after(async () => {
  up?.stop()
  await g?.stop()
})

const own = (): string => readFileSync(join(g.node.dir, 'node/gateway/storage/pki/authorities/local/root.crt'), 'utf8')
const ca = async (): Promise<string> => until('root of the gateway', () => { try { return own() } catch { return null } })

describe('names of this machine', () => {
  test('are signed by the gateway\'s own authority', async () => {
    const r = await g.served(HOST, 200, { ca: await ca() })
    assert.match(r.issuer, /^Caddy Local Authority/)
    const page = await g.ask('localhost', '/', { ca: own() })
    assert.deepEqual([page.status, page.headers.location], [302, '/marketplace/'])
    assert.equal((await g.ask('localhost', '/marketplace/', { ca: own() })).status, 200)
    const s = await Session.dev(`https://localhost:${g.ports.https}`, 'dora', { ca: own(), address: '127.0.0.1' })
    assert.ok(s.cookies.has('__Host-atoll_session'), 'over https the cookie is bound to its host')
  })
})

describe('when something is killed', () => {
  test('the node: Caddy serves on, and is taken over with what has changed', async () => {
    const pids = g.caddies()
    assert.equal(pids.length, 1)
    g.node.program.kill('SIGKILL')
    await g.node.program.end()
    assert.equal((await g.ask(HOST, '/', { ca: own() })).status, 200, 'nobody notices')
    await g.startNode() // on another port
    await g.route({ deployment: 'd2', owner: 'u1', host: 'second.localhost', port: up.port })
    await g.served('second.localhost', 200, { ca: own() })
    await g.served('localhost', 302, { ca: own() })
    assert.equal((await g.ask('localhost', '/auth/terms', { ca: own() })).status, 200)
    assert.deepEqual(g.caddies(), pids)
    assert.match(g.node.program.output, /Caddy \(process \d+\) serves already, taken over/)
  })

  test('the node: who is connected stays connected', async () => {
    const { port } = g.node
    g.env.HTTP_API_PORT = String(port) // nothing changes
    const talk = await g.connect(HOST, own())
    assert.equal(await talk('one'), 'up: one')
    g.node.program.kill('SIGKILL')
    await g.node.program.end()
    await g.startNode()
    g.node.port = port
    await until('takeover', () => /gateway: serving on/.test(g.node.program.output))
    assert.equal(await talk('two'), 'up: two')
    delete g.env.HTTP_API_PORT
  })

  test('Caddy: it is started again', async () => {
    const [pid = 0] = g.caddies()
    process.kill(pid, 'SIGKILL')
    await until('another Caddy', () => { const [p] = g.caddies(); return p !== undefined && p !== pid })
    await g.served(HOST, 200, { ca: own() })
    assert.equal((await g.certificates()).gateway.running, true)
  })

  test('both: everything is made again from the database', async () => {
    const began = Date.now()
    for (const pid of g.caddies()) process.kill(pid, 'SIGKILL')
    g.node.program.kill('SIGKILL')
    await g.node.program.end()
    await assert.rejects(g.ask(HOST, '/', { ca: own() }))
    await g.startNode()
    await g.served(HOST, 200, { ca: own() })
    await g.served('second.localhost', 200, { ca: own() })
    console.log(`# both killed, serving again after ${Date.now() - began} ms`)
  })

  test('Caddy while the authority is asked: the name gets its certificate all the same', async () => {
    g.dns.set('late.test', { A: ['127.0.0.1'] })
    g.theirDns.moods.set('late.test', 'silent')
    g.sql('INSERT INTO gateway_domain VALUES (?, ?, ?, ?, 1, ?, 1)', [['late.test', 'd', 'u1', 't', '']])
    await g.touch()
    const log = join(g.node.dir, 'node/gateway/log/tls.log')
    await until('question', () => /"obtaining certificate","identifier":"late.test"/.test(readFileSync(log, 'utf8')))
    for (const pid of g.caddies()) process.kill(pid, 'SIGKILL')
    g.theirDns.moods.clear()
    await g.served('late.test')
  })
})

describe('regression 16: TEST_CERT', () => {
  test('makes every certificate the test authority\'s, the node\'s own included, at once and for good; they are renewed', async () => {
    const before = await g.served('market.test')
    assert.match(before.issuer, /^Pebble Intermediate/)
    await g.touch({ testCert: true })
    const ca = await g.staging.root()
    const own = await g.served('market.test', 200, { ca })
    assert.notEqual(own.issuer, before.issuer)
    await g.served('late.test', 200, { ca })
    const all = await g.certificates()
    assert.deepEqual([all.testCert, all.directory], [true, g.staging.directory])
    assert.equal(all.certificates.find((c: any) => c.host === 'market.test').staging, true)
    // good for 15 s; renewed by itself when a third of that is left, a minute later when the authority was too busy
    const renewed = await until('renewal', async () => {
      const r = await g.ask('market.test', '/', { ca }).catch(() => null)
      return r?.serial === own.serial ? null : r
    }, 180_000, 200)
    assert.equal(renewed.status, 200)
  })

  test('stays after a restart, and goes again', async () => {
    await g.node.program.stop()
    await g.startNode()
    assert.equal((await g.certificates()).testCert, true)
    await g.served('market.test', 200, { ca: await g.staging.root() })
    await g.touch({ testCert: false })
    assert.match((await g.served('market.test')).issuer, /^Pebble Intermediate/)
    assert.equal((await g.certificate('market.test')).staging, false)
  })
})

describe('a configuration that Caddy refuses', () => {
  test('is told, and changes nothing of what is served', async () => {
    renameSync(g.tls.cert, `${g.tls.cert}.away`) // ACME_CA
    await g.route({ deployment: 'd3', owner: 'u1', host: 'third.localhost', port: up.port })
    const { gateway } = await until('word', async () => { const c = await g.certificates(); return c.gateway.problem && c })
    assert.match(gateway.problem, /Caddy refuses its configuration: .*tls\.pem/)
    assert.equal((await g.ask(HOST, '/', { ca: own() })).status, 200)
    renameSync(`${g.tls.cert}.away`, g.tls.cert)
    await g.touch()
    await g.served('third.localhost', 200, { ca: own() })
    await until('good news', async () => (await g.certificates()).gateway.problem === '')
    assert.match(g.node.program.output, /warn +gateway: Caddy refuses its configuration/)
  })
})

describe('without Caddy', () => {
  test('the node runs and says what is missing', async () => {
    const n = await BareNode.start({ GATEWAY: 'true', CADDY: '/nowhere/caddy', DEV_LOGIN: 'true', MARKETPLACE_ADMINS: '["root"]' })
    try {
      const root = await Session.dev(n.url, 'root')
      const { gateway } = await until('word', async () => {
        const c = await root.read('/marketplace/api/admin/certificates')
        return c.gateway.problem && c
      })
      assert.equal(gateway.running, false)
      assert.match(gateway.problem, /there is no program '\/nowhere\/caddy': install Caddy \(Debian: apt-get install caddy\), or set CADDY/)
      assert.match(n.program.output, /warn +gateway: there is no program/)
    } finally {
      assert.equal(await n.program.stop(), 0)
      await n.stop()
    }
  })

  test('is refused what makes no sense', async () => {
    for (const [env, text] of [
      [{ BASE_DOMAIN: 'a b' }, /BASE_DOMAIN: "a b" is no domain name/],
      [{ DNS_RESOLVER: 'ns.example.org' }, /DNS_RESOLVER: "ns.example.org" is neither ADDRESS nor ADDRESS:PORT/],
      [{ GATEWAY_HTTP_PORT: '8080', GATEWAY_HTTPS_PORT: '8080' }, /must differ/]
    ] as const) {
      const n = new BareNode()
      await n.launch({ GATEWAY: 'true', ...env })
      assert.notEqual(await n.program.end(), 0)
      assert.match(n.program.output, text)
      await n.stop()
    }
  })
})

describe('the end of the node', () => {
  test('ends Caddy, unless it is to be kept; off ends one that was kept', async () => {
    assert.equal(await g.node.program.stop(), 0)
    assert.deepEqual(g.caddies(), [])
    g.env.GATEWAY_KEEP = 'true'
    await g.startNode()
    await g.served(HOST, 200, { ca: own() })
    assert.equal(await g.node.program.stop(), 0)
    const pids = g.caddies()
    assert.equal(pids.length, 1)
    assert.equal((await g.ask(HOST, '/', { ca: own() })).status, 200)
    g.env.GATEWAY = 'false'
    await g.startNode()
    await until('end of Caddy', () => g.caddies().length === 0)
  })
})
