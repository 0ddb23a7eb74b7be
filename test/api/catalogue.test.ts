// SPDX-License-Identifier: Apache-2.0
// Every package that ships: deployed through its wizard, healthy, used, backed up, restored, updated and removed, on images that stand in
// for the real ones; and nothing of it stays. All of them at once, as people would.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { containers, engine, socketPath } from './lib/docker.ts'
import { until } from './lib/process.ts'
import { Solutions, machine, type Answers, type Tenant } from './lib/solutions.ts'
import { BackupHost } from './lib/sshd.ts'

const shipped = join(import.meta.dirname, '../../solutions')
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPR3sNJkHAHIQmSIRXWGnAYyLTGD5rRzZ3mvFdYvbvnV me@home'

/** A command inside a container of a deployment; what it prints. */
async function inside(id: string, container: string, ...command: string[]): Promise<string> {
  const name = `atoll-s-${id.slice(0, 8)}-${container}`
  const send = (path: string, body: object): Promise<Buffer> => new Promise((resolve, reject) => {
    const req = request({ socketPath, path: `/v1.41${path}`, method: 'POST', headers: { 'content-type': 'application/json' } }, (res) => {
      const parts: Buffer[] = []
      res.on('data', (c: Buffer) => parts.push(c)).on('end', () => {
        const all = Buffer.concat(parts)
        if ((res.statusCode ?? 500) >= 400) reject(new Error(`${path}: ${all.toString()}`))
        else resolve(all)
      })
    })
    req.on('error', reject).end(JSON.stringify(body))
  })
  const { Id } = JSON.parse((await send(`/containers/${name}/exec`, { Cmd: command, AttachStdout: true, AttachStderr: true })).toString())
  const frames = await send(`/exec/${Id}/start`, { Detach: false })
  let text = ''
  for (let at = 0; at + 8 <= frames.length;) { // {stream, 0, 0, 0, length} and so many bytes
    const end = at + 8 + frames.readUInt32BE(at + 4)
    text += frames.subarray(at + 8, end).toString()
    at = end
  }
  return text.trim()
}
const get = (id: string, container: string, url: string, ...more: string[]): Promise<string> => inside(id, container, 'curl', '-s', ...more, url)

const hostile = 'a "b" $c; $(touch /data/pwned) `id` ${secret.x} \\\\'

interface Entry {
  answers?: Answers
  /** what a person does with it: leaves a mark that must survive */
  mark: (id: string, secrets: Record<string, string>) => Promise<unknown>
  /** takes the mark away, as an accident would */
  spoil: (id: string) => Promise<unknown>
  /** whether the mark is there; it must also work otherwise */
  marked: (id: string, secrets: Record<string, string>) => Promise<boolean>
}

const s3 = `const http = require('http'), crypto = require('crypto')
const [, , method, path, body = ''] = process.argv
const hash = (d) => crypto.createHash('sha256').update(d).digest('hex'), mac = (k, d) => crypto.createHmac('sha256', k).update(d).digest()
const { ROOT_ACCESS_KEY: id, ROOT_SECRET_KEY: secret } = process.env
const now = new Date().toISOString().replace(/[-:]|\\.\\d+/g, ''), day = now.slice(0, 8), scope = day + '/us-east-1/s3/aws4_request'
const canonical = [method, path, '', 'host:127.0.0.1:7070', 'x-amz-content-sha256:' + hash(body), 'x-amz-date:' + now, '', 'host;x-amz-content-sha256;x-amz-date', hash(body)].join('\\n')
const signing = ['us-east-1', 's3', 'aws4_request'].reduce(mac, mac('AWS4' + secret, day))
const signature = crypto.createHmac('sha256', signing).update(['AWS4-HMAC-SHA256', now, scope, hash(canonical)].join('\\n')).digest('hex')
http.request({ host: '127.0.0.1', port: 7070, method, path, headers: { 'x-amz-content-sha256': hash(body), 'x-amz-date': now,
  authorization: 'AWS4-HMAC-SHA256 Credential=' + id + '/' + scope + ', SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=' + signature } },
  (r) => { let t = ''; r.on('data', (d) => { t += d }).on('end', () => console.log(r.statusCode, t)) }).end(body)`
const bucket = (id: string, method: string, path: string, body = ''): Promise<string> => inside(id, 's3', 'node', '-e', s3, 'x', method, path, body)
const sql = (id: string, text: string): Promise<string> => inside(id, 'db', 'psql', '-h', '/var/run/postgresql', '-U', 'owner', '-At', '-c', text, 'shop')

