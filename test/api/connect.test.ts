// SPDX-License-Identifier: Apache-2.0
// Login by phone, against a login server that speaks 3Bot Connect's protocol with real keys: what is accepted, and
// every way in which it must not be (threefold 8.4).
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { ConnectServer, type Account, type Faults } from './lib/connect.ts'
import { BareNode } from './lib/node.ts'
import { Session, refusedAs } from './lib/session.ts'

let connect: ConnectServer
let node: BareNode
let alice: Account
let mallory: Account
before(async () => {
  connect = await ConnectServer.start()
  node = await BareNode.start({ ...connect.env, MARKETPLACE_ADMINS: '["root.3bot"]' })
  alice = connect.register('alice')
  mallory = connect.register('mallory')
})
after(async () => {
  await node?.stop()
  connect?.stop()
})

const SIGNATURE = 'the answer of 3Bot Connect is not signed by who it says, or not for this marketplace'
const ENDED = 'this login has ended, or began in another browser: try again'
const BOX = 'the answer of 3Bot Connect is not sealed for this marketplace'
const NO_ANSWER = 'this is no answer of 3Bot Connect'
const UNKNOWN = '3Bot Connect knows no such name'
const EMAIL = 'the e-mail address is not verified: do that in the app first'
const AWAY = '3Bot Connect does not answer: try again later'

/** Nobody is logged in by it, and the browser is told nothing. */
async function isNobody(s: Session): Promise<void> {
  assert.equal((await s.get('/auth/authenticated')).status, 401)
}

describe('a phone', () => {
  test('logs in: the redirect is to the letter, the person has name and e-mail', async () => {
    const s = new Session(node.url)
    const { attempt, location } = await s.beginConnect('/marketplace/#/pools')
    const q = new URL(location)
    assert.equal(q.origin, connect.url)
    assert.deepEqual([...q.searchParams.keys()], ['state', 'appid', 'scope', 'redirecturl', 'publickey'])
    assert.match(attempt.state, /^[A-Za-z0-9]{32}$/)
    assert.equal(attempt.appId, new URL(node.url).host)
    assert.equal(q.searchParams.get('scope'), '{"user":true,"email":true}')
    assert.equal(q.searchParams.get('redirecturl'), '/auth/3bot_callback')
    assert.equal(attempt.publicKey.length, 32)
    assert.ok(!q.search.includes('+'), 'the key is encoded for a URL')

    const a = await s.bring(connect.signed(attempt, alice))
    assert.equal(a.status, 302, a.text)
    assert.equal(a.headers.location, '/marketplace/#/pools')
    assert.equal(a.headers['referrer-policy'], 'no-referrer')
    assert.match(a.headers['cache-control'] ?? '', /no-store/)
    const person = await s.read('/auth/authenticated')
    assert.deepEqual({ ...person, id: '' }, { id: '', kind: 'connect', name: 'alice.3bot', email: 'alice@example.org', admin: false, terms: false })
    assert.deepEqual([...s.cookies.keys()], ['atoll_session'], 'the cookie of the beginning is gone')

    const again = await Session.phone(node.url, connect, alice)
    assert.equal(again.person?.id, person.id)
  })

  test('is asked by way of the login server\'s own page', async () => {
    const s = new Session(node.url)
    const { location } = await s.beginConnect()
    const r = await fetch(`${location}&name=alice`, { redirect: 'manual' })
    const back = new URL(r.headers.get('location') ?? '')
    assert.equal(back.origin, node.url)
    assert.equal((await s.get(back.pathname + back.search)).status, 302)
    assert.equal((await s.read('/auth/authenticated')).name, 'alice.3bot')
  })

  test('may share no e-mail address', async () => {
    const s = new Session(node.url)
    assert.equal((await s.connect(connect, connect.register('shy'), { scope: {} })).status, 302)
    assert.equal((await s.read('/auth/authenticated')).email, '')
  })

  test('is an administrator\'s by its name', async () => {
    const s = await Session.phone(node.url, connect, connect.register('root'))
    assert.equal((await s.read('/auth/authorized')).admin, true)
    refusedAs(await (await Session.phone(node.url, connect, alice)).get('/auth/authorized'), 403, 'only administrators may do this')
  })

  test('says no', async () => {
    const s = new Session(node.url)
    await s.beginConnect()
    refusedAs(await s.get('/auth/3bot_callback?error=CancelledByUser'), 400, 'the login was cancelled')
    const a = await s.ask('GET', '/auth/3bot_callback?error=CancelledByUser', undefined, { accept: 'text/html,*/*' })
    assert.deepEqual([a.status, a.headers.location], [302, '/marketplace/#/login?error=CONNECT_CANCELLED'])
  })
})

