// SPDX-License-Identifier: Apache-2.0
// Who is logged in: sessions, terms, administrators, what a browser may send.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Wallet } from 'ethers'
import { ask, commands, doorsOf, pageCommands } from './lib/api.ts'
import { post } from './lib/http.ts'
import { BareNode } from './lib/node.ts'
import { Session, refusedAs } from './lib/session.ts'
import { sign } from './lib/sign.ts'

const someone = (): Wallet => new Wallet(Wallet.createRandom().privateKey)

let node: BareNode
let env: Record<string, string>
before(async () => {
  env = { DEV_LOGIN: 'true', MARKETPLACE_ADMINS: '["root"]', TRUSTED_PROXIES: '["127.0.0.7"]' }
  node = await BareNode.start(env)
})
after(async () => { await node?.stop() })

/** The node's process again: the same folder, another port. */
async function restart(more: Record<string, string> = {}): Promise<void> {
  await node.program.stop()
  await node.launch({ ...env, ...more })
  await node.program.line(/listening on port/)
}

/** The same browser at the node's new address. */
function moved(s: Session): Session {
  const n = new Session(node.url)
  for (const [k, v] of s.cookies) n.cookies.set(k, v)
  return n
}

describe('a session', () => {
  test('begins with a login and ends with a logout', async () => {
    const s = await Session.dev(node.url, 'alice')
    assert.match(s.person?.id ?? '', /^u[0-9a-f]{32}$/)
    assert.deepEqual(await s.read('/auth/authenticated'), { id: s.person?.id, kind: 'dev', name: 'alice', email: '', admin: false, terms: true })
    const again = await Session.dev(node.url, 'alice')
    assert.equal(again.person?.id, s.person?.id)
    const before = s.cookie
    assert.equal((await s.post('/auth/logout')).status, 200)
    assert.equal(s.cookies.size, 0)
    refusedAs(await s.get('/auth/authenticated'), 401, 'log in first')
    refusedAs(await s.ask('GET', '/auth/authenticated', undefined, { cookie: before }), 401, 'log in first')
    assert.equal((await again.get('/auth/authenticated')).status, 200)
    assert.equal((await s.post('/auth/logout')).status, 200, 'twice')
  })

  test('is a new one at each login; the one before ends, whoever planted it', async () => {
    const planted = await Session.dev(node.url, 'mallory')
    const s = new Session(node.url)
    for (const [k, v] of planted.cookies) s.cookies.set(k, v)
    await s.tell('/auth/dev', { name: 'alice' })
    assert.notEqual(s.cookie, planted.cookie)
    assert.equal((await planted.get('/auth/authenticated')).status, 401)
    const fixed = new Session(node.url)
    fixed.cookies.set('atoll_session', 'x'.repeat(43))
    await fixed.tell('/auth/dev', { name: 'alice' })
    assert.notEqual(fixed.cookies.get('atoll_session'), 'x'.repeat(43))
  })

  test('has a cookie that no script reads and no other site sends', async () => {
    const a = await new Session(node.url).post('/auth/dev', { name: 'alice' })
    const [line = ''] = a.headers['set-cookie'] ?? []
    assert.match(line, /^atoll_session=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/)
    assert.equal(a.headers['cache-control'], 'no-store')
    assert.equal(a.headers['x-content-type-options'], 'nosniff')
  })

  test('is known to the database by its hash alone', async () => {
    const s = await Session.dev(node.url, 'alice')
    const token = s.cookies.get('atoll_session') ?? ''
    for (const name of ['atoll.sqlite', 'atoll.sqlite-wal']) assert.ok(!readFileSync(join(node.dir, 'node', name)).includes(token), name)
    assert.ok(!node.program.output.includes(token))
  })

  test('is not found by a cookie that is damaged, doubled, of another name', async () => {
    const s = await Session.dev(node.url, 'alice')
    const token = s.cookies.get('atoll_session') ?? ''
    const with_ = (cookie: string) => s.ask('GET', '/auth/authenticated', undefined, { cookie })
    for (const cookie of [
      `atoll_session=${token.slice(1)}`, `atoll_session=${token}x`, `atoll_session="${token}"`, `x_atoll_session=${token}`, `atoll_session=`,
      `atoll_session=${token}; atoll_session=${'y'.repeat(43)}`, `__Host-atoll_session=${token}`, `atoll_session=${'z'.repeat(4000)}`, 'atoll_session', ';;;='
    ]) assert.equal((await with_(cookie)).status, 401, cookie)
    for (const cookie of [`atoll_session=${token}`, `a=b; atoll_session=${token};c=d`, `atoll_session=${token}; atoll_session=${token}`]) {
      assert.equal((await with_(cookie)).status, 200, cookie)
    }
  })

  test('is listed, and ended by its owner alone', async () => {
    const name = 'lister'
    const [s, other] = [await Session.dev(node.url, name), new Session(node.url)]
    const agent = '<script>alert(1)</script>\u001b[31m'
    await other.ask('POST', '/auth/dev', { name }, { 'user-agent': agent.replace('\u001b', '\t') })
    const list = (await s.read('/auth/sessions')).sessions as Array<Record<string, any>>
    assert.equal(list.length, 2)
    assert.deepEqual(list.map((x) => x.current).sort(), [false, true])
    const theirs = list.find((x) => !x.current)
    assert.equal(theirs?.agent, '<script>alert(1)</script>?[31m')
    assert.equal(theirs?.address, '127.0.0.1')
    assert.ok(Math.abs(theirs?.expires - theirs?.created - 604_800_000) < 1000)
    const stranger = await Session.dev(node.url, 'stranger')
    refusedAs(await stranger.del(`/auth/sessions/${theirs?.id}`), 404, 'you have no such session')
    assert.equal((await other.get('/auth/authenticated')).status, 200)
    assert.equal((await s.del(`/auth/sessions/${theirs?.id}`)).status, 200)
    assert.equal((await other.get('/auth/authenticated')).status, 401)
    refusedAs(await s.del(`/auth/sessions/${theirs?.id}`), 404, 'you have no such session')
  })

  test('is one of twenty at the most; all others end at once when asked', async () => {
    const all: Session[] = []
    for (let i = 0; i < 22; i++) {
      const s = new Session(node.url)
      await s.tell('/auth/dev', { name: 'many' })
      all.push(s)
    }
    const last = all.at(-1) as Session
    assert.equal((await last.read('/auth/sessions')).sessions.length, 20)
    assert.equal((await (all[0] as Session).get('/auth/authenticated')).status, 401)
    assert.equal((await last.del('/auth/sessions')).status, 200)
    assert.equal((await last.read('/auth/sessions')).sessions.length, 1)
    assert.equal((await (all[20] as Session).get('/auth/authenticated')).status, 401)
  })

  test('regression 1: says who it is, whatever else a browser says', async () => {
    const [s, bob] = [await Session.dev(node.url, 'alice'), new Session(node.url)]
    await bob.tell('/auth/dev', { name: 'innocent' })
    const { id } = await bob.read('/auth/authenticated')
    for (const [path, headers] of [
      [`/auth/authenticated?username=innocent&person=${id}&id=${id}&name=innocent`, {}],
      ['/auth/authenticated', { 'x-remote-user': 'innocent', 'remote-user': 'innocent', 'x-forwarded-user': 'innocent' }],
      ['/auth/authenticated', { cookie: `username=innocent; person=${id}; ${s.cookie}` }]
    ] as Array<[string, Record<string, string>]>) assert.equal((await s.ask('GET', path, undefined, headers)).json.name, 'alice')
    const { hash } = await s.read('/auth/terms')
    await s.tell('/auth/terms', { hash, person: id, username: 'innocent', id })
    assert.equal((await bob.read('/auth/authenticated')).terms, false)
  })

  test('is told to no page of another site', async () => {
    const s = await Session.dev(node.url, 'alice')
    const a = await s.ask('GET', '/auth/authenticated', undefined, { origin: 'http://evil.test', 'sec-fetch-site': 'cross-site' })
    assert.notEqual(a.headers['access-control-allow-origin'], 'http://evil.test')
    assert.equal(a.headers['access-control-allow-credentials'], undefined)
  })

  test('is asked for before a body is read', async () => {
    const u = new URL(node.url)
    const said = await new Promise<string>((resolve, reject) => {
      const c = connect(Number(u.port), u.hostname, () => {
        c.write(`POST /auth/terms HTTP/1.1\r\nHost: ${u.host}\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n`)
      })
      let text = ''
      c.setEncoding('utf8').on('data', (d: string) => { text += d }).on('end', () => resolve(text)).on('error', reject)
    })
    assert.match(said, /^HTTP\/1.1 401 /)
  })

  test('lives on when the node is started again', async () => {
    const s = await Session.dev(node.url, 'alice')
    await restart()
    assert.equal((await moved(s).read('/auth/authenticated')).name, 'alice')
  })
})