const entries: Record<string, Entry> = {
  'static-site': {
    answers: { site: { repository: 'https://git.example.org/site.git', branch: 'main', minutes: 60 } },
    mark: (id) => inside(id, 'fetch', 'sh', '-c', 'echo mark >/site/mark'), // what is served comes from the repository anew
    spoil: (id) => inside(id, 'fetch', 'rm', '/site/mark'),
    marked: async (id) => {
      assert.match(await get(id, 'web', 'http://127.0.0.1:8080/'), /<h1>It works<\/h1>/)
      assert.equal(await get(id, 'web', 'http://127.0.0.1:8080/.git/config', '-o', '/dev/null', '-w', '%{http_code}'), '404')
      return await inside(id, 'web', 'cat', '/site/mark') === 'mark'
    }
  },
  postgresql: {
    answers: { settings: { database: 'shop', user: 'owner' } },
    mark: (id) => sql(id, "CREATE TABLE mark (word text); INSERT INTO mark VALUES ('here')"),
    spoil: (id) => sql(id, 'DROP TABLE mark'),
    marked: async (id, secrets) => {
      const url = `postgresql://owner:${secrets.Password}@127.0.0.1/shop`
      assert.equal(await inside(id, 'db', 'psql', url, '-Atc', 'SELECT 1'), '1', 'the password that was shown is the one')
      return /^here$/m.test(await sql(id, 'SELECT word FROM mark'))
    }
  },
  redis: {
    answers: { settings: { eviction: 'allkeys-lru' } },
    mark: (id) => inside(id, 'redis', 'redis-cli', 'set', 'mark', 'here'),
    spoil: (id) => inside(id, 'redis', 'redis-cli', 'del', 'mark'),
    marked: async (id) => {
      assert.match(await inside(id, 'redis', 'env', '-u', 'REDISCLI_AUTH', 'redis-cli', 'get', 'mark'), /NOAUTH/)
      assert.match(await inside(id, 'redis', 'redis-cli', 'config', 'get', 'maxmemory-policy'), /allkeys-lru/)
      return /here/.test(await inside(id, 'redis', 'redis-cli', 'get', 'mark'))
    }
  },
  'object-store': {
    mark: async (id) => {
      assert.match(await bucket(id, 'PUT', '/marks'), /^200/)
      assert.match(await bucket(id, 'PUT', '/marks/one', 'here'), /^200/)
    },
    spoil: (id) => bucket(id, 'DELETE', '/marks/one'),
    marked: async (id) => {
      assert.match(await bucket(id, 'GET', '/'), /^200/)
      return /^200 here/.test(await bucket(id, 'GET', '/marks/one'))
    }
  },
  'git-server': {
    answers: { settings: { admin: 'boss', register: false } },
    mark: (id) => inside(id, 'gitea', 'su-exec', 'git', 'git', 'init', '-q', '--bare', '/data/git/repositories/mark.git'),
    spoil: (id) => inside(id, 'gitea', 'rm', '-r', '/data/git/repositories/mark.git'),
    marked: async (id) => {
      assert.match(await get(id, 'gitea', 'http://127.0.0.1:3000/api/healthz'), /pass/)
      await until('the administrator', async () => /^boss /m.test(await inside(id, 'gitea', 'gitea', 'admin', 'user', 'list')), 60_000)
      assert.match(await inside(id, 'gitea', 'bash', '-c', 'head -1 </dev/tcp/127.0.0.1/22'), /^SSH-2\.0/)
      return (await get(id, 'gitea', 'http://127.0.0.1:3000/')).includes('mark.git')
    }
  },
  wiki: {
    mark: (id) => inside(id, 'wiki', 'sh', '-c', 'echo "a mark" >/config/dokuwiki/data/pages/mark.txt'),
    spoil: (id) => inside(id, 'wiki', 'rm', '/config/dokuwiki/data/pages/mark.txt'),
    marked: async (id) => {
      const page = await get(id, 'wiki', 'http://127.0.0.1/doku.php?id=mark')
      assert.match(page, /DokuWiki/)
      return page.includes('a mark')
    }
  },
  monitoring: {
    answers: { settings: { targets: 'one.example.org:9100,two.example.org:9100', days: 7 } },
    mark: async (id, secrets) => {
      const r = await get(id, 'grafana', 'http://127.0.0.1:3000/api/annotations', '-u', `admin:${secrets["Password of Grafana's administrator"]}`, '-d', '{"text": "here"}')
      assert.match(r, /"id"/)
    },
    spoil: (id) => inside(id, 'grafana', 'sh', '-c', 'echo "[]" >/var/lib/grafana/grafana.db'),
    marked: async (id, secrets) => {
      await until('the targets', async () => { // Prometheus takes up its files some time after it is ready
        const targets = await get(id, 'prometheus', 'http://127.0.0.1:9090/api/v1/targets')
        return ['localhost:9090', 'one.example.org:9100', 'two.example.org:9100'].every((t) => targets.includes(t))
      }, 60_000)
      const source = await inside(id, 'grafana', 'cat', '/etc/grafana/provisioning/datasources/prometheus.yml')
      const url = /url: (\S+)/.exec(source)?.[1] ?? ''
      assert.match(await get(id, 'grafana', `${url}/-/ready`), /Ready/, 'Grafana reaches Prometheus under the name it was given')
      return (await get(id, 'grafana', 'http://127.0.0.1:3000/api/annotations', '-u', `admin:${secrets["Password of Grafana's administrator"]}`)).includes('here')
    }
  },
  jupyterlab: {
    mark: (id) => inside(id, 'lab', 'sh', '-c', 'echo 1+1 >/home/jovyan/work/mark.py'),
    spoil: (id) => inside(id, 'lab', 'rm', '/home/jovyan/work/mark.py'),
    marked: async (id, secrets) => {
      assert.match(await get(id, 'lab', 'http://127.0.0.1:8888/api/contents'), /Forbidden|forbidden/)
      return (await get(id, 'lab', `http://127.0.0.1:8888/api/contents?token=${secrets.Token}`)).includes('mark.py')
    }
  },
  'chat-server': {
    answers: { settings: { admin: 'boss', register: true } },
    mark: (id) => inside(id, 'prosody', 'sh', '-c', 'echo "return {}" >"$(dirname /var/lib/prosody/*/accounts/boss.dat)/mark.dat"'),
    spoil: (id) => inside(id, 'prosody', 'sh', '-c', 'rm /var/lib/prosody/*/accounts/mark.dat'),
    marked: async (id) => {
      assert.match(await get(id, 'prosody', 'http://127.0.0.1:5280/http-bind'), /BOSH/)
      const accounts = await inside(id, 'prosody', 'sh', '-c', 'ls /var/lib/prosody/*/accounts')
      assert.match(accounts, /boss\.dat/)
      return accounts.includes('mark.dat')
    }
  },
  'ubuntu-ssh': {
    answers: { settings: { keys: key } },
    mark: (id) => inside(id, 'ubuntu', 'sh', '-c', 'echo here >/root/mark'),
    spoil: (id) => inside(id, 'ubuntu', 'rm', '/root/mark'),
    marked: async (id) => {
      assert.match(await inside(id, 'ubuntu', 'bash', '-c', 'head -1 </dev/tcp/127.0.0.1/22'), /^SSH-2\.0/)
      assert.equal(await inside(id, 'ubuntu', 'cat', '/etc/ssh/owner-keys'), key)
      return await inside(id, 'ubuntu', 'cat', '/root/mark') === 'here'
    }
  },
  'generic-container': {
    answers: {
      image: { image: '', port: 8000, folder: '/data' },
      process: {
        arguments: ['sh', '-c', 'printf %s "$1" >/data/argument; exec python3 -m http.server 8000 --directory /data', 'sh', hostile].join('\n'),
        variables: { WORDS: hostile }
      }
    },
    mark: (id) => inside(id, 'main', 'sh', '-c', 'printf %s "$WORDS" >/data/mark'),
    spoil: (id) => inside(id, 'main', 'rm', '/data/mark'),
    marked: async (id) => {
      assert.equal(await get(id, 'main', 'http://127.0.0.1:8000/argument'), hostile, 'regression 17: no shell reads an answer')
      return await get(id, 'main', 'http://127.0.0.1:8000/mark') === hostile
    }
  }
}
const names = Object.keys(entries)

