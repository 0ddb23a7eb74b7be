// SPDX-License-Identifier: Apache-2.0
// Names with certificates: real Caddy, a real authority, and a name server that says what it is told.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Wallet } from 'ethers'
import { atoll } from './lib/chain.ts'
import { Gateway, Upstream } from './lib/gateway.ts'
import { freePort, run, until } from './lib/process.ts'
import { Session, refusedAs } from './lib/session.ts'

let g: Gateway
let up: Upstream
let alice: Session
let bob: Session
const ids = { alice: '', bob: '' }
const host = (name: string): string => `${name}.solutions.test`

before(async () => {
  g = await Gateway.start()
  up = await Upstream.start('up')
  alice = await g.person('alice')
  bob = await g.person('bob')
  Object.assign(ids, { alice: alice.person?.id, bob: bob.person?.id })
  await g.route({ deployment: 'd-blog', owner: ids.alice, host: host('blog'), port: up.port })
})
after(async () => {
  up?.stop()
  await g?.stop()
})

describe('a deployment under a name', () => {
  test('has a certificate of the authority and reaches its port, with its bodies', async () => {
    const began = Date.now()
    await g.route({ deployment: 'd-first', owner: ids.alice, host: host('first'), port: up.port })
    const r = await g.served(host('first'))
    console.log(`# name to first https answer: ${Date.now() - began} ms`)
    assert.match(r.issuer, /^Pebble Intermediate/)
    const posted = await g.ask(host('first'), '/a?b=c', { method: 'POST', body: 'x'.repeat(100_000), headers: { 'x-forwarded-for': '6.6.6.6', 'content-length': '100000' } })
    const seen = JSON.parse(posted.text)
    assert.deepEqual([seen.method, seen.url, seen.body.length], ['POST', '/a?b=c', 100_000])
    assert.deepEqual([seen.headers['x-forwarded-proto'], seen.headers['x-forwarded-for']], ['https', '127.0.0.1'], 'what a visitor claims is not passed on')
    const c = await g.certificate(host('first'))
    assert.deepEqual([c.state, c.staging, c.error, c.owner], ['serving', false, '', ids.alice])
    assert.ok(c.notBefore <= Date.now() && c.notAfter > Date.now())
  })

  test('is reached by http only to be sent to https', async () => {
    const r = await g.askPlain(host('blog'), '/page?x=1')
    assert.deepEqual([r.status, r.headers.location], [308, `https://${host('blog')}:${g.ports.https}/page?x=1`])
  })

  test('speaks WebSocket', async () => {
    await g.served(host('blog'))
    assert.equal(await g.upgrade(host('blog')), 'up: hello')
  })

  test('that is stopped, or does not answer, says so', async () => {
    await g.route({ deployment: 'd-stopped', owner: ids.alice, host: host('stopped'), port: 0 },
      { deployment: 'd-dead', owner: ids.alice, host: host('dead'), port: await freePort() })
    assert.equal((await g.served(host('stopped'), 503)).text, 'This solution is stopped.\n')
    assert.equal((await g.served(host('dead'), 502)).text, 'This solution does not answer.\n')
  })

  test('a host of nobody gets nothing', async () => {
    assert.equal((await g.askPlain('nobody.test')).status, 404)
    await assert.rejects(g.ask(host('nobody')), /alert|handshake|EPROTO|ECONNRESET/i, 'no certificate, no connection')
    assert.equal((await g.ask(host('nobody'), '/', { servername: host('blog') })).status, 421, 'not over another host either')
  })
})

describe('the marketplace', () => {
  test('is served under the node\'s own name, and knows its visitors apart', async () => {
    const r = await g.served('market.test')
    assert.equal(JSON.parse(r.text).software, 'Ocean-Node')
    const s = new Session(`https://market.test:${g.ports.https}`, { ca: g.root, address: '127.0.0.1' })
    assert.equal((await s.get('/auth/terms')).status, 200)
  })
})

