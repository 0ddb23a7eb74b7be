// SPDX-License-Identifier: Apache-2.0
// Backups of the node's own state to real servers (sshd on loopback, prepared by scripts/backup-server.sh), and what goes wrong on the way.
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync, writeSync, openSync, closeSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { World } from './fixtures.ts'
import { atoll } from './lib/chain.ts'
import { until } from './lib/process.ts'
import { Session } from './lib/session.ts'
import { BackupHost, Road, isRoot, prepare } from './lib/sshd.ts'

const servers = '/marketplace/api/admin/backup-servers'
const own = '/marketplace/api/admin/backups'
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHcRDhBdTF1Hc1Yq2BIyZ3tGzTUKzU5sW2GyJ0lYc9pA someone'

let w: World
let root: Session
let one: BackupHost
let two: BackupHost
let full: BackupHost
let road: Road
let hook: Server
const told: Array<{ event: string; server: string; kind: string; text: string }> = []
let publicKey = ''

const list = async (): Promise<any> => root.read(own)
const server = async (name: string): Promise<any> => (await root.read(servers)).servers.find((s: any) => s.name === name)
/** Backs the node up and waits until that is over. */
const backUp = async (): Promise<any> => {
  const r = await root.post(own, {})
  assert.equal(r.status, 200, r.text)
  return over()
}
const over = async (): Promise<any> => until('the end of the backup', async () => { const v = await list(); return v.running ? null : v }, 120_000, 200)
/** Not spawnSync: what it talks to may pass through this process. */
const cli = (...args: string[]): Promise<{ status: number; out: string; err: string }> => new Promise((resolve) => {
  const env = { ...process.env, NODE_URL: w.url, RPC: w.chain.url, ADDRESS_FILE: w.chain.addressFile, PRIVATE_KEY: w.publisher.privateKey }
  execFile(atoll, args, { encoding: 'utf8', env }, (e, out, err) => resolve({ status: e ? Number(e.code) : 0, out, err }))
})