describe('an answer is refused', () => {
  const wrong: Array<[title: string, faults: () => Faults, status: number, text: string]> = [
    ['with another appId: the relay attack', () => ({ appId: 'evil.test' }), 401, SIGNATURE],
    ['with our host and another port as appId', () => ({ appId: '127.0.0.1:1' }), 401, SIGNATURE],
    ['with another name inside', () => ({ innerName: 'mallory.3bot' }), 401, SIGNATURE],
    ['with another name outside', () => ({ outerName: 'mallory.3bot' }), 401, SIGNATURE],
    ['signed by somebody else', () => ({ signBy: mallory }), 401, SIGNATURE],
    ['damaged on the way', () => ({ damage: true }), 400, NO_ANSWER],
    ['sealed for somebody else', () => ({ boxFor: new Uint8Array(randomBytes(32)) }), 401, BOX],
    ['sealed by somebody else', () => ({ sealBy: mallory }), 401, BOX],
    ['with no box', () => ({ more: { data: null } }), 401, BOX],
    ['with a box of nothing', () => ({ more: { data: { nonce: '', ciphertext: '' } } }), 401, BOX],
    ['with a scope that is no object', () => ({ scope: [1] }), 401, BOX],
    ['with an address that is no object', () => ({ scope: { email: 'alice@example.org' } }), 401, BOX],
    ['with an unverified address', () => ({ scope: { email: { email: 'alice@example.org', sei: null } } }), 403, EMAIL],
    ['with an attestation of somebody else', () => ({ scope: { email: { email: 'mallory@example.org', sei: mallory.sei } } }), 403, EMAIL],
    ['with the attestation of another address', () => ({ scope: { email: { email: 'bob@example.org', sei: alice.sei } } }), 403, EMAIL],
    ['with an attestation made up', () => ({ scope: { email: { email: alice.email, sei: 'AAAA' } } }), 403, EMAIL],
    ['with HTML for an address', () => ({ scope: { email: { email: '<b>@x', sei: connect.attest('<b>@x', 'alice.3bot') } } }), 403, EMAIL],
    ['with a line break in the address', () => ({ scope: { email: { email: 'a@b\nc', sei: connect.attest('a@b\nc', 'alice.3bot') } } }), 403, EMAIL],
    ['with another state', () => ({ state: 'A'.repeat(32) }), 401, ENDED],
    ['with no state', () => ({ more: { signedState: undefined } }), 400, NO_ANSWER]
  ]
  for (const [title, faults, status, text] of wrong) {
    test(title, async () => {
      const s = new Session(node.url)
      refusedAs(await s.connect(connect, alice, faults()), status, text)
      await isNobody(s)
    })
  }

  for (const name of ['alice', 'Alice.3bot', 'a b.3bot', '../alice.3bot', 'alice.3bot/', 'alice.3bot.evil', '.3bot', `${'a'.repeat(51)}.3bot`, 'älice.3bot', 'alice.3bot\n', 'alice%2e.3bot']) {
    test(`of a name that is none: ${JSON.stringify(name).slice(0, 30)}`, async () => {
      const s = new Session(node.url)
      const before = connect.asked.length
      refusedAs(await s.connect(connect, alice, { outerName: name, innerName: name }), 401, UNKNOWN)
      assert.equal(connect.asked.length, before, 'nobody was asked about it')
    })
  }

  test('of a name that the directory does not know', async () => {
    const s = new Session(node.url)
    const ghost = connect.register('ghost')
    connect.accounts.delete(ghost.name)
    refusedAs(await s.connect(connect, ghost), 401, UNKNOWN)
  })

  test('the second time', async () => {
    const s = new Session(node.url)
    const { attempt } = await s.beginConnect()
    const login = s.cookie
    const signed = connect.signed(attempt, alice)
    assert.equal((await s.bring(signed)).status, 302)
    const thief = new Session(node.url)
    const path = `/auth/3bot_callback?signedAttempt=${encodeURIComponent(signed)}`
    refusedAs(await thief.ask('GET', path, undefined, { cookie: login }), 401, ENDED)
    await isNobody(thief)
  })

  test('after a wrong one: an attempt is used up by it', async () => {
    const s = new Session(node.url)
    const { attempt } = await s.beginConnect()
    refusedAs(await s.bring(connect.signed(attempt, alice, { appId: 'evil.test' })), 401, SIGNATURE)
    refusedAs(await s.bring(connect.signed(attempt, alice)), 401, ENDED)
  })

  test('twenty times at once: one is accepted', async () => {
    const s = new Session(node.url)
    const { attempt } = await s.beginConnect()
    const cookie = s.cookie
    const signed = connect.signed(attempt, alice)
    const path = `/auth/3bot_callback?signedAttempt=${encodeURIComponent(signed)}`
    const all = await Promise.all(Array.from({ length: 20 }, () => new Session(node.url).ask('GET', path, undefined, { cookie })))
    assert.deepEqual(all.map((a) => a.status).sort(), [302, ...Array<number>(19).fill(401)])
  })

  test('in another browser than it began in', async () => {
    const { attempt } = await new Session(node.url).beginConnect()
    const other = new Session(node.url)
    refusedAs(await other.bring(connect.signed(attempt, alice)), 401, ENDED)
    await other.beginConnect() // with a login of its own, too
    refusedAs(await other.bring(connect.signed(attempt, alice)), 401, ENDED)
    await isNobody(other)
  })

  test('under another name of the node', async () => {
    const s = new Session(node.url)
    const { attempt } = await s.beginConnect()
    const path = `/auth/3bot_callback?signedAttempt=${encodeURIComponent(connect.signed(attempt, alice))}`
    const port = new URL(node.url).port
    refusedAs(await s.ask('GET', path, undefined, { host: `localhost:${port}` }), 401, ENDED)
    refusedAs(await s.ask('GET', path, undefined, { host: 'evil.test' }), 400, /nobody logs in under this name/)
  })

  test('that is no answer at all', async () => {
    const s = new Session(node.url)
    for (const text of ['', 'x', '{}', '[]', 'null', '{"doubleName":"alice.3bot"}', '{"doubleName":"alice.3bot","signedAttempt":"AAAA"}',
      '{"doubleName":"alice.3bot","signedAttempt":"****"}', `{"doubleName":"alice.3bot","signedAttempt":"${Buffer.alloc(100).toString('base64')}"}`,
      `{"doubleName":1,"signedAttempt":"${Buffer.from(`${'x'.repeat(64)}{"signedState":"x"}`).toString('base64')}"}`,
      `{"doubleName":"alice.3bot","signedAttempt":"${Buffer.from(`${'x'.repeat(64)}${'['.repeat(300)}`).toString('base64')}"}`]) {
      const before = connect.asked.length
      refusedAs(await s.bring(text), 400, NO_ANSWER)
      assert.equal(connect.asked.length, before, text)
    }
    refusedAs(await s.get('/auth/3bot_callback'), 400, NO_ANSWER)
  })

  test('that is too large', async () => {
    const s = new Session(node.url)
    const a = await s.bring('x'.repeat(12_000))
    assert.equal(a.status, 400)
    const most = await s.bring('x'.repeat(40_000))
    assert.ok([400, 431].includes(most.status), String(most.status))
    await isNobody(s)
  })
})

