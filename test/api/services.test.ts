// SPDX-License-Identifier: Apache-2.0
// Deployments on a real engine: from the answers to a page, and everything that can be asked of one.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { engine, registry } from './lib/docker.ts'
import { until } from './lib/process.ts'
import { PrivateRegistry, login } from './lib/registry.ts'
import { Session, refusedAs } from './lib/session.ts'
import { Services, Customer, inside } from './lib/services.ts'

const API = '/marketplace/api/deployments'
let s: Services
let alice: Customer
let bob: Customer
let locked: PrivateRegistry
let id: string // of alice's deployment that lives through the file
before(async () => {
  locked = await PrivateRegistry.start()
  await locked.push('secret')
  s = await Services.begin({
    DOCKER_REGISTRY_AUTHS: JSON.stringify({ [`http://${locked.address}`]: login }), IMAGE_REGISTRIES: JSON.stringify([locked.address, registry().address])
  })
  await Promise.all([
    s.addHello({ version: '2', raw: true }),
    s.addHello({ version: '3', raw: true, script: 'echo up but deaf; sleep 1000', start: 5 }),
    s.addHello({ version: '4', raw: true, image: `${registry().address}/vanished:1` }),
    s.addHello({ version: '5', raw: true, script: 'echo cannot; exit 7' })
  ])
  alice = await s.customer('alice')
  bob = await s.customer('bob')
  id = await alice.running('first', { version: '1' })
})
after(async () => { await s?.stop(); await locked?.stop() })

interface Inspected { Name: string; HostConfig: Record<string, any>; Config: { Labels: Record<string, string> }; NetworkSettings: any; State: { Pid: number } }
const box = (d: string, name: string): Promise<Inspected> => engine(`/v1.41/containers/atoll-s-${d.slice(0, 8)}-${name}/json`)

