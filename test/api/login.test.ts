// SPDX-License-Identifier: Apache-2.0
// Who is logged in: sessions, terms, what a browser may send, what each host exposes.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ask, doorsOf, pageCommands } from './lib/api.ts'
import { BareNode } from './lib/node.ts'
import { Session, refusedAs } from './lib/session.ts'

let node: BareNode
before(async () => { node = await BareNode.start({ DEV_LOGIN: 'true', MARKETPLACE_ADMINS: '["root","0x1111111111111111111111111111111111111111"]' }) })
after(async () => { await node?.stop() })

describe('a session', () => {
  test('begins with a login and ends with a logout', async () => {
    const s = await Session.dev(node.url, 'alice')
    assert.match(s.person?.id ?? '', /^u[0-9a-f]{32}$/)
    assert.deepEqual(await s.read('/auth/authenticated'), { id: s.person?.id, kind: 'dev', name: 'alice', email: '', admin: false, terms: true })
    const again = await Session.dev(node.url, 'alice')
    assert.equal(again.person?.id, s.person?.id)
    assert.equal((await s.post('/auth/logout')).status, 200)
    assert.equal(s.cookies.size, 0)
    refusedAs(await s.get('/auth/authenticated'), 401, 'log in first')
    assert.equal((await again.get('/auth/authenticated')).status, 200)
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

  test('none of them is in /directCommand', async () => {
    for (const { command } of doors) {
      const r = await ask(node.url, { command, route: null, name: '', input: 'body' }, { args: {} })
      assert.match(r.text, /Invalid or unrecognized command|unrecognized/i, command.command)
    }
  })
})