describe('behind a proxy that is trusted', () => {
  // a client at 127.0.0.7 is a proxy, any other address of loopback is not
  const via = (headers: Record<string, string>, from = '127.0.0.7', path = '/auth/dev', body: unknown = { name: 'alice' }): Promise<{ status: number; text: string; cookie: string }> =>
    new Promise((resolve, reject) => {
      const text = JSON.stringify(body)
      const all = { host: 'localhost', 'content-type': 'application/json', 'content-length': String(text.length), connection: 'close', ...headers }
      const u = new URL(node.url)
      const c = connect({ port: Number(u.port), host: '127.0.0.1', localAddress: from }, () => {
        c.write(`POST ${path} HTTP/1.1\r\n${Object.entries(all).map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${text}`)
      })
      let answer = ''
      c.setEncoding('utf8').on('data', (d: string) => { answer += d }).on('error', reject).on('end', () => resolve({
        status: Number(answer.split(' ')[1]), text: answer.split('\r\n\r\n')[1] ?? '', cookie: /^set-cookie: (.*)$/im.exec(answer)?.[1] ?? ''
      }))
    })

  test('a cookie of https is Secure and of this host alone', async () => {
    const a = await via({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' })
    assert.equal(a.status, 200, a.text)
    assert.match(a.cookie, /^__Host-atoll_session=.*; Path=\/; .*HttpOnly; SameSite=Lax; Secure$/)
    const back = await via({
      'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', origin: 'https://localhost', cookie: a.cookie.split(';')[0] ?? ''
    }, '127.0.0.7', '/auth/terms', { hash: 'x' })
    assert.equal(back.status, 409, back.text)
    const clear = await via({
      'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', origin: 'http://localhost', cookie: a.cookie.split(';')[0] ?? ''
    }, '127.0.0.7', '/auth/terms', { hash: 'x' })
    assert.equal(clear.status, 403, 'the page of the same name in the clear is another')
  })

  test('the development login is for who sits at the machine', async () => {
    assert.equal((await via({ 'x-forwarded-for': '192.0.2.7' })).status, 403)
    assert.equal((await via({ 'x-forwarded-for': '127.0.0.1, 192.0.2.7' })).status, 403)
    assert.equal((await via({ via: '1.1 someone' })).status, 403)
    assert.equal((await via({ 'x-forwarded-for': '127.0.0.1' })).status, 200)
  })

  test('of one that is not, nothing is believed', async () => {
    for (const [name, value] of [['x-forwarded-for', '127.0.0.1'], ['x-forwarded-proto', 'https'], ['forwarded', 'for=127.0.0.1'], ['x-real-ip', '127.0.0.1'], ['via', 'x']]) {
      assert.equal((await via({ [name as string]: value as string }, '127.0.0.1')).status, 403, name)
    }
    assert.doesNotMatch((await via({}, '127.0.0.1')).cookie, /Secure/)
  })
})

describe('the development login', () => {
  test('takes plain names of this machine\'s pages only', async () => {
    const s = new Session(node.url)
    for (const name of ['', 'Alice', 'a b', 'alice.3bot', '0x1111111111111111111111111111111111111111', '<b>', 'ä', '../x', 'a\n']) {
      assert.equal((await s.post('/auth/dev', { name })).status, 400, name)
    }
    assert.equal((await s.post('/auth/dev', { name: 'x'.repeat(33) })).status, 400)
    assert.equal((await s.post('/auth/dev', {})).status, 400)
    for (const host of ['evil.test', 'evil.test:80', 'localhost.evil.test', '127.0.0.1.evil.test', '10.0.0.1']) {
      refusedAs(await s.ask('POST', '/auth/dev', { name: 'x' }, { host, origin: `http://${host}` }), 403, /development login is off/)
    }
    refusedAs(await s.ask('POST', '/auth/dev', { name: 'x' }, { origin: 'http://evil.test' }), 403, /does not come from the page/)
  })

  test('is off unless the operator wants it', async () => {
    const bare = await BareNode.start()
    try {
      const s = new Session(bare.url)
      refusedAs(await s.post('/auth/dev', { name: 'alice' }), 403, /development login is off/)
      assert.deepEqual((await s.read('/auth/options')).providers, [{ id: 'wallet' }])
    } finally {
      await bare.stop()
    }
  })
})

describe('an auth token', () => {
  const token = async (who: Wallet): Promise<string> => {
    const nonce = Date.now()
    const r = await post(`${node.url}/api/services/auth/token`, { address: who.address, nonce, signature: sign(who, nonce, 'createAuthToken') })
    return (JSON.parse(r.text) as { token: string }).token
  }

  test('of a wallet stands for its person, needs no page, and accepts terms', async () => {
    const who = someone()
    const t = await token(who)
    const program = new Session(node.url)
    const as = (method: string, path: string, body?: unknown) =>
      program.ask(method, path, body, { authorization: t, origin: undefined, 'sec-fetch-site': undefined })
    const p = await as('GET', '/auth/authenticated')
    assert.equal(p.json.name, who.address)
    assert.equal(p.json.terms, false)
    const { hash } = await program.read('/auth/terms')
    assert.equal((await as('POST', '/auth/terms', { hash })).json.terms, true)
    assert.deepEqual((await as('GET', '/auth/sessions')).json, { sessions: [] })
    assert.equal((await program.ask('GET', '/auth/authenticated', undefined, { authorization: `Bearer ${t}` })).json.id, p.json.id)
    refusedAs(await program.ask('GET', '/auth/authenticated', undefined, { authorization: `${t}x` }), 401, 'log in first')
    assert.equal((await program.get(`/auth/authenticated?authorization=${t}`)).status, 401, 'a URL is no place for it')
  })

  test('counts before a cookie', async () => {
    const who = someone()
    const s = await Session.dev(node.url, 'alice')
    const a = await s.ask('GET', '/auth/authenticated', undefined, { authorization: await token(who) })
    assert.equal(a.json.name, who.address)
  })

  test('of somebody who is blocked is worth nothing', async () => {
    const who = someone()
    const t = await token(who)
    const s = new Session(node.url)
    const { id } = (await s.ask('GET', '/auth/authenticated', undefined, { authorization: t })).json
    const root = await Session.dev(node.url, 'root')
    await root.tell(`/marketplace/api/admin/users/${id}/block`)
    refusedAs(await s.ask('GET', '/auth/authenticated', undefined, { authorization: t }), 403, 'this account is blocked: ask the operator')
  })
})

describe('the terms', () => {
  test('are accepted as they are read', async () => {
    const s = new Session(node.url)
    await s.tell('/auth/dev', { name: 'reader' })
    const { hash, text } = await s.read('/auth/terms')
    assert.match(hash, /^0x[0-9a-f]{64}$/)
    assert.ok(text.length > 100)
    refusedAs(await s.post('/auth/terms', { hash: `0x${'0'.repeat(64)}` }), 409, /have changed/)
    assert.equal((await s.read('/auth/authenticated')).terms, false)
    assert.equal((await s.tell('/auth/terms', { hash })).terms, true)
    assert.equal((await s.tell('/auth/terms', { hash })).terms, true, 'twice')
  })

  test('of an operator are another text, which has to be accepted again', async () => {
    const s = await Session.dev(node.url, 'reader')
    const { hash } = await s.read('/auth/terms')
    const file = join(node.dir, 'terms.txt')
    writeFileSync(file, 'Be kind. <b>&amp;</b>\n')
    await restart({ TERMS_FILE: file })
    const n = moved(s)
    const now = await n.read('/auth/terms')
    assert.equal(now.text, 'Be kind. <b>&amp;</b>\n')
    assert.notEqual(now.hash, hash)
    assert.equal((await n.read('/auth/options')).terms.hash, now.hash)
    assert.equal((await n.read('/auth/authenticated')).terms, false)
    refusedAs(await n.post('/auth/terms', { hash }), 409, /have changed/)
    await restart()
    assert.equal((await moved(s).read('/auth/authenticated')).terms, true, 'the old text was accepted')
  })

  for (const [title, content] of [['is not there', null], ['is empty', ''], ['is no text', Buffer.from([0x41, 0xff, 0xfe])]] as const) {
    test(`in a file that ${title} stop the start`, async () => {
      const n = new BareNode()
      const file = join(n.dir, 'terms.txt')
      if (content !== null) writeFileSync(file, content)
      await n.launch({ TERMS_FILE: file })
      try {
        assert.notEqual(await n.program.end(), 0)
        assert.match(n.program.output, /TERMS_FILE/)
      } finally {
        await n.stop()
      }
    })
  }
})

describe('an administrator', () => {
  test('sees who there is, and finds them', async () => {
    const root = await Session.dev(node.url, 'root')
    const a = await Session.dev(node.url, 'find_me')
    await Session.dev(node.url, 'find-me')
    const all = (await root.read('/marketplace/api/admin/users')).users as Array<Record<string, unknown>>
    const row = all.find((u) => u.id === a.person?.id)
    assert.deepEqual(Object.keys(row ?? {}).sort(),
      ['admin', 'blocked', 'created', 'deployments', 'email', 'id', 'kind', 'name', 'pools', 'seen', 'terms'])
    assert.equal(all.find((u) => u.name === 'root')?.admin, true)
    const found = async (search: string): Promise<unknown[]> =>
      ((await root.read(`/marketplace/api/admin/users?search=${encodeURIComponent(search)}`)).users as Array<{ name: string }>).map((u) => u.name).sort()
    assert.deepEqual(await found('find'), ['find-me', 'find_me'])
    assert.deepEqual(await found('find_'), ['find_me'], 'an underscore is no wildcard')
    assert.deepEqual(await found('%'), [])
    assert.deepEqual(await found("' OR 1=1 --"), [])
    assert.equal((await root.read('/marketplace/api/admin/users?limit=2')).users.length, 2)
    assert.equal((await root.read(`/marketplace/api/admin/users?offset=${all.length}`)).users.length, 0)
    assert.equal((await root.get('/marketplace/api/admin/users?limit=501')).status, 400)
  })

  test('blocks somebody, who is out at once and stays out until let in', async () => {
    const root = await Session.dev(node.url, 'root')
    const bad = await Session.dev(node.url, 'troll')
    const path = `/marketplace/api/admin/users/${bad.person?.id}`
    refusedAs(await bad.post(`${path}/block`), 403, 'only administrators may do this')
    await root.tell(`${path}/block`)
    assert.equal((await bad.get('/auth/authenticated')).status, 401)
    refusedAs(await new Session(node.url).post('/auth/dev', { name: 'troll' }), 403, 'this account is blocked: ask the operator')
    assert.equal((await root.read('/marketplace/api/admin/users?search=troll')).users[0].blocked, true)
    await root.tell(`${path}/unblock`)
    assert.equal((await bad.get('/auth/authenticated')).status, 401, 'the old session stays ended')
    assert.equal((await Session.dev(node.url, 'troll')).person?.id, bad.person?.id)
  })

  test('is told who is not there, and does not block himself', async () => {
    const root = await Session.dev(node.url, 'root')
    const users = '/marketplace/api/admin/users'
    for (const verb of ['block', 'unblock', 'unpin']) refusedAs(await root.post(`${users}/u${'0'.repeat(32)}/${verb}`), 404, 'there is no such person')
    refusedAs(await root.post(`${users}/${root.person?.id}/block`), 400, 'nobody blocks themselves')
    refusedAs(await root.post(`${users}/${root.person?.id}/unpin`), 404, 'there is no such person')
  })

  test('leaves a trace', async () => {
    const root = await Session.dev(node.url, 'root')
    const bad = await Session.dev(node.url, 'traced')
    await root.tell(`/marketplace/api/admin/users/${bad.person?.id}/block`)
    const { entries } = await root.read('/marketplace/api/admin/audit?limit=1')
    assert.equal(entries.length, 1)
    assert.deepEqual([entries[0].who, entries[0].what], [root.person?.id, `blocked ${bad.person?.id}`])
    assert.ok(Math.abs(entries[0].at - Date.now()) < 60_000)
    const before = (await root.read(`/marketplace/api/admin/audit?before=${entries[0].id}`)).entries
    assert.ok(before.every((x: { id: number }) => x.id < entries[0].id))
  })

  test('is one while the configuration says so', async () => {
    const root = await Session.dev(node.url, 'root')
    await restart({ MARKETPLACE_ADMINS: '["other"]' })
    const n = moved(root)
    assert.equal((await n.read('/auth/authenticated')).admin, false)
    refusedAs(await n.get('/auth/authorized'), 403, 'only administrators may do this')
    await restart()
  })
})

describe('a domain that a package names', () => {
  const HOST = 'market.test'
  const root = (): Promise<Session> => Session.dev(node.url, 'root')
  const servers = async (body: unknown): Promise<void> => { await (await root()).tell('/marketplace/api/admin/packages/marketplace/servers', body) }
  const there = (path: string, method = 'GET', host = HOST): Promise<number> =>
    new Session(node.url).ask(method, path, method === 'POST' ? {} : undefined, { host, origin: `http://${host}` }).then((a) => a.status)
  after(async () => { await servers({ domain: '' }) })

  test('exposes what its includes say: page, login, wizards', async () => {
    await servers({ domain: HOST })
    for (const path of ['/marketplace/', '/auth/options', '/auth/terms', '/auth/siwe/nonce']) assert.equal(await there(path), 200, path)
    for (const path of ['/chatflows', '/marketplace/api/packages', '/marketplace/api/pools', '/auth/authenticated']) assert.equal(await there(path), 401, path)
    for (const host of [`${HOST}:8443`, HOST.toUpperCase(), `${HOST}.`]) {
      assert.equal(await there('/auth/options', 'GET', host), 200, host)
      assert.equal(await there('/api/services/nonce?userAddress=0x1111111111111111111111111111111111111111', 'GET', host), 404, host)
    }
  })

  test('exposes nothing else of the node: every other route answers 404', async () => {
    for (const door of commands.flatMap(doorsOf)) {
      const [method, path] = door.route ? [door.route.method, door.route.path.replace(/:\w+\??/g, 'x')] : ['POST', '/directCommand']
      const a = await new Session(node.url).ask(method, path, ['POST', 'PUT', 'PATCH'].includes(method) ? { command: 'status' } : undefined, { host: HOST })
      assert.equal(a.status, 404, `${method} ${path}: ${a.text}`)
    }
    for (const path of ['/', '/openapi.json', '/nothing']) assert.equal(await there(path), 404, path)
    assert.equal(await there('/', 'GET', new URL(node.url).host), 200, 'the node itself is as before')
  })

  test('is a place to log in, with cookies and signatures of its own', async () => {
    const s = new Session(node.url, { host: HOST })
    const who = someone()
    const m = await s.read('/auth/siwe/nonce')
    assert.deepEqual([m.domain, m.uri], [HOST, `http://${HOST}/marketplace/`])
    assert.equal((await s.siwe(who)).status, 200)
    refusedAs(await s.ask('POST', '/auth/terms', { hash: 'x' }, { origin: node.url }), 403, /does not come from the page/)
    assert.equal((await s.post('/auth/terms', { hash: 'x' })).status, 409)
  })

  test('exposes less when its includes say less, and all is open again without it', async () => {
    await servers({ includes: ['default_443.auth_*'] })
    assert.equal(await there('/auth/options'), 200)
    for (const path of ['/marketplace/', '/marketplace', '/chatflows', '/marketplace/api/packages']) assert.equal(await there(path), 404, path)
    await servers({ includes: [] })
    assert.equal(await there('/auth/options'), 404)
    await servers({ includes: ['default_443.chatflows_*', 'default_443.auth_*', 'default_443.marketplace*'], domain: '' })
    assert.equal(await there('/'), 200, 'nobody names it any more')
    assert.equal(await there('/auth/siwe/nonce'), 400, 'and nobody logs in under it')
  })
})

describe('too many requests', () => {
  test('to log in are refused; the page and the API answer on, each as often as it may', async () => {
    const n = await BareNode.start({ DEV_LOGIN: 'true', MAX_LOGIN_REQ_PER_MINUTE: '3', MAX_PAGE_REQ_PER_MINUTE: '5', MAX_REQ_PER_MINUTE: '2' })
    try {
      const s = new Session(n.url)
      const statuses = async (times: number, one: () => Promise<{ status: number }>): Promise<number[]> => {
        const all = []
        for (let i = 0; i < times; i++) all.push((await one()).status)
        return all
      }
      assert.deepEqual(await statuses(4, () => s.post('/auth/dev', { name: 'x' })), [200, 200, 200, 429])
      assert.deepEqual(await statuses(1, () => s.get('/auth/siwe/nonce')), [429])
      assert.deepEqual(await statuses(6, () => s.get('/auth/authenticated')), [200, 200, 200, 200, 200, 429])
      assert.deepEqual(await statuses(6, () => s.get('/marketplace/')), [200, 200, 200, 200, 200, 429])
      assert.deepEqual(await statuses(3, () => s.get('/api/services/nonce?userAddress=0x1111111111111111111111111111111111111111')), [200, 200, 429])
    } finally {
      await n.stop()
    }
  })
})

// Whatever route is added to the page is asked here without being told.
describe('regression 22: the node itself refuses, whatever stands in front of it', () => {
  const doors = pageCommands.filter((c) => c.auth?.startsWith('session')).flatMap(doorsOf)
  const filled = (path: string): string => path.replace(/:\w+\??/g, 'x')

  test('what needs a session is refused without one, with another\'s, with a made-up token', async () => {
    for (const door of doors) {
      for (const token of [undefined, 'x', 'eyJhbGciOiJIUzI1NiJ9.eyJhZGRyZXNzIjoiMHgifQ.AAAA']) {
        const r = await ask(node.url, door, { args: {}, token })
        assert.deepEqual([r.status, r.text], [401, '{"error":"log in first"}'], door.name)
      }
      const s = new Session(node.url)
      s.cookies.set('atoll_session', 'A'.repeat(43))
      refusedAs(await s.ask(door.route?.method ?? '', filled(door.route?.path ?? '')), 401, 'log in first')
    }
  })

  test('what changes something is refused to pages of other hosts', async () => {
    const s = await Session.dev(node.url, 'alice')
    for (const door of doors.filter((d) => d.route?.method !== 'GET')) {
      const [method, path] = [door.route?.method ?? '', filled(door.route?.path ?? '')]
      for (const headers of [
        { origin: 'http://evil.test' }, { origin: 'null' }, { origin: undefined, 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' }, { origin: undefined, 'sec-fetch-site': undefined },
        { origin: `${node.url}.evil.test` }, { origin: node.url.replace('http', 'ftp') }
      ]) refusedAs(await s.ask(method, path, {}, headers), 403, /does not come from the page/)
      refusedAs(await s.ask(method, path, '{}', { 'content-type': 'text/plain' }), 403, /does not come from the page/)
    }
  })

  test('what is for administrators is refused to everybody else', async () => {
    const s = await Session.dev(node.url, 'alice')
    for (const door of doors.filter((d) => d.command.auth === 'session_admin')) {
      refusedAs(await s.ask(door.route?.method ?? '', filled(door.route?.path ?? '')), 403, 'only administrators may do this')
    }
  })

  test('what needs the terms is refused until they are accepted', async () => {
    const s = new Session(node.url)
    await s.tell('/auth/dev', { name: 'newcomer' })
    for (const door of doors.filter((d) => d.command.auth === 'session')) {
      refusedAs(await s.ask(door.route?.method ?? '', filled(door.route?.path ?? '')), 403, 'accept the terms first')
    }
  })

  test('nonsense in any field of any of them is refused, and harms nobody', async () => {
    const s = await Session.dev(node.url, 'root')
    const nonsense = [null, -1, 1e300, true, ['x'], { a: { b: 'c' } }, '../../etc/passwd', '<script>alert(1)</script>', "' OR 1=1 --", '\u0000\u001b[31m', 'ü'.repeat(300)]
    for (const door of doors) {
      const [method, path] = [door.route?.method ?? '', door.route?.path ?? '']
      for (const value of door.command.fields.length ? nonsense : [null]) {
        const args = Object.fromEntries(door.command.fields.map((f) => [f.name, value]))
        const text = typeof value === 'string' ? encodeURIComponent(value.replace('\0', '') || 'x') : 'x' // no path has a NUL
        const place = path.replace(/:\w+\??/g, text)
        const body = (door.input === 'body' || method !== 'GET') && door.input !== 'raw'
        const query = body ? '' : `?${door.command.fields.map((f) => `${f.name}=${text}`).join('&')}`
        const a = await s.ask(method, place + query, body ? args : undefined)
        assert.notEqual(a.status, 500, `${method} ${place.slice(0, 100)} ${JSON.stringify(args).slice(0, 200)}: ${a.text}`)
        if (a.status >= 400) assert.equal(typeof a.json?.error, 'string', `${method} ${place.slice(0, 100)}: ${a.text}`)
      }
    }
    assert.equal((await s.read('/auth/authenticated')).name, 'root')
  })

  test('none of them is in /directCommand', async () => {
    for (const { command } of doors) {
      const r = await ask(node.url, { command, route: null, name: '', input: 'body' }, { args: {} })
      assert.match(r.text, /Invalid or unrecognized command|unrecognized/i, command.command)
    }
  })
})