describe('a deployment', () => {
  test('serves what its owner answered, within a minute', async () => {
    assert.match(await alice.page(id), /^v1\nhello from first\n/)
    const d = await alice.deployment(id)
    assert.equal(d.health, 'healthy')
    // "replace" is there when somebody else on this machine has the raw port that was taken first
    const steps = new Set(d.timeline.map((t: any) => t.step as string).filter((x: string) => !['health', 'replace'].includes(x)))
    assert.deepEqual([...steps], ['fund', 'pull', 'network', 'volumes', 'containers', 'route', 'running'])
    assert.deepEqual(d.containers.map((c: any) => [c.name, c.state, c.health]), [['base', 'running', 'healthy'], ['web', 'running', 'healthy']])
    assert.ok(BigInt(d.perHour.amount) > 0n && d.paidUntil > Date.now())
    assert.ok(d.review.some((r: any) => r.value === 'hello from first'))
  })

  test('is hardened, limited and labelled', async () => {
    const c = await box(id, 'web')
    assert.deepEqual([c.HostConfig.CapDrop, c.HostConfig.SecurityOpt, c.HostConfig.Privileged], [['ALL'], ['no-new-privileges'], false])
    assert.equal(c.HostConfig.RestartPolicy.Name === 'no' || c.HostConfig.RestartPolicy.Name === '', true, 'the engine does not start it without us')
    assert.ok(c.HostConfig.Memory > 0 && c.HostConfig.Memory <= 64 << 20 && c.HostConfig.MemorySwap === c.HostConfig.Memory)
    assert.ok(c.HostConfig.CpuQuota > 0 && c.HostConfig.CpuQuota <= 10_000 && c.HostConfig.PidsLimit > 0)
    assert.equal(c.Config.Labels['atoll.deployment'], id)
    assert.equal(c.Config.Labels['atoll.owner'], alice.session.person?.id)
    assert.equal(c.Config.Labels['atoll.node'], s.w.wallet.address.toLowerCase())
  })

  test('regression 22: its web port is on loopback alone', async () => {
    const ports = (await box(id, 'web')).NetworkSettings.Ports
    assert.deepEqual(ports['8080/tcp'].map((p: any) => p.HostIp), ['127.0.0.1'])
    assert.equal((await box(id, 'base')).NetworkSettings.Ports['9000/tcp'] ?? null, null, 'a port that is not public is not published')
  })

  test('regression 14: its password is its own, shown once and nowhere else', async () => {
    const first = await alice.asks(id, 'credentials')
    assert.equal(first.credentials.length, 1)
    const password = first.credentials[0].value as string
    assert.match(password, /^\S{24}$/)
    refusedAs(await alice.ask(id, 'credentials'), 410, 'The credentials were shown already')
    assert.ok(!JSON.stringify(await alice.deployment(id)).includes(password))
    assert.ok(!s.w.log.includes(password))
    const other = await bob.running('with-a-secret')
    assert.notEqual((await bob.asks(other, 'credentials')).credentials[0].value, password)
    await bob.delete(other, 'with-a-secret')
  })

  test('regression 12: a name is its owner\'s once, however many ask at a time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => bob.try('one-of-us')))
    assert.deepEqual(all.map((r) => r.status).sort(), [200, ...Array(7).fill(409)])
    const won = all.find((r) => r.status === 200)?.json.deployment
    assert.equal((await bob.list()).filter((d) => d.name === 'one-of-us').length, 1)
    refusedAs(await bob.try('one-of-us'), 409, /already|taken/i)
    assert.equal((await bob.delete(won, 'one-of-us')).status, 200)
    const again = await bob.hello('one-of-us') // the name is free again
    assert.equal((await bob.delete(again, 'one-of-us')).status, 200)
  })

  test('refuses what nobody can want, and nothing is left of it', async () => {
    const before = (await bob.list()).length
    for (const [more, status] of [
      [{ size: 'huge' }, 400], [{ answers: {} }, 400], [{ answers: { greeting: 'x', other: 1 } }, 400], [{ pool: 'p'.padEnd(33, '0') }, 400],
      [{ pool: alice.poolId }, 400], [{ package: 'none' }, 404], [{ version: '9' }, 404], [{ env: 'none' }, 503], [{ ends: 1 }, 400]
    ] as const) assert.equal((await bob.try('refused', more)).status, status, JSON.stringify(more))
    for (const name of ['', 'A', '-a', 'a--b', '../x', '$(id)', 'a'.repeat(41), '<b>x</b>']) assert.equal((await bob.try(name)).status, 400, name)
    assert.equal((await bob.list()).length, before)
  })

  test('tells of its changes as they happen', async () => {
    const states: string[] = []
    const d = await bob.hello('watched')
    const end = follow(bob, `${API}/${d}/events`, (v) => states.push(v.step))
    await bob.reaches(d, 'running')
    assert.equal((await bob.delete(d, 'watched')).status, 200)
    await end
    assert.ok(states.includes('running') && states.at(-1) === 'deleted', states.join(' '))
    assert.deepEqual([...new Set(states)].filter((x) => !['fund', 'pull', 'replace'].includes(x)), ['network', 'volumes', 'containers', 'health', 'route', 'running', 'delete', 'deleted'])
  })

  test('shows its log, live', async () => {
    const whole = await alice.session.get(`${API}/${id}/logs?container=web`)
    assert.equal(whole.text, 'started v1\n')
    assert.match(String(whole.headers['content-type']), /^text\/plain/)
    refusedAs(await alice.session.get(`${API}/${id}/logs?container=none`), 404, /no container/)
    const lines: string[] = []
    const end = stream(alice, `${API}/${id}/logs?container=web&follow=true`, (text) => lines.push(text))
    await until('the log', () => lines.join('').includes('started v1'))
    await alice.asks(id, 'restart')
    await end // it ends with its container
    await alice.becomes(id, (d) => d.state === 'running')
  })

  test('draws charts', async () => {
    const m = await until('a sample', async () => {
      const r = await alice.session.read(`${API}/${id}/metrics`)
      return r.memory.length > 0 ? r : null
    }, 60_000)
    assert.equal(m.step_s, 20)
    assert.ok(m.memory[0][1] > 0 && m.memory[0][1] < 64 << 20)
    refusedAs(await alice.session.get(`${API}/${id}/metrics?range=year`), 400, 'The range must be hour, day or week')
  })
})

