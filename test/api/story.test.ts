// SPDX-License-Identifier: Apache-2.0
// The story over HTTP, as a program would have it: somebody with nothing but a phone gets a site under a name with a
// certificate, though the node is killed on the way; stops it, and gets back what was not used. The same in a browser is
// test/web/story.test.ts.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { containers } from './lib/docker.ts'
import { until } from './lib/process.ts'
import { Session } from './lib/session.ts'
import { Tenant } from './lib/solutions.ts'
import { Story, volumes } from './lib/story.ts'

let s: Story
let alice: Tenant
let voucher: string
let id: string
before(async () => {
  s = await Story.start()
  const v = await s.solutions.operator.tell('/marketplace/api/admin/vouchers', { amount: `500${'0'.repeat(18)}`, ...s.solutions.unit, uses: 5 })
  voucher = v.code
})
after(async () => { await s?.stop() })

test('from a phone to a running site, though the node is killed on the way', async () => {
  const began = Date.now()
  await until('the marketplace', async () => (await s.visit('market.test', '/marketplace/'))?.status === 200, 60_000)
  const account = s.connect.register('alice')
  alice = new Tenant(await Session.phone(s.url, s.connect, account, { ca: s.root, address: '127.0.0.1' }))
  assert.equal(alice.session.person?.kind, 'connect')
  const pool = await alice.session.tell('/marketplace/api/pools/voucher', { code: voucher })
  const w = await alice.toReview('static-site', {
    name: { name: 'alices-site' }, site: { repository: 'https://git.example.org/site.git', branch: 'main', minutes: 60 }, size: { size: 'small', pool: pool.id }
  })
  const asked = await alice.deploy(w.id, w.quote.hash)
  assert.equal(asked.status, 200, asked.text)
  id = asked.json.deployment
  await s.crash()
  const d = await alice.reaches(id, 'running')
  const site = await s.served('alices-site')
  console.log(`# from /marketplace/ to the site, with a kill -9: ${Date.now() - began} ms`)
  assert.match(site.text, /<h1>/)
  assert.match(site.issuer, /^Pebble Intermediate/)
  assert.equal(d.url, s.site('alices-site'))
  assert.equal((await alice.session.read('/marketplace/api/deployments')).deployments.length, 1)
  const again = await alice.deploy(w.id, w.quote.hash)
  assert.deepEqual([again.status, again.json.deployment], [200, id], 'a second click is the same deployment')
})

test('regression 6: the deployment goes on without the person, and it is one', async () => {
  const w = await alice.toReview('static-site', {
    name: { name: 'closed-tab' }, site: { repository: 'https://git.example.org/site.git', branch: 'main', minutes: 60 },
    size: { size: 'small', pool: (await alice.session.read('/marketplace/api/pools')).pools[0].id }
  })
  // the tab is closed, the node dies: the answer is never seen
  void alice.deploy(w.id, w.quote.hash).catch(() => null)
  await until('it is known', async () => (await alice.session.read(`/chatflows/${w.id}`)).state !== 'review')
  await s.crash()
  const other = await alice.reaches((await until('its id', async () => (await alice.session.read(`/chatflows/${w.id}`)).deployment)) as string, 'running')
  const mine = (await alice.session.read('/marketplace/api/deployments')).deployments
  assert.equal(mine.filter((x: any) => x.name === 'closed-tab').length, 1)
  const r = await alice.session.remove(`/marketplace/api/deployments/${other.id}`, 'closed-tab')
  assert.equal(r.status, 200, r.text)
})

test('regression 7: stopped early, what was not used comes back', async () => {
  const before = await alice.deployment(id)
  const period = BigInt(before.perHour.amount) // a period is an hour here
  const r = await alice.session.post(`/marketplace/api/deployments/${id}/stop`)
  assert.equal(r.status, 200, r.text)
  await alice.reaches(id, 'stopped')
  const pool = await until('the refund', async () => {
    const p = await alice.pool(before.pool)
    return p.locked.amount === '0' ? p : null
  })
  const spent = BigInt((await alice.deployment(id)).spent.amount)
  assert.ok(spent > 0n && spent < period, `${spent} of ${period}`)
  const all = pool.entries.map((e: any) => BigInt(e.amount.amount)).reduce((a: bigint, b: bigint) => a + b, 0n)
  assert.ok(all > 0n)
  assert.ok(BigInt(pool.balance.amount) > 500n * 10n ** 18n - 2n * period)
})

test('its volume and the first backup server are lost: it comes back from the second', async () => {
  const r = await alice.session.post(`/marketplace/api/deployments/${id}/start`)
  assert.equal(r.status, 200, r.text)
  await alice.reaches(id, 'running')
  await s.served('alices-site')
  const marked = async (): Promise<number> => (await s.visit('alices-site.solutions.test', '/marker.txt'))?.status ?? 0
  // a file that no clone brings back
  execFileSync('docker', ['exec', `atoll-s-${id.slice(0, 8)}-fetch`, 'sh', '-c', 'echo precious | tee /site/repo/marker.txt >/site/www/marker.txt'])
  assert.equal(await marked(), 200)

  const [one, two] = await s.backupServers()
  const path = `/marketplace/api/deployments/${id}/backups`
  assert.equal((await alice.session.post(path)).status, 200)
  const snapshot = await until('a backup on both servers', async () => {
    const b = await alice.session.read(path)
    return b.snapshots.find((x: any) => x.ok && x.servers.length === 2)
  }, 60_000)

  await one.destroy()
  await s.wreck(id)
  await until('it runs again, empty', async () => (await alice.deployment(id)).state === 'running' && await marked() === 404, 120_000)
  const back = await alice.session.post(`${path}/${snapshot.id}/restore`)
  assert.equal(back.status, 200, back.text)
  await until('what was lost is back', async () => await marked() === 200, 120_000)
  assert.equal((await s.visit('alices-site.solutions.test', '/marker.txt'))?.text, 'precious\n')
  await alice.reaches(id, 'running')
  assert.ok(two.repositories().length > 0)
})

test('deleted it leaves nothing', async () => {
  const gone = await alice.session.remove(`/marketplace/api/deployments/${id}`, 'alices-site')
  assert.equal(gone.status, 200, gone.text)
  assert.deepEqual(await containers(`atoll.deployment=${id}`), [])
  assert.deepEqual(await volumes(id), [])
  assert.equal((await s.visit('alices-site.solutions.test'))?.status ?? 0, 0)
})
