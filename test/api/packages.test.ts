// SPDX-License-Identifier: Apache-2.0
// Packages: the catalogue, what administrators add from folders and git, hooks, hosts, and what of all that is refused.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { request } from 'node:http'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { World } from './fixtures.ts'
import { atoll } from './lib/chain.ts'
import { containers, registry, socketPath } from './lib/docker.ts'
import { Session, type Answer } from './lib/session.ts'

const ADMIN = '/marketplace/api/admin/packages'
const began = Math.floor(Date.now() / 1000)
let w: World
let root: Session
let alice: Session
let image: string

const toml = (name: string, version = '1', more = ''): string => `
name = "${name}"
version = "${version}"
title = "Test ${name}"
summary = "For tests"
category = "test"
${more}
[[sizes]]
name = "small"
cpu = 0.5
ram = "256 MiB"
disk = "1 GiB"

[[containers]]
name = "main"
image = "${image}"
user = "1000:1000"
command = ["sleep", "1000"]
`

/** A folder with a package in it. */
function folder(name: string, text: string, files: Record<string, string> = {}): string {
  const dir = join(w.dir, 'packages-of-test', name)
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'package.toml'), text)
  for (const [path, content] of Object.entries(files)) writeFileSync(join(dir, path), content)
  return dir
}

const git = (dir: string, ...args: string[]): string => execFileSync('git', ['-C', dir, '-c', 'user.name=t', '-c', 'user.email=t@example.org',
  '-c', 'init.defaultBranch=main', ...args], { encoding: 'utf8' }).trim()
const again = async (): Promise<void> => {
  assert.equal(await w.node.stop(), 0)
  await w.startNode()
}
const add = (source: string): Promise<Answer> => root.ask('POST', ADMIN, { source })
const kept = async (): Promise<any[]> => (await root.read(ADMIN)).packages
const named = async (name: string): Promise<any> => (await kept()).find((p) => p.name === name)
const catalogue = async (who = alice): Promise<any[]> => (await who.read('/marketplace/api/packages')).packages
const refusal = (a: Answer, status: number, text: RegExp): void => {
  assert.equal(a.status, status, a.text)
  assert.match(a.json.error, text)
}
/** How often a container with this label was started, ever. */
function started(label: string): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ label: [label], event: ['start'] }))
  return new Promise((resolve, reject) => {
    request({ socketPath, path: `/v1.41/events?since=${began}&until=${Math.ceil(Date.now() / 1000)}&filters=${filters}` }, (res) => {
      let text = ''
      res.on('data', (part) => { text += String(part) }).on('end', () => { resolve(text.split('\n').filter(Boolean).length) })
    }).on('error', reject).end()
  })
}

before(async () => {
  image = `${registry().address}/bb:1`
  w = await World.start({ env: { MARKETPLACE_ADMINS: '["root"]', DEVELOP_PACKAGES: 'true' } })
  root = await Session.dev(w.url, 'root')
  alice = await Session.dev(w.url, 'alice')
})
after(() => w.stop())

test('the catalogue ships, with sizes, prices and reasons', async () => {
  const list = await catalogue()
  const names = list.map((p) => p.name)
  for (const n of ['generic-container', 'ubuntu-ssh', 'static-site', 'git-server', 'object-store', 'wiki', 'postgresql', 'redis', 'monitoring',
    'jupyterlab', 'chat-server', 'kubernetes']) assert.ok(names.includes(n), n)
  assert.ok(!names.includes('marketplace'), 'the marketplace is a package, but none that people deploy')
  const k8s = list.find((p) => p.name === 'kubernetes')
  assert.equal(k8s.offered, false)
  assert.match(k8s.reason, /privileged/)
  const pg = list.find((p) => p.name === 'postgresql')
  assert.equal(pg.offered, true)
  assert.equal(pg.count, 0)
  assert.match(pg.sizes[0].perHour.amount, /^[1-9][0-9]*$/)
  const full = await alice.read('/marketplace/api/packages/postgresql')
  assert.deepEqual(full.steps.map((s: any) => s.name), ['name', 'settings', 'size'])
  assert.deepEqual(full.questions.map((q: any) => q.name), ['name', 'database', 'user', 'size', 'pool', 'ends'])
  assert.deepEqual(full.permissions, ['host-port'])
  assert.equal((await alice.ask('GET', '/marketplace/api/packages/none')).status, 404)
  assert.equal((await alice.ask('GET', '/marketplace/api/packages/postgresql?version=0')).status, 404)
})