let s: Solutions
let alice: Tenant
let server: BackupHost
let pool: string
const ids: Record<string, string> = {}
const secrets: Record<string, Record<string, string>> = {}
const each = (f: (name: string, e: Entry, id: string) => Promise<unknown>): Promise<unknown> =>
  Promise.all(names.map((n) => f(n, entries[n] as Entry, ids[n] ?? '').catch((e: Error) => { e.message = `${n}: ${e.message}`; throw e })))
const deployments = '/marketplace/api/deployments'

before(async () => {
  server = await BackupHost.start('catalogue')
  s = await Solutions.start(async (w) => {
    const [engineOf] = machine(w.chain.ocean) as any[]
    const resources = [{ id: 'cpu', total: 16, max: 2 }, { id: 'ram', total: 32, max: 4 }, { id: 'disk', total: 500, max: 20 }]
    engineOf.environments[0].resources = resources
    return { DOCKER_COMPUTE_ENVIRONMENTS: JSON.stringify([engineOf]), NODE_BACKUP_SCHEDULE: 'none', BACKUP_TEST_DAYS: '0', BACKUP_CHECK_DAYS: '0' }
  })
  const { publicKey } = await s.operator.read('/marketplace/api/admin/backup-servers')
  const ready = server.prepare(publicKey)
  assert.equal(ready.status, 0, ready.stderr)
  await server.up()
  await s.operator.tell('/marketplace/api/admin/backup-servers', server.as('one'))
  alice = await s.tenant('alice')
  pool = await s.grant(alice, 100_000)
  const own = entries['generic-container']?.answers?.image as Record<string, unknown>
  own.image = JSON.parse(execFileSync(join(import.meta.dirname, '../../scripts/standins.sh'), ['map'], { encoding: 'utf8' })).ubuntu
})
after(async () => {
  for (const id of Object.values(ids)) await alice?.session.remove(`${deployments}/${id}`, (await alice.deployment(id).catch(() => ({ name: '' }))).name).catch(() => null)
  await s?.stop()
  await server?.stop()
})