describe('what is asked of one', () => {
  test('stop gives back what was not used; start goes on with its volumes', async () => {
    await alice.asks(id, 'stop')
    const d = await alice.reaches(id, 'stopped')
    assert.equal((await box(id, 'web')).State.Pid, 0)
    const p = await until('the refund', async () => {
      const pool = await alice.pool(alice.poolId)
      return pool.locked.amount === '0' ? pool : null
    })
    assert.equal(BigInt(p.balance.amount) + BigInt((await alice.deployment(id)).spent.amount), 1000n * 10n ** 18n, 'what was not spent is back')
    refusedAs(await alice.ask(id, 'stop'), 409, /stopped and cannot be stopped/)
    refusedAs(await alice.ask(id, 'restart'), 409, /cannot be restarted/)
    await alice.asks(id, 'start')
    await alice.reaches(id, 'running')
    assert.match(await alice.page(id), /^v1/)
    assert.ok(BigInt((await alice.deployment(id)).spent.amount) >= BigInt(d.spent.amount))
  })

  test('regression 8: extend charges nothing by itself, and a past end is refused', async () => {
    const balance = (await alice.pool(alice.poolId)).balance.amount
    const ends = Date.now() + 3_600_000
    await alice.asks(id, 'extend', { ends })
    assert.equal((await alice.deployment(id)).ends, ends)
    assert.equal((await alice.pool(alice.poolId)).balance.amount, balance)
    assert.equal((await alice.ask(id, 'extend', { ends: Date.now() - 1000 })).status, 400)
    await alice.asks(id, 'extend', { ends: 0 })
    assert.equal((await alice.deployment(id)).ends, null)
  })

  test('another size', async () => {
    const before = (await box(id, 'web')).HostConfig.Memory
    assert.equal((await alice.ask(id, 'resize', { size: 'small' })).status, 400)
    assert.equal((await alice.ask(id, 'resize', { size: 'none' })).status, 400)
    const cost = BigInt((await alice.deployment(id)).perHour.amount)
    await alice.asks(id, 'resize', { size: 'large' })
    const d = await alice.becomes(id, (x) => x.state === 'running' && x.size === 'large')
    assert.equal((await box(id, 'web')).HostConfig.Memory, before * 2)
    assert.ok(BigInt(d.perHour.amount) > cost * 19n / 10n)
  })

  test('another version with the same volumes, and back', async () => {
    assert.equal((await alice.ask(id, 'rollback')).status, 409)
    await alice.asks(id, 'update', { version: '2' })
    await alice.becomes(id, (d) => d.state === 'running' && d.version === '2')
    assert.match(await alice.page(id), /^v2/)
    await alice.asks(id, 'rollback')
    await alice.becomes(id, (d) => d.state === 'running' && d.version === '1')
    assert.match(await alice.page(id), /^v1/)
    assert.equal((await alice.ask(id, 'update', { version: '1' })).status, 400)
    assert.equal((await alice.ask(id, 'update', { version: '99' })).status, 404)
  })

  test('a version that is not well is taken back', async () => {
    for (const [version, why] of [['3', /did not become healthy/], ['4', /vanished/]] as const) {
      await alice.asks(id, 'update', { version })
      const d = await alice.becomes(id, (x) => x.state === 'running' && why.test(x.reason))
      assert.equal(d.version, '1')
      assert.match(d.reason, /^the update failed and was taken back: /)
      assert.match(await alice.page(id), /^v1/)
    }
  })

  test('an image that a person names is not fetched from where strangers may not reach', async () => {
    for (const image of ['169.254.169.254/meta/data:1', 'localhost:5000/x:1', 'registry.example.org/x@sha256:' + '0'.repeat(64)]) {
      const r = await alice.try('stranger', { package: 'generic-container', version: undefined, answers: { image, port: 8080 } })
      assert.equal(r.status, 400, r.text)
      assert.match(r.json.error, /'image' must come from a registry that is allowed here \(127\.0\.0\.1:\d+, .*\), not from /)
    }
  })

  test('the operator\'s login fetches what packages name, and never what a person names', async () => {
    const carol = await s.customer('carol')
    const image = `${locked.address}/secret:1`
    await s.addHello({ version: '6', raw: true, image })
    const ours = await carol.hello('ours', { version: '6' })
    await carol.becomes(ours, (d) => d.state === 'running')
    const named = (name: string, what: string): Promise<string> =>
      carol.hello(name, { package: 'generic-container', version: undefined, answers: { image: what, port: 8080, arguments: '/bin/busybox\nhttpd\n-f\n-p\n8080' } })
    const theirs = await named('theirs', image) // which the engine has by now
    const d = await carol.becomes(theirs, (x) => x.state === 'failed')
    assert.match(d.reason, /secret:1: the registry refuses access/)
    assert.equal((await named('public', `${registry().address}/bb:1`).then((x) => carol.becomes(x, (y) => y.state === 'running'))).health, 'healthy')
    for (const x of await carol.list()) if (['ours', 'theirs', 'public'].includes(x.name)) assert.equal((await carol.delete(x.id, x.name)).status, 200)
    await engine(`/v1.41/images/${encodeURIComponent(image)}`, 'DELETE')
  })

  test('a container that ends is started again, one that vanished is made again', async () => {
    await engine(`/v1.41/containers/atoll-s-${id.slice(0, 8)}-web/kill`, 'POST')
    await alice.becomes(id, (d) => d.health === 'unhealthy')
    const d = await alice.becomes(id, (x) => x.health === 'healthy')
    assert.ok(d.timeline.some((t: any) => t.step === 'restart' && /started again/.test(t.reason)))
    assert.match(await alice.page(id), /^v1/)
    await engine(`/v1.41/containers/atoll-s-${id.slice(0, 8)}-web?force=true`, 'DELETE')
    await alice.becomes(id, (x) => x.timeline.some((t: any) => /made anew/.test(t.reason)) && x.state === 'running' && x.health === 'healthy')
    assert.match(await alice.page(id), /^v1/)
  })
})