test('a folder is added, listed, stopped, started and removed', async () => {
  const dir = folder('one', toml('one', '1', 'icon = "i.svg"'), { 'i.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>' })
  const answer = await add(dir)
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.json.name, 'one')
  const row = await named('one')
  assert.equal(row.state, 'started')
  assert.equal(row.source, dir)
  assert.match(row.digest, /^sha256:[0-9a-f]{64}$/)
  assert.equal(row.addedBy, (root.person as any).id)
  assert.ok((await catalogue()).some((p) => p.name === 'one'))
  const icon = await alice.ask('GET', '/marketplace/api/packages/one/icon')
  assert.equal(icon.headers['content-type'], 'image/svg+xml')
  assert.match(String(icon.headers['content-security-policy']), /sandbox/)

  assert.equal((await add(dir)).status, 200, 'the same again is fine')
  await root.tell(`${ADMIN}/one/stop`, {})
  assert.ok(!(await catalogue()).some((p) => p.name === 'one'))
  assert.equal((await alice.ask('GET', '/marketplace/api/packages/one')).status, 404)
  await root.tell(`${ADMIN}/one/start`, {})
  assert.ok((await catalogue()).some((p) => p.name === 'one'))

  writeFileSync(join(dir, 'package.toml'), toml('one', '1', 'description = "other"'))
  refusal(await add(dir), 409, /Package 'one' 1 is there with other content; give the new one another version/)
  writeFileSync(join(dir, 'package.toml'), toml('one', '2'))
  assert.equal((await add(dir)).status, 200)
  assert.deepEqual((await named('one')).versions, ['2', '1'])
  assert.equal((await alice.read('/marketplace/api/packages/one')).version, '2')
  assert.equal((await alice.read('/marketplace/api/packages/one?version=1')).version, '1')

  assert.equal((await root.ask('DELETE', `${ADMIN}/one`)).status, 200)
  assert.equal(await named('one'), undefined)
  refusal(await root.ask('DELETE', `${ADMIN}/one`), 404, /There is no package 'one'/)
  assert.equal((await alice.ask('GET', '/marketplace/api/packages/one')).status, 404)
})

test('a broken package changes nothing', async () => {
  const before = JSON.stringify(await kept())
  const cases: Array<[string, RegExp]> = [
    [folder('bad-key', toml('bad-key') + 'imagee = "x"\n'), /^package\.toml:19: \[\[containers\]\] has no key 'imagee'; the nearest is 'image'$/],
    [folder('cycle', toml('cycle') + 'after = ["main"]\n'), /a cycle of 'after'/],
    [folder('outside', toml('outside') + 'files = [{path = "/x", from = "../../etc/passwd"}]\n'), /leads out of the package/],
    [folder('many', toml('many') + '[[questions]]\nname = "q"\ntype = "string"\nlabel = "q"\n'.repeat(10000)), /tables/],
    [folder('syntax', 'name = '), /package\.toml: line 1/],
    [join(w.dir, 'nothing-there'), /is no folder/],
    ['relative/path', /absolute path/],
    ['https://git.example.org/x.git', /URL@COMMIT/],
    ['https://git.example.org/x.git@main', /full hash/],
    [`ssh://git.example.org/x.git@${'0'.repeat(40)}`, /the address must be like https/],
    [`https://user:pass@git.example.org/x.git@${'0'.repeat(40)}`, /must not hold a user/],
    [`--upload-pack=touch\${IFS}/tmp/x://@${'0'.repeat(40)}`, /the address must/]
  ]
  for (const [source, text] of cases) refusal(await add(source), 400, text)
  const linked = folder('linked', toml('linked'))
  symlinkSync('/etc/passwd', join(linked, 'secret'))
  refusal(await add(linked), 400, /secret: a package holds files and folders, no links/)
  refusal(await root.ask('POST', ADMIN, {}), 400, /source/)
  assert.equal(JSON.stringify(await kept()), before)
})

