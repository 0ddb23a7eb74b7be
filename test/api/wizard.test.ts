// SPDX-License-Identifier: Apache-2.0
// Wizards over HTTP and at the terminal: who may, in which order, what a person sees, what survives.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { atoll } from './lib/chain.ts'
import { ask, doorsOf, pageCommands } from './lib/api.ts'
import { until } from './lib/process.ts'
import { Session, refusedAs } from './lib/session.ts'
import { Solutions, Tenant, type Answers } from './lib/solutions.ts'

let s: Solutions
let alice: Tenant
let bob: Tenant
let pool: string
before(async () => {
  s = await Solutions.start({ MAX_CHATFLOWS: '4' })
  alice = await s.tenant('alice')
  bob = await s.tenant('bob')
  pool = await s.grant(alice)
  await s.grant(bob)
})
after(async () => { await s?.stop() })

const site = (name: string): Answers => ({
  name: { name }, site: { repository: 'https://git.example.org/site.git', branch: 'main', minutes: 5 }, size: { size: 'small', pool }
})
const drop = (t: Tenant, id: string): Promise<unknown> => t.session.del(`/chatflows/${id}`)

describe('a wizard', () => {
  test('asks step by step, shows a quote and a review', async () => {
    let w = await alice.begin('static-site')
    assert.deepEqual(w.steps.map((x: any) => x.name), ['name', 'site', 'size', 'review'])
    assert.equal(w.quote, undefined)
    w = (await alice.answer(w.id, 'name', { name: 'my-site' })).json
    assert.deepEqual(w.questions.map((q: any) => [q.name, q.type]), [['repository', 'giturl'], ['branch', 'string'], ['folder', 'string'], ['minutes', 'int']])
    w = (await alice.answer(w.id, 'site', { repository: 'https://git.example.org/site.git', branch: 'main', minutes: 5 })).json
    const [size, from] = [w.questions.find((q: any) => q.name === 'size'), w.questions.find((q: any) => q.name === 'pool')]
    assert.equal(size.options.length, 2)
    for (const o of size.options) assert.match(o.note, /^[0-9.]+ \w+ an hour$/)
    assert.deepEqual(from.options.map((o: any) => o.value), [pool])
    assert.match(from.options[0].note, /^1000 \w+ left$/)
    w = (await alice.answer(w.id, 'size', { size: 'small', pool })).json
    assert.equal(w.state, 'review')
    assert.match(w.quote.hash, /^[0-9a-f]{64}$/)
    assert.equal(w.quote.pool.id, pool)
    assert.ok(BigInt(w.quote.perHour.amount) > 0n)
    assert.equal(w.quote.lines.reduce((sum: bigint, l: any) => sum + BigInt(l.amount.amount), 0n), BigInt(w.quote.perPeriod.amount))
    assert.ok(w.review.some((r: any) => r.value === 'my-site'))
    await drop(alice, w.id)
  })

  test('regression 1: it belongs to who is logged in, whatever the request says', async () => {
    const w = await alice.session.tell('/chatflows', { package: 'static-site', owner: bob.session.person?.id, username: 'bob', email: 'bob@x.org', person: { id: bob.session.person?.id } })
    const headers = { 'x-user': 'bob', 'x-owner': bob.session.person?.id }
    const r = await alice.session.ask('POST', `/chatflows/${w.id}/answers`, { step: 'name', answers: { name: 'of-alice' }, owner: bob.session.person?.id, user_info: { username: 'bob' } }, headers)
    assert.equal(r.status, 200, r.text)
    assert.deepEqual((await bob.session.read('/chatflows')).chatflows, [])
    assert.deepEqual((await alice.session.read('/chatflows')).chatflows.map((c: any) => c.id), [w.id])
    const named = await alice.answer(w.id, 'site', { repository: 'https://git.example.org/site.git', branch: 'main', minutes: 5, owner: 'bob' })
    assert.equal(named.status, 422)
    assert.ok(named.json.wizard.errors.owner, 'an answer that nobody asked for is an error')
    await drop(alice, w.id)
  })

  test('regression 2: to somebody else it does not exist', async () => {
    const w = await alice.toReview('static-site', site('only-mine'))
    for (const [method, path, body] of [
      ['GET', '', undefined], ['POST', '/answers', { step: 'name', answers: { name: 'theirs' } }], ['POST', '/back', { step: 'review' }],
      ['POST', '/deploy', { quoteHash: w.quote.hash }], ['DELETE', '', undefined]
    ] as const) {
      refusedAs(await bob.session.ask(method, `/chatflows/${w.id}${path}`, body), 404, 'There is no such wizard.')
      refusedAs(await new Session(s.w.url).ask(method, `/chatflows/${w.id}${path}`, body), 401, 'log in first')
    }
    assert.equal((await alice.session.read(`/chatflows/${w.id}`)).quote.hash, w.quote.hash)
    await drop(alice, w.id)
  })

  test('regression 3: it survives the death of the node', async () => {
    const w = await alice.begin('static-site')
    await alice.answer(w.id, 'name', { name: 'survivor' })
    s.w.node.kill('SIGKILL')
    await until('the node has ended', () => !s.w.node.running)
    await s.w.startNode()
    const again = await alice.session.read(`/chatflows/${w.id}`)
    assert.equal(again.step, 'site')
    const back = (await alice.back(w.id, 'site')).json
    assert.equal(back.questions[0].value, 'survivor')
    await drop(alice, w.id)
    refusedAs(await alice.session.get(`/chatflows/${w.id}`), 404, 'There is no such wizard.')
  })

  test('regression 4: back and forth changes neither size nor price, and does nothing', async () => {
    let w = await alice.toReview('static-site', site('back'))
    const price = w.quote.perPeriod.amount
    const before = await alice.session.read('/marketplace/api/deployments')
    for (let i = 0; i < 4; i++) {
      assert.equal((await alice.back(w.id, 'review')).json.step, 'size')
      assert.equal((await alice.back(w.id, 'size')).json.step, 'site')
      await alice.answer(w.id, 'site', site('')['site'] ?? {})
      w = (await alice.answer(w.id, 'size', { size: 'small', pool })).json
      assert.equal(w.quote.perPeriod.amount, price)
    }
    assert.deepEqual(await alice.session.read('/marketplace/api/deployments'), before)
    assert.equal((await alice.pool(pool)).locked.amount, '0')
    await drop(alice, w.id)
  })

  test('regression 5: the server checks each answer, whatever the page let through', async () => {
    const w = await alice.begin('static-site')
    const wrong = async (step: string, answers: Record<string, unknown>, field: string): Promise<void> => {
      const r = await alice.answer(w.id, step, answers)
      assert.equal(r.status, 422, `${JSON.stringify(answers)}: ${r.text}`)
      assert.ok(r.json.wizard.errors[field], r.text)
      assert.equal(r.json.wizard.step, step)
    }
    for (const name of ['', 'A', '-x', 'x-', 'a b', '../etc', '<script>alert(1)</script>', '\u001b[31mred', 'x'.repeat(33), 7, null, ['a'], { a: 1 }]) await wrong('name', { name }, 'name')
    const reserved = (await alice.answer(w.id, 'name', { name: 'www' })).json.wizard.errors
    assert.deepEqual(reserved, { name: 'is reserved: choose another one' }) // which nobody has taken
    assert.equal((await alice.answer(w.id, 'name', { name: 'checked' })).status, 200)
    const good = { repository: 'https://git.example.org/site.git', branch: 'main', minutes: 5 }
    for (const repository of ['', 'ftp://x/y', 'https://', 'file:///etc/passwd', 'ext::sh -c id', '--upload-pack=x', 'https://h/x;$(id)`id`\n']) {
      await wrong('site', { ...good, repository }, 'repository')
    }
    for (const minutes of [0, 1441, 1.5, '5m', -1, 1e308]) await wrong('site', { ...good, minutes }, 'minutes')
    await wrong('site', { ...good, branch: '--exec=x' }, 'branch')
    assert.equal((await alice.answer(w.id, 'site', good)).status, 200)
    const foreign = (await bob.session.read('/marketplace/api/pools')).pools[0].id
    for (const size of ['huge', 7, ['small']]) await wrong('size', { size, pool }, 'size')
    for (const other of [foreign, 'p00', null]) await wrong('size', { size: 'small', pool: other }, 'pool')
    for (const ends of [1, Date.now() - 1000, 'tomorrow', -5]) await wrong('size', { size: 'small', pool, ends }, 'ends')
    await drop(alice, w.id)
  })
})