describe('the key of a name', () => {
  test('is pinned at the first login, until an administrator lets go of it', async () => {
    const first = await Session.phone(node.url, connect, connect.register('carol'))
    const other = connect.register('carol') // whoever runs the directory gives the name to somebody else
    const s = new Session(node.url)
    refusedAs(await s.connect(connect, other), 403, 'carol.3bot logs in with another key than the first time: ask the operator whether that is right')
    await isNobody(s)
    const root = await Session.phone(node.url, connect, connect.accounts.get('root.3bot') as Account)
    await root.tell(`/marketplace/api/admin/users/${first.person?.id}/unpin`)
    assert.equal((await s.connect(connect, other)).status, 302)
    assert.equal((await s.read('/auth/authenticated')).id, first.person?.id)
  })

  for (const [title, status, body] of [
    ['a server error', 500, '{}'], ['no JSON', 200, '<html>'], ['no key', 200, '{"doublename":"dave.3bot"}'],
    ['a short key', 200, '{"doublename":"dave.3bot","publicKey":"AAAA"}'], ['another name', 200, `{"doublename":"x.3bot","publicKey":"${Buffer.alloc(32).toString('base64')}"}`],
    ['a redirect', 302, '/elsewhere'], ['too much', 200, `"${'x'.repeat(20_000)}"`]
  ] as const) {
    test(`is not taken from a directory that answers ${title}`, async () => {
      const dave = connect.accounts.get('dave.3bot') ?? connect.register('dave')
      connect.instead.set('GET /api/users/dave.3bot', [status, body])
      const s = new Session(node.url)
      refusedAs(await s.connect(connect, dave), 502, AWAY)
      connect.instead.clear()
      assert.equal((await s.connect(connect, dave)).status, 302, 'the next login')
    })
  }

  test('is none when it is a point that everybody knows the secret of', async () => {
    const eve = connect.register('eve')
    const zero = Buffer.alloc(32)
    zero[0] = 1 // the neutral element
    connect.instead.set('GET /api/users/eve.3bot', [200, JSON.stringify({ doublename: eve.name, publicKey: zero.toString('base64') })])
    refusedAs(await new Session(node.url).connect(connect, eve), 401, SIGNATURE)
    connect.instead.clear()
  })

  test('no attestation counts that is not answered', async () => {
    connect.instead.set('POST /verification/verify-sei', [503, '{}'])
    refusedAs(await new Session(node.url).connect(connect, alice), 403, EMAIL)
    connect.instead.set('POST /verification/verify-sei', [200, '{}'])
    refusedAs(await new Session(node.url).connect(connect, alice), 403, EMAIL)
    connect.instead.clear()
  })
})