before(async () => {
  hook = createServer((q, r) => {
    let text = ''
    q.on('data', (d) => { text += d }).on('end', () => { told.push(JSON.parse(text)); r.end() })
  }).listen(0, '127.0.0.1')
  ;[one, two] = await Promise.all([BackupHost.start('one'), BackupHost.start('two', { ordinary: true })])
  w = await World.start({
    compute: false,
    env: (world) => ({
      DEV_LOGIN: 'true', MARKETPLACE_ADMINS: '["root"]', ALLOWED_ADMINS: JSON.stringify([world.publisher.address]),
      NODE_BACKUP_SCHEDULE: 'none', BACKUP_TEST_DAYS: '0', BACKUP_CHECK_DAYS: '0', BACKUP_STALL: '5', BACKUP_RETENTION: 'last=2',
      BACKUP_ALERT_URL: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`, MAX_PAGE_REQ_PER_MINUTE: '0', MAX_LOGIN_REQ_PER_MINUTE: '0'
    })
  })
  root = await Session.dev(w.url, 'root')
  publicKey = (await root.read(servers)).publicKey
})

after(async () => {
  road?.stop()
  await w?.stop()
  for (const h of [one, two, full]) await h?.stop()
  hook?.close()
})

describe('a backup server is prepared by scripts/backup-server.sh', () => {
  test('regression 18: not without a key, and never with a password', () => {
    for (const [args, why] of [
      [[], /no key/], [['--key', 'secret'], /not one public key/], [['--key', `command="x" ${key}`], /not one public key/],
      [['--key', `${key}\nssh-rsa AAAA`], /not one public key/], [['--key', key.replace('IHcR', '////')], /does not understand/],
      [['--password', 'x', '--key', key], /no passwords/], [['--key-file', '/nowhere'], /cannot be read/],
      [['--key', key, '--user', 'root'], /root is not/], [['--key', key, '--user', 'a;touch x'], /no user name/],
      [['--key', key, '--root', '/srv/$(touch x)'], /plain characters/], [['--key', key, '--root', '/srv/../etc'], /plain characters/],
      [['--key', key, '--root', 'relative'], /absolute/], [['--frobnicate'], /unknown argument/], [['--key'], /needs a value/]
    ] as Array<[string[], RegExp]>) {
      const r = prepare(args)
      assert.notEqual(r.status, 0, args.join(' '))
      assert.match(r.stderr, why, args.join(' '))
    }
  })

  test('it may run again, and the user can do nothing but SFTP', async () => {
    assert.match(publicKey, /^ssh-ed25519 /)
    for (const h of [one, two]) {
      const first = h.prepare(publicKey)
      assert.equal(first.status, 0, first.stderr)
      assert.match(first.stdout, /key added/)
      const again = h.prepare(publicKey)
      assert.equal(again.status, 0, again.stderr)
      assert.doesNotMatch(again.stdout, /key added|made/)
      await h.up()
    }
    const identity = join(w.dir, 'node/backup/id_ed25519')
    assert.equal(statSync(identity).mode & 0o777, 0o600)
    for (const h of [one, two]) {
      const ssh = (...command: string[]): { status: number | null; stdout: string; stderr: string } => spawnSync('ssh', [
        '-F', 'none', '-i', identity, '-p', String(h.port), '-o', `UserKnownHostsFile=${h.dir}/known`, '-o', 'StrictHostKeyChecking=accept-new',
        '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', ...command
      ], { encoding: 'utf8', timeout: 30_000 })
      const shell = ssh(`${h.user}@127.0.0.1`, 'id')
      assert.doesNotMatch(shell.stdout, /uid=/)
      const sftp = spawnSync('sftp', ['-F', 'none', '-q', '-b', '-', '-i', identity, '-P', String(h.port), '-o', `UserKnownHostsFile=${h.dir}/known`, `${h.user}@127.0.0.1`], {
        input: h.ordinary ? 'pwd\n' : 'pwd\nls /\n-put /etc/hostname /evil\n-get /etc/passwd\nput /etc/hostname /repositories/x\nrm /repositories/x\n', encoding: 'utf8'
      })
      assert.equal(sftp.status, 0, sftp.stderr)
      if (!h.ordinary) {
        assert.match(sftp.stdout, /working directory: \/\n/)
        assert.ok(!existsSync(join(h.root, 'evil')), 'the root of the chroot is not the user\'s')
      }
    }
    if (isRoot) {
      const effective = execFileSync('/usr/sbin/sshd', ['-T', '-f', join(one.dir, 'sshd_config'), '-C', `user=${one.user},host=h,addr=127.0.0.1`], { encoding: 'utf8' })
      assert.match(effective, /^passwordauthentication no$/m)
      assert.match(effective, /^authenticationmethods publickey$/m)
    }
  })
})

describe('backup servers of a node', () => {
  test('regression 17: names with `;$()` and spaces reach no shell', async () => {
    const evil = ['a;touch pwned', '$(touch pwned)', '`touch pwned`', '../x', '-oProxyCommand=touch pwned', 'a b', 'a\nHost *', '', 'x'.repeat(40), '%h']
    for (const name of evil) {
      for (const body of [{ ...one.as('good'), name }, { ...one.as('good'), host: name }, { ...one.as('good'), user: name }] as Array<Record<string, unknown>>) {
        const r = await root.post(servers, body)
        assert.ok(r.status === 400 || (r.status === 503 && body.host === name && /^x+$/.test(name)), `${JSON.stringify(name)}: ${r.status} ${r.text}`)
      }
    }
    // a path may be anything that a folder can be called: it is a name on the server and nothing else
    const folder = 'a b;touch pwned;$(touch pwned)`touch pwned`"\''
    const r = await root.post(servers, { ...one.as('good'), path: `${one.path}/${folder}` })
    assert.equal(r.status, 200, r.text)
    assert.ok(one.repositories().includes(folder))
    assert.equal((await root.del(`${servers}/good`)).status, 200)
    assert.ok(!existsSync('pwned') && !existsSync(join(w.dir, 'node/backup/pwned')))
    assert.deepEqual((await root.read(servers)).servers, [])
    assert.equal((await root.post(servers, { ...one.as('good'), port: 70000 })).status, 400)
    assert.equal((await root.post(servers, { ...one.as('good'), path: '/x/../../etc' })).status, 400)
  })

  test('a server that does not let the node in, or is another one, is not added', async () => {
    const stranger = await BackupHost.start('stranger', { ordinary: true })
    try {
      stranger.prepare(key)
      await stranger.up()
      const login = await root.post(servers, stranger.as('stranger'))
      assert.equal(login.status, 502, login.text)
      assert.match(login.json.error, /does not let the node in/)
      const wrong = await root.post(servers, { ...one.as('one'), fingerprint: stranger.fingerprint })
      assert.equal(wrong.status, 409)
      assert.match(wrong.json.error, new RegExp(one.fingerprint.replace(/[+]/g, '\\+')))
    } finally {
      await stranger.stop()
    }
    const away = await root.post(servers, stranger.as('stranger'))
    assert.equal(away.status, 503, away.text)
    assert.deepEqual((await root.read(servers)).servers, [])
    assert.equal((await root.post(own, {})).status, 503, 'without any server')
  })

  test('two are added, one of them by the command line, and are checked', async () => {
    const r = await root.post(servers, one.as('one'))
    assert.equal(r.status, 200, r.text)
    assert.equal(r.json.fingerprint, one.fingerprint)
    road = await Road.to(two.port)
    const added = await cli('backup', 'server', 'add', 'two', '127.0.0.1', '--port', String(road.port), '--user', two.user, '--path', two.path,
      '--fingerprint', two.fingerprint, '--json')
    assert.equal(added.status, 0, added.err)
    assert.equal(JSON.parse(added.out).fingerprint, two.fingerprint)
    assert.equal((await root.post(servers, one.as('one'))).status, 409)
    assert.equal((await root.post(`${servers}/one/check`, {})).status, 200)
    assert.equal((await root.post(`${servers}/none/check`, {})).status, 404)
    const shown = JSON.parse((await cli('backup', 'server', 'list', '--json')).out)
    assert.deepEqual(shown.servers.map((s: any) => [s.name, s.state]), [['one', 'ok'], ['two', 'ok']])
    const repository = `${w.wallet.address.slice(2, 12).toLowerCase()}-node`
    assert.ok(one.repositories().includes(repository), 'the folder of the node\'s own')
    assert.deepEqual(two.repositories(), [repository])
  })
})

describe('the node\'s own state', () => {
  test('is on both servers, and reads back', async () => {
    const v = await backUp()
    assert.deepEqual(v.alerts, [])
    assert.equal(v.snapshots.length, 1)
    assert.deepEqual(v.snapshots[0].servers, ['one', 'two'])
    assert.ok(v.servers.every((s: any) => s.ok))
    assert.equal((await root.post(`${own}/${v.snapshots[0].id}/verify`, {})).status, 200)
    assert.equal((await root.post(own, {})).status, 409, 'one thing at a time')
    assert.equal((await over()).snapshots[0].ok, true)
    assert.equal((await root.post(`${own}/0123456789abcdef/verify`, {})).status, 404)
  })

  test('regression 19: who has the servers and their credential can read nothing', () => {
    const identity = readFileSync(join(w.dir, 'node/backup/id_ed25519'), 'utf8').trim()
    const r = spawnSync('restic', ['-r', join(one.root, 'repositories', `${w.wallet.address.slice(2, 12).toLowerCase()}-node`), 'snapshots', '--no-cache', '--no-lock'], {
      encoding: 'utf8', env: { ...process.env, RESTIC_PASSWORD: identity }
    })
    assert.notEqual(r.status, 0)
    assert.match(r.stderr, /wrong password/)
  })

  test('regression 20: a server that fails is an alert, and the other one goes on', async () => {
    await two.down()
    told.length = 0
    const v = await backUp()
    assert.deepEqual(v.snapshots[0].servers, ['one'])
    assert.equal(v.servers.find((s: any) => s.name === 'two').ok, false)
    assert.equal((await server('two')).state, 'failing')
    assert.match(w.log, /warn +backup: failed: server on 'two'/)
    assert.deepEqual(told.map((t) => [t.event, t.server]), [['backup.failed', 'two']])
    await two.up()
    assert.equal((await root.post(`${servers}/two/check`, {})).status, 200)
    assert.ok(told.some((t) => t.event === 'backup.recovered' && t.kind === 'server'))
    assert.equal((await server('two')).state, 'ok')
  })

  test('a changed host key is refused until it is accepted', async () => {
    await two.down()
    two.newHostKey()
    await two.up()
    const v = await backUp()
    assert.match(v.servers.find((s: any) => s.name === 'two').error, /host key/)
    const blind = await cli('backup', 'server', 'accept-key', 'two')
    assert.equal(blind.status, 1)
    assert.ok(blind.err.includes(two.fingerprint), blind.err)
    assert.equal((await root.post(`${servers}/two/accept-key`, { fingerprint: one.fingerprint })).status, 409)
    const accepted = await cli('backup', 'server', 'accept-key', 'two', '--fingerprint', two.fingerprint, '--json')
    assert.equal(accepted.status, 0, accepted.err)
    assert.equal((await server('two')).state, 'ok')
  })

  test('a full disk is said, and costs the other server nothing', { skip: isRoot ? false : 'mounting needs root' }, async () => {
    full = await BackupHost.start('full', { size: 3 << 20 })
    assert.equal(full.prepare(publicKey).status, 0)
    await full.up()
    const r = await root.post(servers, full.as('full'))
    assert.equal(r.status, 200, r.text)
    const fd = openSync(join(full.root, 'filler'), 'w')
    try { for (;;) writeSync(fd, Buffer.alloc(4096)) } catch { closeSync(fd) }
    const v = await backUp()
    assert.match(v.servers.find((s: any) => s.name === 'full').error, /is full/)
    assert.deepEqual(v.snapshots[0].servers, ['one', 'two'])
    assert.equal((await root.del(`${servers}/full`)).status, 200)
    assert.equal((await root.del(`${servers}/full`)).status, 404)
  })

  test('a server falls silent in the middle, and the node is killed: no half of a snapshot, nothing that runs on', async () => {
    road.limit = 12_000
    road.stuck = 0
    assert.equal((await root.post(own, {})).status, 200)
    await until('the backup under way', () => road.stuck > 0, 60_000)
    const children = execFileSync('sh', ['-c', `pgrep -P ${w.node.pid} -f restic || true`], { encoding: 'utf8' }).split('\n').filter(Boolean)
    w.node.kill('SIGKILL')
    await w.node.end()
    await until('the end of what it ran', () => children.every((pid) => !existsSync(`/proc/${pid}`)), 60_000)
    await w.startNode()
    root = await Session.dev(w.url, 'root')
    // the server is silent still: it is given up, and the other one has its snapshot
    assert.deepEqual((await backUp()).snapshots[0].servers, ['one'])
    road.limit = Infinity
    const v = await backUp()
    assert.deepEqual(v.snapshots[0].servers, ['one', 'two'])
    assert.equal((await root.post(`${own}/latest/verify`, {})).status, 200)
    assert.deepEqual((await over()).alerts, [])
  })

  test('it comes back on a machine that has nothing, from the second server alone', async () => {
    const id = (await list()).snapshots[0].id
    await one.destroy()
    const data = join(w.dir, 'again')
    const secret = join(w.dir, 'secret')
    writeFileSync(secret, w.wallet.privateKey, { mode: 0o600 })
    const restore = (...more: string[]): Promise<{ status: number; out: string; err: string }> => cli('backup', 'restore-node', '--host', '127.0.0.1', '--port', String(two.port),
      '--user', two.user, '--path', two.path, '--data', data, '--key-file', secret, '--json', ...more)
    const stranger = await restore()
    assert.equal(stranger.status, 1)
    assert.match(stranger.err, /backup-server\.sh --key 'ssh-ed25519 /)
    assert.ok(!existsSync(join(data, 'atoll.sqlite')))
    const wrong = await restore('--identity', join(w.dir, 'node/backup/id_ed25519'), '--fingerprint', 'SHA256:wrong')
    assert.match(wrong.err, /shows the host key/)
    const r = await restore('--identity', join(w.dir, 'node/backup/id_ed25519'))
    assert.equal(r.status, 0, r.err)
    assert.equal(JSON.parse(r.out).snapshot, id)
    assert.deepEqual(JSON.parse(r.out).files, ['atoll.sqlite', 'options.json'])
    assert.match((await restore('--identity', secret)).err, /already/)
    assert.doesNotMatch(readFileSync(join(data, 'options.json'), 'utf8'), new RegExp(w.wallet.privateKey.slice(2), 'i'))
    const integrity = execFileSync('python3', ['-c', 'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone()[0])', join(data, 'atoll.sqlite')], { encoding: 'utf8' })
    assert.equal(integrity.trim(), 'ok')
    // a node on it knows what this one knew
    assert.equal(await w.node.stop(), 0)
    const before = join(w.dir, 'node')
    execFileSync('mv', [before, join(w.dir, 'lost')])
    execFileSync('mv', [data, before])
    await w.startNode()
    root = await Session.dev(w.url, 'root')
    assert.deepEqual((await root.read(servers)).servers.map((s: any) => s.name), ['one', 'two'])
    const v = await backUp()
    assert.deepEqual(v.snapshots[0].servers, ['two'])
  })
})