describe('out of order', () => {
  test('a step that is not the current one is refused with the wizard as it is; what came twice counts once', async () => {
    const w = await alice.begin('static-site')
    const stale = await alice.answer(w.id, 'size', { size: 'small', pool })
    assert.equal(stale.status, 409)
    assert.equal(stale.json.wizard.step, 'name')
    const twice = await Promise.all([1, 2, 3].map(() => alice.answer(w.id, 'name', { name: 'twice' })))
    assert.deepEqual(twice.map((r) => [r.status, r.json.step]), [[200, 'site'], [200, 'site'], [200, 'site']])
    const tab = await alice.answer(w.id, 'name', { name: 'other-tab' })
    assert.deepEqual([tab.status, tab.json.wizard.step], [409, 'site'])
    const early = await alice.deploy(w.id, 'x')
    assert.deepEqual([early.status, early.json.wizard.step], [409, 'site'])
    await drop(alice, w.id)
  })

  test('a person has few of them, and small answers', async () => {
    const open = []
    for (let i = 0; i < 4; i++) open.push(await bob.begin('static-site'))
    refusedAs(await bob.session.post('/chatflows', { package: 'static-site' }), 409, 'You have 4 unfinished wizards: finish one or discard it.')
    assert.equal((await bob.session.read('/chatflows')).chatflows.length, 4)
    for (const w of open) {
      assert.ok([413, 422].includes((await bob.answer(w.id, 'name', { name: 'x'.repeat(900_000) })).status))
      await drop(bob, w.id)
    }
    assert.equal((await bob.session.post(`/chatflows/${open[0].id}/answers`, 'x'.repeat(2_000_000))).status, 413)
    refusedAs(await bob.session.post('/chatflows', { package: 'nonsense' }), 404, /no package/)
    refusedAs(await bob.session.post('/chatflows', { package: 'static-site', version: '99' }), 404, /no version/)
    refusedAs(await bob.session.post('/chatflows', { package: 'kubernetes' }), 409, /not offered/)
  })

  test('none of its routes is open to somebody who is not logged in', async () => {
    const doors = pageCommands.filter((c) => c.routes.some((r) => r.group?.startsWith('chatflows_'))).flatMap(doorsOf)
    assert.equal(doors.length, 7)
    for (const door of doors) assert.equal((await ask(s.w.url, door, { args: {} })).status, 401, door.name)
  })
})