describe('what fails', () => {
  const failing: Array<[string, string, RegExp]> = [
    ['3', 'deaf', /did not become healthy within \d+ s/], ['4', 'vanished', /vanished/], ['5', 'ends', /container web ended with status 7.*cannot/s]
  ]
  const ids = new Map<string, string>()
  before(async () => { for (const [version, name] of failing) ids.set(name, await bob.hello(name, { version })) })
  for (const [, name, why] of failing) {
    test(`regression 9: a deployment that is ${name} is visible, cleaned up, not paid, and can be deleted`, async () => {
      const d = ids.get(name) ?? ''
      const x = await bob.reaches(d, 'failed')
      assert.match(x.reason, why)
      assert.ok((await bob.list()).some((y) => y.id === d && y.state === 'failed'))
      assert.ok(!(await s.left()).some((n) => n.includes(d.slice(0, 8))), 'nothing of it is left in the engine')
      await until('the refund', async () => (await bob.deployment(d)).paidUntil === null)
      assert.equal((await bob.deployment(d)).spent.amount, '0')
      assert.equal((await bob.delete(d, name)).status, 200)
    })
  }
})

describe('owners', () => {
  test('regression 10: to others a deployment does not exist, and nothing of it is touched', async () => {
    const doors: Array<[string, string, unknown?]> = [
      ['GET', ''], ['POST', '/start'], ['POST', '/stop'], ['POST', '/restart'], ['POST', '/extend', { ends: 0 }], ['POST', '/resize', { size: 'small' }],
      ['POST', '/update', { version: '2' }], ['POST', '/rollback'], ['DELETE', '', { confirm: 'first' }], ['POST', '/credentials'], ['GET', '/events'],
      ['GET', '/logs'], ['GET', '/metrics']
    ]
    const before = await alice.deployment(id)
    for (const [method, tail, body] of doors) {
      const path = `${API}/${id}${tail}`
      assert.equal((await bob.session.ask(method, path, method === 'GET' ? undefined : body ?? {})).status, 404, `${method} ${tail}`)
      assert.equal((await new Session(s.w.url).ask(method, path, method === 'GET' ? undefined : body ?? {})).status, 401, `${method} ${tail}`)
    }
    assert.equal((await bob.session.ask('GET', '/marketplace/api/admin/deployments')).status, 403)
    assert.equal((await bob.session.del(`/marketplace/api/admin/deployments/${id}`, { confirm: 'first' })).status, 403)
    const now = await alice.deployment(id)
    assert.deepEqual([now.state, now.size, now.version, now.ends, now.timeline.length], [before.state, before.size, before.version, before.ends, before.timeline.length])
    assert.ok(!(await bob.list()).some((d) => d.id === id))
  })

  test('reach neither each other nor the host', async () => {
    const theirs = await bob.running('neighbour')
    const [mine, other] = [await box(id, 'web'), await box(theirs, 'web')]
    const address = (c: Inspected): { IPAddress: string; Gateway: string } => Object.values(c.NetworkSettings.Networks)[0] as any
    const port = new URL(s.w.url).port
    assert.notEqual(Object.keys(mine.NetworkSettings.Networks)[0], Object.keys(other.NetworkSettings.Networks)[0])
    for (const [host, at] of [
      [address(other).IPAddress, '8080'], [address(mine).Gateway, port], [address(other).Gateway, port], ['172.17.0.1', port], ['169.254.169.254', '80'],
      [address(mine).Gateway, String((await bob.deployment(theirs)).ports[0].port)]
    ] as const) assert.equal(await inside(mine.Name, host, at), false, `${host}:${at}`)
    assert.equal(await inside(mine.Name, 'base', '9000'), true, 'its own containers it reaches')
    assert.equal((await bob.delete(theirs, 'neighbour')).status, 200)
  })

  test('regression 10: delete wants the name and reports what was deleted', async () => {
    refusedAs(await alice.delete(id, 'second'), 400, "To delete it, give its name: 'first'")
    // however many ask, however often: one deletion, and nobody waits for it
    const asked = await Promise.all(Array.from({ length: 20 }, () => alice.session.del(`${API}/${id}`, { confirm: 'first' })))
    for (const r of asked) assert.ok(r.status === 202 || r.status === 200, r.text)
    assert.deepEqual(asked[0]?.json, { id, name: 'first', state: 'deleting', removed: null })
    const r = await alice.delete(id, 'first')
    assert.equal(r.status, 200, r.text)
    const short = id.slice(0, 8)
    const { containers, volumes, networks, routes } = r.json.removed
    assert.deepEqual(containers.slice().sort(), [`atoll-s-${short}-base`, `atoll-s-${short}-web`])
    assert.deepEqual(volumes, [`atoll-v-${short}-data`])
    assert.equal(networks.length, 1)
    assert.deepEqual(routes, ['first.localhost'])
    const left = await alice.deployment(id)
    assert.equal(left.state, 'deleted')
    assert.deepEqual(left.removed, r.json.removed)
    assert.equal(left.timeline.filter((x: any) => x.state === 'deleting').length, 1)
    assert.deepEqual(await alice.list(), [])
    assert.deepEqual((await alice.delete(id, 'first')).json, r.json)
    refusedAs(await alice.session.del(`${API}/${id}`, { confirm: 'second' }), 400, "To delete it, give its name: 'first'")
    assert.equal((await bob.session.del(`${API}/${id}`, { confirm: 'first' })).status, 404)
    assert.deepEqual(await s.left(), [])
  })
})

/** Reads a stream to its end. */
function stream(who: Customer, path: string, take: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    request(new URL(s.w.url + path), { headers: { cookie: who.session.cookie }, agent: false }, (res) => {
      res.setEncoding('utf8').on('data', take).on('end', resolve).on('error', reject)
    }).on('error', reject).end()
  })
}

function follow(who: Customer, path: string, take: (d: any) => void): Promise<void> {
  let rest = ''
  return stream(who, path, (text) => {
    const parts = (rest + text).split('\n\n')
    rest = parts.pop() ?? ''
    for (const p of parts) if (p.startsWith('data: ')) take(JSON.parse(p.slice(6)))
  })
}