test('a repository is added at one commit, and nothing of git stays', async () => {
  const dir = folder('from-git', toml('from-git', '1', '# <h1> \\u0041'), { 'more.txt': 'more' })
  git(dir, 'init', '-q')
  git(dir, 'add', '-A')
  git(dir, 'commit', '-qm', 'one')
  const first = git(dir, 'rev-parse', 'HEAD')
  writeFileSync(join(dir, 'package.toml'), toml('from-git', '2'))
  git(dir, 'commit', '-qam', 'two')
  const second = git(dir, 'rev-parse', 'HEAD')

  const one = await add(`file://${dir}@${first}`)
  assert.equal(one.status, 200, one.text)
  assert.equal(one.json.version, '1')
  assert.equal((await add(`file://${dir}@${second}`)).json.version, '2')
  assert.equal((await named('from-git')).source, `file://${dir}@${second}`)
  assert.deepEqual((await named('from-git')).versions, ['2', '1'])
  refusal(await add(`file://${dir}@${'1'.repeat(40)}`), 400, /git: /)

  symlinkSync('/etc/passwd', join(dir, 'link'))
  writeFileSync(join(dir, 'package.toml'), toml('from-git', '3'))
  git(dir, 'add', '-A')
  git(dir, 'commit', '-qm', 'three')
  refusal(await add(`file://${dir}@${git(dir, 'rev-parse', 'HEAD')}`), 400, /link: a package holds files and folders, no links/)
  assert.deepEqual(existsSync(join(w.dir, 'node', 'packages')) ? readdirSync(join(w.dir, 'node', 'packages')) : [], [])
  assert.equal((await root.ask('DELETE', `${ADMIN}/from-git`)).status, 200)
})

test('regression 21: install runs once and in a container; what fails leaves nothing; nothing stays after a removal', async () => {
  const hook = (command: string): string => `image = "${image}"\ncommand = ["sh", "-c", "${command}"]\n`
  const bad = folder('hooked', toml('hooked') + `[hooks.install]\n${hook('echo no room; id -u; exit 3')}`)
  refusal(await add(bad), 502, /The install hook of package 'hooked' failed: it ended with status 3: .*no room.*65534/)
  assert.equal(await named('hooked'), undefined)
  assert.deepEqual(await containers('atoll.hook'), [])

  const hooked = `hooked-${process.pid}`
  const good = folder(hooked, toml(hooked) + `[hooks.install]\n${hook('test ! -e /var/run/docker.sock')}[hooks.remove]\n${hook('true')}`)
  assert.equal((await add(good)).status, 200)
  const runs = (): Promise<number> => started(`atoll.hook=${hooked}`)
  assert.equal(await runs(), 1)
  assert.equal((await add(good)).status, 200)
  await root.tell(`${ADMIN}/${hooked}/stop`, {})
  await root.tell(`${ADMIN}/${hooked}/start`, {})
  await again()
  assert.equal(await runs(), 1, 'the hook ran once, whatever happened since')
  assert.equal((await root.ask('DELETE', `${ADMIN}/${hooked}`)).status, 200)
  assert.equal(await runs(), 2)
  assert.deepEqual(await containers('atoll.hook'), [])
  assert.equal(await named(hooked), undefined)
})