describe('the price', () => {
  test('regression 7: only the quote that was shown can be agreed to', async () => {
    const w = await alice.toReview('static-site', site('priced'))
    const r = await alice.deploy(w.id, 'f'.repeat(64))
    assert.equal(r.status, 409)
    assert.equal(r.json.wizard.quote.hash, w.quote.hash)
    await alice.back(w.id, 'review')
    const larger = (await alice.answer(w.id, 'size', { size: 'large', pool })).json
    assert.ok(BigInt(larger.quote.perPeriod.amount) > BigInt(w.quote.perPeriod.amount))
    const old = await alice.deploy(w.id, w.quote.hash)
    assert.deepEqual([old.status, old.json.wizard.quote.hash], [409, larger.quote.hash])
    assert.deepEqual((await alice.session.read('/marketplace/api/deployments')).deployments, [])
    await drop(alice, w.id)
  })
})

// ---- the same at a terminal

interface Ran { code: number; out: string; err: string }

const env = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, PRIVATE_KEY: s.w.consumer.privateKey, NODE_URL: s.w.url, RPC: s.w.chain.url, ADDRESS_FILE: s.w.chain.addressFile })

const run = (args: string[]): Promise<Ran> => new Promise((resolve) => {
  execFile(atoll, args, { env: env() }, (e, out, err) => resolve({ code: e ? Number(e.code ?? 1) : 0, out, err }))
})

