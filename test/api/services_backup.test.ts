// SPDX-License-Identifier: Apache-2.0
// Deployments and backups: what a volume held comes back, in place and as a new deployment; what is not well is not kept.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from './lib/process.ts'
import { Services, Customer, command } from './lib/services.ts'
import { BackupHost } from './lib/sshd.ts'

let s: Services
let frank: Customer
let host: BackupHost
let id: string
const backups = '[[backup]]\nvolume = "data"\ncontainer = "web"\nbefore = ["/bin/busybox", "sh", "-c", "echo before >> /data/hooks"]\nafter = ["/bin/busybox", "sh", "-c", "echo after >> /data/hooks"]\nrestored = ["/bin/busybox", "sh", "-c", "echo restored >> /data/hooks"]\n'
before(async () => {
  host = await BackupHost.start('services')
  s = await Services.begin({ BACKUP_SCHEDULE: 'none', NODE_BACKUP_SCHEDULE: 'none', BACKUP_TEST_DAYS: '0', BACKUP_CHECK_DAYS: '0' }, [{ raw: true, more: backups }])
  host.prepare((await s.operator.read('/marketplace/api/admin/backup-servers')).publicKey)
  await host.up()
  await s.operator.tell('/marketplace/api/admin/backup-servers', host.as('one'))
  frank = await s.customer('frank')
  id = await frank.running('kept')
})
after(async () => { await s?.stop(); await host?.stop() })

const sh = (d: string, line: string): Promise<string> => command(`/atoll-s-${d.slice(0, 8)}-web`, ['/bin/busybox', 'sh', '-c', line])
const state = (d: string): Promise<any> => frank.session.read(`/marketplace/api/deployments/${d}/backups`)
const over = (d: string): Promise<any> => until('the end of the backup', async () => { const b = await state(d); return b.running ? null : b }, 120_000, 200)

test('a backup runs the package\'s hooks and a restore brings back what was there', async () => {
  await sh(id, 'echo precious > /data/file')
  await frank.asks(id, 'backups')
  const b = await over(id)
  assert.equal(b.snapshots.length, 1, JSON.stringify(b))
  assert.deepEqual((await sh(id, 'cat /data/hooks')).trim().split('\n'), ['before', 'after'])
  await sh(id, 'rm /data/file; echo new > /data/other')
  await frank.asks(id, `backups/${b.snapshots[0].id}/restore`)
  await frank.becomes(id, (d) => d.timeline.some((t: any) => t.state === 'restoring'))
  await frank.becomes(id, (d) => d.state === 'running')
  await over(id)
  assert.equal((await sh(id, 'cat /data/file')).trim(), 'precious')
  assert.equal((await sh(id, 'cat /data/other 2>&1 || true')).includes('new'), false, 'what came later is gone')
  assert.deepEqual((await sh(id, 'cat /data/hooks')).trim().split('\n'), ['before', 'restored'])
  assert.match(await frank.page(id), /^v1/)
  assert.deepEqual((await s.left()).filter((n) => n.includes('-v-') || n.includes('-w-')), [`atoll-v-${id.slice(0, 8)}-data-1`], 'the old volumes and the writer are gone')
})

test('a backup of a deployment that is gone becomes a new one, and nobody else\'s', async () => {
  const from = await state(id)
  const key = (await frank.session.tell(`/marketplace/api/deployments/${id}/backups/key`)).key as string
  assert.equal((await frank.delete(id, 'kept')).status, 200)
  const other = await s.customer('mallory')
  const body = { server: 'one', repository: from.repository, pool: frank.poolId, name: 'again' }
  assert.notEqual((await other.session.post('/marketplace/api/backups/adopt', { ...body, key: 'wrong', pool: other.poolId })).status, 200)
  const r = await frank.session.post('/marketplace/api/backups/adopt', { ...body, key })
  assert.equal(r.status, 200, r.text)
  const again = r.json.deployment as string
  await frank.reaches(again, 'running')
  assert.equal((await sh(again, 'cat /data/file')).trim(), 'precious')
  assert.match(await frank.page(again), /hello from kept/, 'with the answers of then')
})

test('what is left of a deleted deployment goes when its owner says so', async () => {
  const gone = '/marketplace/api/backups'
  const [left] = (await frank.session.read(gone)).backups
  assert.deepEqual({ ...left, deletedAt: 0, purgeAt: 0, lastAt: 0, repository: '' }, { deployment: id, name: 'kept', repository: '', deletedAt: 0, purgeAt: 0, purging: false, snapshots: 1, lastAt: 0 })
  assert.equal(left.purgeAt - left.deletedAt, 30 * 86_400_000)
  assert.deepEqual(host.repositories().filter((r) => r.endsWith(id)), [left.repository])
  const mallory = await s.tenant('mallory')
  assert.deepEqual((await mallory.session.read(gone)).backups, [])
  const path = `/marketplace/api/deployments/${id}/backups`
  assert.equal((await mallory.session.del(path, { confirm: id })).status, 404)
  assert.equal((await frank.session.del(path, { confirm: 'kept' })).status, 400)
  const [live] = await frank.list()
  assert.equal((await frank.session.del(`/marketplace/api/deployments/${live.id}/backups`, { confirm: live.id })).status, 409)
  for (const _ of [1, 2]) assert.ok([200, 404].includes((await frank.session.del(path, { confirm: id })).status))
  await until('the end of it', async () => (await frank.session.get(path)).status === 404)
  assert.deepEqual(host.repositories().filter((r) => r.endsWith(id)), [])
  assert.deepEqual((await frank.session.read(gone)).backups, [])
})