describe('a domain of one\'s own', () => {
  const path = (d: string, rest = ''): string => `/marketplace/api/deployments/${d}/domains${rest}`

  test('is served once its owner has proven it and it leads here', async () => {
    const d = await alice.tell(path('d-blog'), { host: ' WWW.Alice.Test. ' })
    assert.deepEqual([d.host, d.state, d.cname.value, d.txt.name], ['www.alice.test', 'unproven', host('blog'), '_atoll.www.alice.test'])
    assert.deepEqual(await alice.tell(path('d-blog'), { host: 'www.alice.test' }), d, 'again is the same')
    const verify = (): Promise<any> => alice.tell(path('d-blog', '/www.alice.test/verify'))
    assert.match((await verify()).reason, /_atoll\.www\.alice\.test has no TXT record yet/)
    g.dns.set('_atoll.www.alice.test', { TXT: ['something', 'else'] })
    assert.match((await verify()).reason, /is another text/)
    g.dns.set('_atoll.www.alice.test', { TXT: ['other', d.txt.value] })
    assert.match((await verify()).reason, /www\.alice\.test has no address: make it a CNAME of blog\.solutions\.test/)
    g.dns.set('www.alice.test', { A: ['127.0.0.1', '192.0.2.1'] })
    const elsewhere = await verify()
    assert.deepEqual([elsewhere.state, /leads to 192\.0\.2\.1, which is not here/.test(elsewhere.reason)], ['unproven', true], elsewhere.reason)
    g.dns.set('www.alice.test', { CNAME: [host('blog')] })
    assert.match((await verify()).state, /ready|serving/)
    assert.equal(JSON.parse((await g.served('www.alice.test')).text).name, 'up')
    const list = await alice.read(path('d-blog'))
    assert.deepEqual(list.domains.map((x: any) => [x.host, x.custom, x.state]), [[host('blog'), false, 'serving'], ['www.alice.test', true, 'serving']])
  })

  test('regression 13: a DNS error neither proves nor disproves', async () => {
    const d = await alice.tell(path('d-blog'), { host: 'shop.alice.test' })
    const verify = (): Promise<any> => alice.tell(path('d-blog', '/shop.alice.test/verify'))
    g.dns.set('_atoll.shop.alice.test', { TXT: [d.txt.value] })
    g.dns.set('shop.alice.test', { CNAME: [host('blog')] })
    for (const mood of ['fails', 'refuses', 'broken', 'silent'] as const) {
      g.dns.moods.set('_atoll.shop.alice.test', mood)
      const r = await verify()
      assert.deepEqual([r.state, /DNS/.test(r.reason)], ['unproven', true], `${mood}: ${r.reason}`)
    }
    g.dns.moods.set('_atoll.shop.alice.test', 'long') // asked again over TCP
    g.dns.moods.set('shop.alice.test', 'fails')
    assert.equal((await verify()).state, 'unproven')
    g.dns.moods.clear()
    assert.match((await verify()).state, /ready|serving/)
    await g.served('shop.alice.test')
    g.dns.moods.set('_atoll.shop.alice.test', 'fails').set('shop.alice.test', 'fails')
    assert.equal((await verify()).state, 'serving', 'what was proven is not lost by an error')
    g.dns.moods.clear()
    assert.equal((await alice.del(path('d-blog', '/shop.alice.test'))).status, 200)
    await until('end of the domain', async () => (await g.askPlain('shop.alice.test')).status === 404)
  })

  test('regression 12: of many that claim it, whoever proves it has it, and only one', async () => {
    await g.route({ deployment: 'd-bob', owner: ids.bob, host: host('bob'), port: up.port })
    const [a, b] = [await alice.tell(path('d-blog'), { host: 'both.test' }), await bob.tell(path('d-bob'), { host: 'both.test' })]
    assert.notEqual(a.txt.value, b.txt.value)
    g.dns.set('both.test', { A: ['127.0.0.1'] })
    g.dns.set('_atoll.both.test', { TXT: [a.txt.value, b.txt.value] })
    const tries = await Promise.all([alice, bob, alice, bob, alice, bob].map((s) =>
      s.post(path(s === alice ? 'd-blog' : 'd-bob', '/both.test/verify'))))
    const good = tries.filter((r) => r.status === 200 && r.json.state !== 'unproven').length
    const taken = tries.filter((r) => r.status === 409 && r.json.error === 'both.test is taken').length
    assert.deepEqual([good, taken], [3, 3], tries.map((r) => r.text).join('\n'))
    const winner = (await alice.read(path('d-blog'))).domains.some((x: any) => x.host === 'both.test' && x.state !== 'unproven') ? a : b
    g.dns.set('_atoll.both.test', { TXT: [winner === a ? b.txt.value : a.txt.value] }) // sold
    const [s, at] = winner === a ? [bob, 'd-bob'] as const : [alice, 'd-blog'] as const
    assert.notEqual((await s.tell(path(at, '/both.test/verify'))).state, 'unproven')
  })

  test('is refused when it is none, ours, somebody else\'s deployment\'s, or one too many', async () => {
    for (const bad of ['', 'localhost', 'a..b', '-a.test', 'a_b.test', '127.0.0.1', 'a.test:80', 'https://a.test', '*.a.test', 'münchen.test', `${'a'.repeat(64)}.test`, '<b>.test', 'a.test\u0000', '\u001b[31m.test']) {
      const r = await alice.post(path('d-blog'), { host: bad })
      assert.equal(r.status, 400, `${bad}: ${r.text}`)
    }
    refusedAs(await alice.post(path('d-blog'), { host: 'x.solutions.test' }), 409, /belongs to this marketplace/)
    refusedAs(await alice.post(path('d-blog'), { host: 'market.test' }), 409, /belongs to this marketplace/)
    for (const d of ['d-bob', 'nothing', 'd-blog%27']) {
      refusedAs(await alice.post(path(d), { host: 'mine.test' }), 404, 'There is no such deployment')
      refusedAs(await alice.get(path(d)), 404, 'There is no such deployment')
    }
    refusedAs(await bob.post(path('d-blog', '/www.alice.test/verify')), 404, 'There is no such deployment')
    refusedAs(await bob.del(path('d-blog', '/www.alice.test')), 404, 'There is no such deployment')
    refusedAs(await alice.post(path('d-blog', '/not.test/verify')), 404, 'The deployment has no domain not.test')
    for (let i = 0; ; i++) {
      const r = await bob.post(path('d-bob'), { host: `n${i}.test` })
      if (r.status === 200) continue
      refusedAs(r, 409, 'A deployment has at most 20 domains')
      assert.equal(i, 19)
      break
    }
  })
})