describe('the beginning of a login', () => {
  test('leads nowhere else afterwards', async () => {
    const s = new Session(node.url)
    for (const next of ['//evil.test', 'https://evil.test', '/\\evil.test', 'evil', '', '/a b', '/a\nb', '/\t/evil.test', `/${'x'.repeat(1100)}`, 'javascript:alert(1)']) {
      const a = await s.get(`/auth/login?provider=3bot&next_url=${encodeURIComponent(next)}`)
      if (next === '') assert.equal(a.status, 302) // as if it were not there
      else assert.equal(a.status, 400, next)
    }
  })

  test('is only under a name of the node', async () => {
    const s = new Session(node.url)
    for (const host of ['evil.test', '127.0.0.1.evil.test', 'localhost.evil.test', 'x@127.0.0.1', '127.0.0.1/x']) {
      assert.equal((await s.ask('GET', '/auth/login', undefined, { host })).status, 400, host)
    }
  })

  test('is of a login that there is', async () => {
    refusedAs(await new Session(node.url).get('/auth/login?provider=github'), 400, 'this node has no such login')
  })

  test('is not there without a login server; wallets are', async () => {
    const bare = await BareNode.start()
    try {
      const s = new Session(bare.url)
      refusedAs(await s.get('/auth/login'), 400, 'this node has no such login')
      refusedAs(await s.get('/auth/3bot_callback?signedAttempt=x'), 400, 'this node has no such login')
      assert.deepEqual((await s.read('/auth/options')).providers, [{ id: 'wallet' }])
    } finally {
      await bare.stop()
    }
  })

  test('regression 23: the node names no login server that its operator did not', async () => {
    const o = await new Session(node.url).read('/auth/options')
    assert.deepEqual(o.connect, { url: connect.url })
    assert.deepEqual(o.providers, [{ id: 'wallet' }, { id: 'connect' }])
  })

  test('a login server in the clear elsewhere is refused at the start', async () => {
    const n = new BareNode()
    await n.launch({ CONNECT_URL: 'http://login.example.org' })
    try {
      assert.notEqual(await n.program.end(), 0)
      assert.match(n.program.output, /CONNECT_URL: http:\/\/login\.example\.org is neither https nor on this machine/)
    } finally {
      await n.stop()
    }
  })
})
