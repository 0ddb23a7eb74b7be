// SPDX-License-Identifier: Apache-2.0
// Backups of deployments: what a volume holds goes to two servers, comes back from either, and moves to another node.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { engine } from './lib/docker.ts'
import { until } from './lib/process.ts'
import { Services, type Customer } from './lib/services.ts'
import { BackupHost } from './lib/sshd.ts'

const servers = '/marketplace/api/admin/backup-servers'
/** 3 MB that nobody else has, made once; the page tells their hash as it is at the start. */
const script = [
  '[ -f /data/content ] || head -c 3000000 /dev/urandom > /data/content', 'ln -sf content /data/link', 'mkdir -p /data/empty',
  'sha256sum /data/content | cut -c1-64 > /tmp/index.html', '/bin/busybox httpd -p 8081 -h /tmp', 'exec /bin/busybox httpd -f -p 8080 -h /tmp'
].join('; ')
const kind = { raw: true, script, more: '[[backup]]\nvolume = "data"\nbefore = ["/bin/busybox", "touch", "/data/before"]\n' }

let s: Services
let alice: Customer
let bob: Customer
let one: BackupHost
let two: BackupHost
let id: string
let hash: string

const path = (d: string): string => `/marketplace/api/deployments/${d}/backups`
const over = (who: Customer, d: string): Promise<any> => until('the end of it', async () => {
  const v = await who.session.read(path(d))
  return v.running ? null : v
}, 120_000, 200)
const key = async (x: Services): Promise<string> => (await x.operator.read(servers)).publicKey
/** Runs a command in the deployment's container. */
const inside = async (d: string, ...command: string[]): Promise<void> => {
  const box = `atoll-s-${d.slice(0, 8)}-web`
  const { Id } = await engine<{ Id: string }>(`/v1.41/containers/${box}/exec`, 'POST', { Cmd: command, AttachStdout: true, AttachStderr: true })
  await engine(`/v1.41/exec/${Id}/start`, 'POST', { Detach: true })
  await until('the end of the command', async () => !(await engine<{ Running: boolean }>(`/v1.41/exec/${Id}/json`)).Running, 60_000)
}

before(async () => {
  ;[one, two] = await Promise.all([BackupHost.start('one'), BackupHost.start('two', { ordinary: true })])
  s = await Services.begin({ BACKUP_SCHEDULE: 'none', NODE_BACKUP_SCHEDULE: 'none', BACKUP_TEST_DAYS: '0', BACKUP_CHECK_DAYS: '0' }, [kind])
  alice = await s.customer('alice')
  bob = await s.customer('bob')
  const deployed = alice.running('notes')
  for (const [h, name] of [[one, 'one'], [two, 'two']] as const) {
    const r = h.prepare(await key(s))
    assert.equal(r.status, 0, r.stderr)
    await h.up()
    await s.operator.tell(servers, h.as(name))
  }
  id = await deployed
  hash = (await alice.page(id)).trim()
  assert.match(hash, /^[0-9a-f]{64}$/)
})
after(async () => {
  await s?.stop()
  await one?.stop()
  await two?.stop()
})