/** A person at a terminal: lines as the questions come. */
function converse(args: string[], lines: string[]): Promise<Ran> {
  const p = spawn(atoll, args, { env: env() })
  let [out, err, asked] = ['', '', 0]
  return new Promise((resolve, reject) => {
    p.stdout.setEncoding('utf8').on('data', (t: string) => { out += t })
    p.stderr.setEncoding('utf8').on('data', (t: string) => {
      err += t
      for (const n = (err.match(/^.*> $|\n(\[[^\n]*\] |[^\n]*)> /gm) ?? []).length; asked < n && asked < lines.length; asked++) p.stdin.write(`${lines[asked]}\n`)
      if (asked === lines.length && !p.stdin.writableEnded) p.stdin.end()
    })
    p.on('error', reject).on('close', (code) => resolve({ code: code ?? 1, out, err }))
  })
}

describe('atoll service deploy', () => {
  let mine: string
  before(async () => {
    const terms = await run(['service', 'deploy', 'static-site', '--accept-terms', '--set', 'name=first', '--json'])
    assert.match(terms.err + terms.out, /required|pool|answer/i) // the person is there now, and the terms accepted
    const people = (await s.operator.read('/marketplace/api/admin/users')).users
    const me = people.find((u: any) => u.name === s.w.consumer.address)
    const made = await s.operator.tell('/marketplace/api/admin/pools', { owner: me.id, name: 'mine', amount: `1000${'0'.repeat(18)}`, ...s.unit })
    mine = made.id
  })

  const given = (name: string): string[] =>
    [`name=${name}`, 'repository=https://git.example.org/site.git', 'minutes=9', 'size=small', `pool=${mine}`].flatMap((x) => ['--set', x])

  test('without --yes it says what it would cost', async () => {
    const r = await run(['service', 'deploy', 'static-site', ...given('how-much'), '--json'])
    assert.equal(r.code, 0, r.err)
    const v = JSON.parse(r.out)
    assert.match(v.wizard, /^w[0-9a-f]{32}$/)
    assert.ok(BigInt(v.quote.perHour.amount) > 0n)
    assert.equal(v.id, undefined)
  })

  test('an answer that is wrong, and one that is not asked', async () => {
    const wrong = await run(['service', 'deploy', 'static-site', ...given('wrong'), '--set', 'minutes=9999', '--json'])
    assert.equal(wrong.code, 1)
    assert.match(wrong.err, /minutes/)
    const none = await run(['service', 'deploy', 'static-site', ...given('unasked'), '--set', 'colour=red', '--yes', '--json'])
    assert.equal(none.code, 1)
    assert.match(none.err, /colour: this was not asked/)
    assert.equal((await run(['service', 'deploy', 'static-site', '--set', 'x'])).code, 1)
    assert.equal((await run(['service', 'deploy'])).code, 1)
  })

  test('every verb says what its options mean', async () => {
    for (const family of ['service', 'pool', 'package', 'backup', 'domain']) {
      const all = (await run([family, '--help'])).out
      const verbs = [...all.matchAll(new RegExp(`^  atoll ${family} ([a-z-]+)`, 'gm'))].map((m) => m[1] ?? '')
      assert.ok(verbs.length > 1, all)
      for (const verb of verbs) assert.match((await run([family, verb, '--help'])).out, /For all verbs/, `${family} ${verb}`)
    }
  })

  test('--interactive asks, goes back, shows the price, and leaves a wizard that can be taken up again', async () => {
    const open = (await run(['service', 'deploy', '--help'])).out
    assert.match(open, /--interactive/)
    const r = await converse(['service', 'deploy', '--interactive', 'static-site', '--node', s.w.url],
      ['talk', '<', 'talk-two', 'nonsense', 'main', '', '7', 'https://git.example.org/site.git', 'main', '', '7', '1', '', '', 'n']) // an empty line takes the only pool
    assert.equal(r.code, 0, r.err)
    assert.match(r.err, /Git repository/)
    assert.match(r.err, /must be like https/)
    assert.match(r.err, /an hour +[0-9.]+/)
    const id = /--resume (w[0-9a-f]{32})/.exec(r.err)?.[1] ?? ''
    assert.ok(id, r.err)
    const file = join(s.w.dir, 'answers.toml')
    writeFileSync(file, '')
    const again = await run(['service', 'deploy', '--resume', id, '--answers', file, '--json'])
    assert.equal(again.code, 0, again.err)
    assert.equal(JSON.parse(again.out).wizard, id)
  })
})