describe('a login in front of a solution that has none', () => {
  const page = { accept: 'text/html,*/*' }

  /** Follows a visitor through the marketplace: the answer there, and the pass on the host. */
  async function enter(who: Session, path = '/private?x=1'): Promise<{ at: string; cookie: string; then: string }> {
    const first = await g.ask(host('wiki'), path, { headers: page })
    assert.equal(first.status, 302, first.text)
    const to = new URL(first.headers.location ?? '')
    assert.equal(to.host, `market.test:${g.ports.https}`)
    const gate = await who.ask('GET', to.pathname + to.search)
    if (gate.status !== 302 || !gate.headers.location?.startsWith('https://wiki.')) return { at: gate.headers.location ?? gate.text, cookie: '', then: '' }
    const back = new URL(gate.headers.location)
    const entered = await g.ask(host('wiki'), back.pathname + back.search)
    return { at: gate.headers.location, cookie: entered.headers['set-cookie']?.[0]?.split(';')[0] ?? '', then: entered.headers.location ?? '' }
  }

  before(async () => {
    await g.route({ deployment: 'd-wiki', owner: ids.alice, host: host('wiki'), port: up.port, login: true })
    await g.served(host('wiki'), 401)
  })

  test('sends visitors to the marketplace and lets its owner through', async () => {
    const { cookie, then } = await enter(alice)
    assert.match(cookie, /^__Host-atoll_pass=/)
    assert.equal(then, '/private?x=1')
    const r = await g.ask(host('wiki'), '/private?x=1', { headers: { cookie: `a=b; ${cookie}; c=d` } })
    assert.equal(r.status, 200)
    assert.equal(JSON.parse(r.text).headers.cookie, 'a=b; c=d', 'the solution does not see the pass')
    const posted = await g.ask(host('wiki'), '/save', { method: 'POST', body: 'text', headers: { cookie, 'content-length': '4' } })
    assert.deepEqual([JSON.parse(posted.text).method, JSON.parse(posted.text).body], ['POST', 'text'])
    assert.equal(await g.upgrade(host('wiki'), { cookie }), 'up: hello')
    assert.equal(await g.upgrade(host('wiki')), 'status 401')
  })

  test('refuses strangers, and whom it is not told of; lets guests in and out again', async () => {
    assert.match((await enter(new Session(g.node.url))).at, /^\/marketplace\/#\/login\?next=%?/)
    assert.match((await enter(bob)).at, /wiki\.solutions\.test belongs to somebody else; its owner can let you in/)
    const guests = '/marketplace/api/deployments/d-wiki/guests'
    assert.deepEqual(await alice.tell(guests, { name: 'Bob' }), { guests: ['bob'] })
    const { cookie } = await enter(bob)
    assert.equal((await g.ask(host('wiki'), '/', { headers: { cookie } })).status, 200)
    assert.deepEqual((await alice.del(`${guests}/bob`)).json, { guests: [] })
    assert.equal((await g.ask(host('wiki'), '/', { headers: { cookie } })).status, 403)
    refusedAs(await bob.get(guests), 404, 'There is no such deployment')
    refusedAs(await bob.post(guests, { name: 'bob' }), 404, 'There is no such deployment')
    refusedAs(await alice.post(guests, { name: 'a<b>' }), 400, /is no name that somebody logs in with/)
  })

  test('a token is good once and on its own host; a pass elsewhere is worth nothing', async () => {
    await g.route({ deployment: 'd-other', owner: ids.alice, host: host('other'), port: up.port, login: true })
    await g.served(host('other'), 401)
    const { at, cookie } = await enter(alice)
    const back = new URL(at)
    assert.equal((await g.ask(host('wiki'), back.pathname + back.search)).status, 403, 'used')
    assert.equal((await g.ask(host('other'), '/', { headers: { cookie } })).status, 401, 'another host')
    const fresh = await alice.ask('GET', `/auth/gate?host=${host('wiki')}&next=//evil.test/`)
    const url = new URL(fresh.headers.location ?? '')
    assert.equal((await g.ask(host('other'), url.pathname + url.search)).status, 403, 'a token for wiki')
    assert.equal(url.searchParams.get('next'), '/', 'nobody is sent elsewhere')
    assert.equal((await alice.ask('GET', '/auth/gate?host=evil.test')).status, 404)
    for (const path of ['/.atoll/check', '/.atoll/check/', '/.atoll/x', '/marketplace/', '/auth/terms'])
      assert.equal((await g.ask(host('wiki'), path)).status, 401, `${path}: nothing of the node is reached over a solution's host`)
  })

  test('ends with the login', async () => {
    const carol = await g.person('carol')
    await alice.tell('/marketplace/api/deployments/d-wiki/guests', { name: 'carol' })
    const { cookie } = await enter(carol)
    assert.equal((await g.ask(host('wiki'), '/', { headers: { cookie } })).status, 200)
    await carol.post('/auth/logout')
    assert.equal((await g.ask(host('wiki'), '/', { headers: { cookie } })).status, 401)
  })
})

describe('an authority that does not give', () => {
  test('refuses a name: the reason is told, and when it is asked again', async () => {
    const began = Date.now()
    await g.route({ deployment: 'd-refused', owner: ids.alice, host: host('refused'), port: up.port })
    const c = await until('refusal', async () => { const x = await g.certificate(host('refused')); return x.state === 'failed' && x })
    assert.match(c.error, /the authority gave no certificate \(HTTP 400 urn:ietf:params:acme:error:rejectedIdentifier.*asked again at 20/)
    assert.ok(c.retryAt >= began + 60_000)
    const list = await alice.read('/marketplace/api/deployments/d-refused/domains')
    assert.deepEqual([list.domains[0].state, /rejectedIdentifier/.test(list.domains[0].reason)], ['failed', true])
  })

  test('cannot validate: it is asked again when the owner asks', async () => {
    const path = '/marketplace/api/deployments/d-blog/domains'
    const d = await alice.tell(path, { host: 'later.alice.test' })
    const verify = (): Promise<any> => alice.tell(`${path}/later.alice.test/verify`)
    g.dns.set('_atoll.later.alice.test', { TXT: [d.txt.value] })
    g.dns.set('later.alice.test', { CNAME: [host('blog')] })
    g.theirDns.moods.set('later.alice.test', 'fails')
    assert.equal((await verify()).state, 'ready')
    const c = await until('refusal', async () => { const x = await g.certificate('later.alice.test'); return x.state === 'failed' && x })
    assert.match(c.error, /the authority gave no certificate/)
    assert.match((await alice.read(path)).domains.find((x: any) => x.host === 'later.alice.test').reason, /asked again at/)
    g.theirDns.moods.clear()
    assert.match((await verify()).state, /ready|serving|failed/)
    await g.served('later.alice.test')
  })

  test('was asked too often: it says so, and other changes do not make us ask again', async () => {
    g.proxy.limit = 3600
    await g.route({ deployment: 'd-limited', owner: ids.alice, host: host('limited'), port: up.port })
    const c = await until('refusal', async () => { const x = await g.certificate(host('limited')); return x.state === 'failed' && x })
    assert.match(c.error, /the authority has been asked too often \(.*too many certificates already issued.*asked again at 20/)
    const times = (): number => g.proxy.refused.filter((x) => x === host('limited')).length
    const asked = times()
    assert.ok(asked > 0)
    for (let i = 0; i < 3; i++) await g.route({ deployment: `d-more${i}`, owner: ids.alice, host: host(`more${i}`), port: 0 })
    g.proxy.limit = undefined
    await g.served(host('more2'), 503)
    if (Date.now() < c.retryAt) assert.equal(times(), asked)
    if (Date.now() < c.retryAt) assert.equal((await g.certificate(host('limited'))).state, 'failed', 'it waits, though the others are served')
  })
})

describe('atoll domain', () => {
  test('does the same from a shell', async () => {
    const wallet = new Wallet(Wallet.createRandom().privateKey)
    const cli = async (...args: string[]): Promise<{ status: number | string; output: string }> =>
      run(atoll, ['domain', ...args, '--node', g.node.url, '--json'], { PATH: process.env.PATH, PRIVATE_KEY: wallet.privateKey })
    const json = async (...args: string[]): Promise<any> => {
      const r = await cli(...args)
      assert.equal(r.status, 0, r.output)
      return JSON.parse(r.output)
    }
    assert.match((await cli('list', 'd-cli', '--accept-terms')).output, /There is no such deployment/)
    const people = await (await g.person('root')).read('/marketplace/api/admin/users')
    const me = people.users.find((u: any) => u.name === wallet.address)
    await g.route({ deployment: 'd-cli', owner: me.id, host: host('cli'), port: up.port })
    const d = await json('add', 'd-cli', 'cli.test')
    assert.deepEqual([d.state, d.txt.name, d.cname.value], ['unproven', '_atoll.cli.test', host('cli')])
    assert.match((await json('verify', 'd-cli', 'cli.test')).reason, /has no TXT record yet/)
    g.dns.set('_atoll.cli.test', { TXT: [d.txt.value] })
    g.dns.set('cli.test', { CNAME: [host('cli')] })
    assert.match((await json('verify', 'd-cli', 'cli.test')).state, /ready|serving/)
    await g.served('cli.test')
    assert.deepEqual((await json('list', 'd-cli')).map((x: any) => x.host), [host('cli'), 'cli.test'])
    assert.deepEqual(await json('allow', 'd-cli', 'bob.3bot'), { guests: ['bob.3bot'] })
    assert.deepEqual(await json('disallow', 'd-cli', 'bob.3bot'), { guests: [] })
    assert.deepEqual(await json('remove', 'd-cli', 'cli.test'), { success: true })
    const r = await cli('certificates')
    assert.deepEqual([r.status, /only administrators/.test(r.output)], [1, true], r.output)
    const bad = await cli('add', 'd-cli', 'not a domain')
    assert.deepEqual([bad.status, /is no domain name/.test(bad.output)], [1, true], bad.output)
  })
})

describe('the marketplace\'s own domain', () => {
  test('comes from its package: served at once, with its groups of routes and no others', async () => {
    const root = await g.person('root')
    g.dns.set('shop.test', { A: ['127.0.0.1'] })
    const set = await root.post('/marketplace/api/admin/packages/marketplace/servers', { domain: 'shop.test', email: 'ops@shop.test' })
    assert.equal(set.status, 200, set.text)
    const r = await g.served('shop.test', 302)
    assert.equal(r.headers.location, '/marketplace/')
    assert.match(r.issuer, /^Pebble Intermediate/)
    const status = async (path: string): Promise<number> => (await g.ask('shop.test', path)).status
    assert.deepEqual([await status('/marketplace/'), await status('/auth/terms'), await status('/marketplace/api/packages')], [200, 200, 401])
    for (const path of ['/api/services/nonce?userAddress=0x1111111111111111111111111111111111111111', '/computeEnvironments', '/openapi.json', '/.atoll/check', '/.atoll/enter?token=x'])
      assert.equal(await status(path), 404, path)
    const first = await g.ask(host('wiki'), '/', { headers: { accept: 'text/html' } })
    assert.match(first.headers.location ?? '', new RegExp(`^https://shop\\.test:${g.ports.https}/auth/gate\\?`), 'people log in there now')
    refusedAs(await alice.post('/marketplace/api/deployments/d-blog/domains', { host: 'shop.test' }), 409, /belongs to this marketplace/)
    assert.equal((await g.certificate('shop.test')).owner, 'node')
  })
})