describe('backups of a deployment', () => {
  test('are its owner\'s alone', async () => {
    for (const [method, what, body] of [
      ['GET', ''], ['POST', '', {}], ['PUT', '', { schedule: '' }], ['POST', '/latest/restore', {}], ['POST', '/latest/verify', {}], ['POST', '/key', {}]
    ] as Array<[string, string, unknown]>) {
      const r = await bob.session.ask(method, path(id) + what, body)
      assert.equal(r.status, 404, `${method} ${what}: ${r.text}`)
      assert.equal((await bob.session.ask(method, path('node') + what, body)).status, 404, 'the node\'s own is nobody\'s')
    }
    const keys = [(await alice.session.tell(`${path(id)}/key`)).key, (await alice.session.tell(`${path(id)}/key`)).key]
    assert.equal(keys[0], keys[1])
    assert.ok(!s.w.log.includes(keys[0]))
  })

  test('have a schedule and a retention that can be wrong', async () => {
    const put = (body: unknown): Promise<any> => alice.session.put(path(id), body)
    for (const [body, why] of [
      [{ schedule: 'often' }, /schedule/], [{ schedule: '* * * * *' }, /ten minutes/], [{ retention: { hourly: 3 } }, /hourly/],
      [{ retention: {} }, /at least one/], [{ retention: { daily: -1 } }, /0 to 1000/], [{ retention: { last: 1.5 } }, /0 to 1000/]
    ] as Array<[unknown, RegExp]>) {
      const r = await put(body)
      assert.equal(r.status, 400, r.text)
      assert.match(r.json.error, why)
    }
    const v = (await put({ schedule: '30 4 * * *', retention: { last: 2, weekly: 1 } })).json
    assert.equal(v.schedule, '30 4 * * *')
    assert.deepEqual(v.retention, { last: 2, daily: 0, weekly: 1, monthly: 0, yearly: 0 })
    assert.ok(v.next > Date.now() && v.next < Date.now() + 86_400_000 && new Date(v.next).getUTCHours() === 4)
    assert.equal((await put({ schedule: '' })).json.next, null)
  })

  test('the volume is destroyed and so is the first server: the second one has it all', async () => {
    assert.equal((await alice.session.post(path(id), {})).status, 200)
    const v = await over(alice, id)
    assert.deepEqual(v.alerts, [])
    assert.deepEqual(v.snapshots[0].servers, ['one', 'two'])
    assert.ok(v.snapshots[0].size > 3_000_000)
    await one.destroy()
    await inside(id, '/bin/busybox', 'sh', '-c', 'rm -rf /data/*; echo junk > /data/content')
    assert.equal((await alice.session.post(`${path(id)}/${v.snapshots[0].id}/restore`, {})).status, 200)
    assert.equal((await alice.session.post(`${path(id)}/latest/restore`, {})).status, 409, 'one thing at a time')
    const after = await over(alice, id)
    assert.deepEqual(after.alerts.filter((a: any) => a.kind === 'restore'), [])
    const d = await alice.reaches(id, 'running')
    assert.equal(d.health, 'healthy')
    assert.equal((await alice.page(id)).trim(), hash)
    const listed = await engine<any>(`/v1.41/containers/atoll-s-${id.slice(0, 8)}-web/json`)
    assert.equal(listed.Mounts.length, 1)
  })

  test('another node that knows the server takes it over with the owner\'s key', async () => {
    const { key: secret, repository } = await alice.session.tell(`${path(id)}/key`)
    const other = await Services.begin({ BACKUP_SCHEDULE: 'none', NODE_BACKUP_SCHEDULE: 'none' }, [kind])
    try {
      const carol = await other.customer('carol')
      assert.equal(two.prepare(await key(other)).status, 0)
      await other.operator.tell(servers, two.as('there'))
      const adopt = (more: Record<string, unknown>): Promise<any> => carol.session.post('/marketplace/api/backups/adopt', {
        server: 'there', repository, key: secret, name: 'moved', pool: carol.poolId, ...more
      })
      assert.equal((await adopt({ key: 'x'.repeat(43) })).status, 403)
      assert.equal((await adopt({ repository: 'none' })).status, 404)
      assert.equal((await adopt({ repository: '../x' })).status, 400)
      assert.equal((await adopt({ server: 'none' })).status, 404)
      assert.equal((await adopt({ snapshot: '0123456789abcdef' })).status, 404)
      assert.equal((await adopt({ pool: 'none' })).status, 400)
      assert.equal((await carol.list()).length, 0)
      const r = await adopt({})
      assert.equal(r.status, 200, r.text)
      await carol.reaches(r.json.deployment, 'running')
      assert.equal((await carol.page(r.json.deployment)).trim(), hash)
      assert.notEqual((await carol.session.tell(`${path(r.json.deployment)}/key`)).key, secret, 'from now on it is carol\'s key')
    } finally {
      await other.stop()
    }
  })
})