test("regression 23: the marketplace's own server has no domain and no address until an administrator sets them", async () => {
  const market = await named('marketplace')
  assert.deepEqual(market.servers, [{
    name: 'marketplace_root_proxy', domain: '', email: '',
    includes: ['default_443.chatflows_*', 'default_443.auth_*', 'default_443.marketplace*']
  }])
  const there = new Session(w.url, { host: 'market.example.org' })
  assert.equal((await there.ask('GET', '/auth/options')).status, 200)
  assert.equal((await there.ask('GET', '/api/services/nonce?userAddress=0x0000000000000000000000000000000000000001')).status, 200)

  const set = (body: object): Promise<Answer> => root.ask('POST', `${ADMIN}/marketplace/servers`, body)
  refusal(await set({ domain: 'not a host' }), 400, /'domain' must be a host name/)
  refusal(await set({ domain: 'x.example.org', includes: ['/etc/*'] }), 400, /'includes' holds patterns/)
  refusal(await set({ server: 'other', domain: 'x.example.org' }), 400, /no such server/)
  assert.equal((await set({ domain: 'Market.Example.ORG', email: 'ops@example.org' })).status, 200)
  assert.equal((await named('marketplace')).servers[0].domain, 'market.example.org')

  assert.equal((await there.ask('GET', '/auth/options')).status, 200)
  assert.equal((await there.ask('GET', '/api/services/nonce?userAddress=0x0000000000000000000000000000000000000001')).status, 404)
  await again()
  assert.equal((await there.ask('GET', '/api/services/nonce?userAddress=0x0000000000000000000000000000000000000001')).status, 404)

  const twin = folder('twin', toml('twin') + '[[servers]]\nname = "s"\ndomain = "market.example.org"\nincludes = []\n')
  refusal(await add(twin), 400, /another server has that domain already/)
  await root.tell(`${ADMIN}/marketplace/stop`, {})
  assert.equal((await there.ask('GET', '/api/services/nonce?userAddress=0x0000000000000000000000000000000000000001')).status, 200)
  await root.tell(`${ADMIN}/marketplace/start`, {})
  assert.equal((await set({ domain: '', email: '' })).status, 200)
})

test('what ships and was removed stays removed, and can be added again', async () => {
  assert.equal((await root.ask('DELETE', `${ADMIN}/redis`)).status, 200)
  await again()
  assert.equal(await named('redis'), undefined)
  assert.equal((await add(join(import.meta.dirname, '../../solutions/redis'))).status, 200)
  assert.equal((await named('redis')).builtin, false)
})

test('only administrators change packages', async () => {
  for (const [method, path] of [['GET', ADMIN], ['POST', ADMIN], ['DELETE', `${ADMIN}/redis`], ['POST', `${ADMIN}/redis/stop`],
    ['POST', `${ADMIN}/marketplace/servers`]] as const) {
    assert.equal((await alice.ask(method, path, method === 'GET' ? undefined : { source: '/' })).status, 403, path)
    assert.equal((await new Session(w.url).ask(method, path, method === 'GET' ? undefined : { source: '/' })).status, 401, path)
  }
})

test('atoll package: check, add, list, info, stop, start, server, remove', async () => {
  const dir = folder('cli', toml('cli'))
  const call = (...args: string[]): { code: number | null; out: any; err: string } => {
    const p = spawnSync(atoll, ['package', ...args, '--json'], {
      encoding: 'utf8', env: { ...process.env, NODE_URL: w.url, PRIVATE_KEY: w.wallet.privateKey, RPC: w.chain.url, ADDRESS_FILE: w.chain.addressFile }
    })
    return { code: p.status, out: p.status === 0 ? JSON.parse(p.stdout) : null, err: p.stderr }
  }
  assert.equal(call('check', dir, '--tags').out.name, 'cli')
  const bad = call('check', dir)
  assert.equal(bad.code, 1)
  assert.match(bad.err, /cli\/package\.toml:16: image '.*' has no digest/)
  const denied = call('list', '--all')
  assert.match(denied.err, /[Tt]erms|administrator/)
})