test('every package of the catalogue is here', async () => {
  const list = (await alice.session.read('/marketplace/api/packages')).packages.filter((p: any) => p.offered).map((p: any) => p.name)
  assert.deepEqual(list.sort(), names.slice().sort())
})

test('each is deployed by answering its questions, and passes its health check', async () => {
  for (const [name, e] of Object.entries(entries)) { // few wizards of one person may be open at a time
    ids[name] = await alice.order(name, { name: { name: `x-${name}` }, size: { pool }, ...(e.answers ?? {}) })
  }
  await each(async (_, __, id) => {
    const d = await alice.reaches(id, 'running')
    assert.equal(d.health, 'healthy')
  })
})

test('each gives its credentials once, and does what it is for', async () => {
  await each(async (name, e, id) => {
    const r = await alice.session.tell(`${deployments}/${id}/credentials`)
    secrets[name] = Object.fromEntries(r.credentials.map((c: any) => [c.label, c.value]))
    for (const value of Object.values(secrets[name] ?? {})) assert.ok(value.length >= 16)
    assert.equal(await e.marked(id, secrets[name] ?? {}), false)
    await e.mark(id, secrets[name] ?? {})
    assert.equal(await e.marked(id, secrets[name] ?? {}), true)
  })
})

test('each is backed up and restored', async () => {
  await each(async (_, __, id) => {
    await alice.session.tell(`${deployments}/${id}/backups`)
    await until('a snapshot', async () => {
      const b = await alice.session.read(`${deployments}/${id}/backups`)
      assert.deepEqual(b.alerts, [])
      return !b.running && b.snapshots.length > 0
    }, 400_000, 200)
  })
  await each(async (name, e, id) => {
    await e.spoil(id)
    assert.equal(await e.marked(id, secrets[name] ?? {}), false)
    const [snapshot] = (await alice.session.read(`${deployments}/${id}/backups`)).snapshots
    await alice.session.tell(`${deployments}/${id}/backups/${snapshot.id}/restore`)
    await until('the restored mark', async () => {
      const d = await alice.deployment(id)
      if (d.state !== 'running' || d.health !== 'healthy') return false
      return e.marked(id, secrets[name] ?? {}).catch(() => false)
    }, 400_000, 500)
  })
})

test('each is updated to a new version, and keeps what was in it', async () => {
  await each(async (name) => {
    const dir = join(s.w.dir, 'next', name)
    cpSync(join(shipped, name), dir, { recursive: true })
    const file = join(dir, 'package.toml')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^version = .*$/m, 'version = "99"'))
    await s.operator.tell('/marketplace/api/admin/packages', { source: dir })
  })
  await each(async (name, e, id) => {
    await alice.session.tell(`${deployments}/${id}/update`, { version: '99' })
    const d = await until('the new version', async () => {
      const now = await alice.deployment(id)
      return now.version === '99' && now.state === 'running' && now.health === 'healthy' ? now : null
    }, 400_000, 200)
    assert.equal(d.version, '99')
    assert.equal(await e.marked(id, secrets[name] ?? {}), true)
  })
})

test('each is removed, and leaves nothing behind', async () => {
  await each(async (name, _, id) => {
    const r = await alice.session.remove(`${deployments}/${id}`, `x-${name}`)
    assert.equal(r.status, 200, r.text)
  })
  const mine = `atoll.owner=${alice.session.person?.id}`
  const filter = encodeURIComponent(JSON.stringify({ label: [mine] }))
  assert.deepEqual(await containers(mine), [])
  assert.deepEqual((await engine<any>(`/v1.41/volumes?filters=${filter}`)).Volumes ?? [], [])
  assert.deepEqual(await engine<any[]>(`/v1.41/networks?filters=${filter}`), [])
  for (const name of names) {
    const r = await s.operator.del(`/marketplace/api/admin/packages/${name}`)
    assert.equal(r.status, 200, r.text)
  }
  assert.deepEqual((await alice.session.read('/marketplace/api/packages')).packages.map((p: any) => p.name), ['kubernetes'])
})
