// SPDX-License-Identifier: Apache-2.0
// Ocean's routes of services on demand: a wallet names an image and a time, pays in one lock, reaches its ports, and has back what it did not use.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { World } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { registry } from './lib/docker.ts'
import { http, post } from './lib/http.ts'
import { until } from './lib/process.ts'
import { Demand, demandEnvironments, left, signed, type Service } from './lib/demand.ts'

let w: World
let alice: Demand
let bob: Demand
let folder: string
before(async () => {
  w = await World.start({
    env: (x) => {
      folder = join(x.dir, 'templates')
      mkdirSync(folder)
      return {
        DOCKER_COMPUTE_ENVIRONMENTS: JSON.stringify(demandEnvironments(x.chain.ocean)), SERVICE_TEMPLATES_PATH: folder,
        ALLOWED_ADMINS: JSON.stringify([x.publisher.address])
      }
    }
  })
  alice = new Demand(w, w.consumer)
  bob = new Demand(w, w.stranger)
  const env = await w.compute.environment()
  await w.compute.fund(w.consumer, env, 500)
})
after(async () => {
  if (w?.node?.running) {
    for (const who of [alice, bob]) {
      for (const s of (await who.asks('serviceGetStatus')).filter((x) => ![75, 12, 99].includes(x.status))) await who.asks('serviceStop', { serviceId: s.serviceId, release: true })
    }
    await until('nothing in the engine', async () => (await left(w)).length === 0, 60_000)
  }
  await w?.stop()
})

const refused = async (who: Demand, command: string, args: Record<string, unknown>, status: number, text: RegExp): Promise<void> => {
  for (const direct of [false, true]) {
    const r = await who.ask(command, args, direct)
    assert.equal(r.status, status, `${command} ${JSON.stringify(args).slice(0, 200)}: ${r.text}`)
    assert.match(r.text, text)
  }
}
async function tokenOf(who: World['consumer']): Promise<string> {
  const { consumerAddress: address, nonce, signature } = signed(who, 'createAuthToken')
  return JSON.parse((await post(`${w.url}/api/services/auth/token`, { address, nonce, signature })).text).token
}
const serve = (more: Record<string, unknown>): Record<string, unknown> => ({
  id: 'page', image: `${registry().address}/bb`, tag: '1', exposedPorts: [8080], entrypoint: ['/bin/busybox'],
  command: ['sh', '-c', 'echo "$GREETING from ${PLACE} with $PASSWORD" > /tmp/index.html; exec /bin/busybox httpd -f -p 8080 -h /tmp'],
  envVars: { PASSWORD: 'the operator knows' },
  userConfigurableEnvVars: [{ key: 'GREETING', sensitive: false }, { key: 'PLACE', validation: '^[a-z]{1,20}$' }],
  requiredResources: [{ id: 'cpu', min: 0.2, unit: 'cores' }, { kind: 'fungible', type: 'ram', min: 0.1 }], ...more
})
const templates = async (): Promise<any[]> => JSON.parse((await http(`${w.url}/api/services/serviceTemplates`)).text)

describe('templates', () => {
  test('are the files of the folder; what is wrong is told and left out', async () => {
    assert.deepEqual(await templates(), [])
    writeFileSync(join(folder, 'a.json'), JSON.stringify(serve({})))
    writeFileSync(join(folder, 'b.json'), JSON.stringify([
      serve({ id: 'gpu', requiredResources: [{ kind: 'discrete', type: 'gpu', min: 1 }], userConfigurableEnvVars: undefined, command: undefined }),
      serve({ id: 'page' }), serve({ id: 'other', exposedPorts: [] }), serve({ id: 'built', tag: undefined, dockerfile: 'FROM x' }), serve({ id: 'odd', colour: 1 })
    ]))
    writeFileSync(join(folder, 'c.json'), '{ "id": ')
    const list = await templates()
    assert.deepEqual(list.map((t) => t.id), ['page', 'gpu'])
    assert.deepEqual([list[0].envVars, list[0].envVarKeys], [undefined, ['PASSWORD']])
    assert.ok(!JSON.stringify(list).includes('the operator knows'))
    for (const what of [/b\.json: the id "page" is taken/, /b\.json: template "other": exposedPorts is missing/, /b\.json: template "built": dockerfile: images are not built here/,
      /b\.json: template "odd": "colour" is no member/, /c\.json: is no JSON/]) assert.match(w.log, what)
    const told = w.log.split('template left out').length
    await templates()
    assert.equal(w.log.split('template left out').length, told, 'a problem is told once')
    const direct = await alice.ask('serviceGetTemplates', {}, true)
    assert.deepEqual(JSON.parse(direct.text), list)
  })

  test('are started by their id, with what only the operator knows', async () => {
    const base = { ...await alice.request(), image: undefined, tag: undefined, dockerCmd: undefined, dockerEntrypoint: undefined, exposedPorts: undefined, resources: undefined }
    const begin = (over: Record<string, unknown>): Record<string, unknown> => ({ ...base, templateId: 'page', userData: alice.sealed({ GREETING: 'Hello', PLACE: 'atoll' }), ...over })
    await refused(alice, 'serviceStart', begin({ templateId: 'none' }), 404, /no service template/)
    await refused(alice, 'serviceStart', begin({ image: 'x' }), 400, /leave out image/)
    await refused(alice, 'serviceStart', begin({ userData: alice.sealed({ PLACE: 'A; rm -rf /' }) }), 400, /PLACE does not match/)
    await refused(alice, 'serviceStart', begin({ userData: alice.sealed({ GREETING: 'x' }) }), 400, /PLACE must be set/)
    await refused(alice, 'serviceStart', begin({ userData: alice.sealed({ PASSWORD: 'x', PLACE: 'a' }) }), 400, /PASSWORD is not to be set/)
    await refused(alice, 'serviceStart', begin({ resources: [{ id: 'cpu', amount: 0.1 }] }), 400, /needs 0.2 of cpu/)
    await refused(alice, 'serviceStart', begin({ templateId: 'gpu', userData: undefined }), 400, /Template gpu needs 1 of gpu, which this environment does not have/)
    const s = await alice.becomes((await alice.one('serviceStart', begin({}))).serviceId, 40)
    assert.equal(await alice.page(s), 'Hello from atoll with the operator knows\n')
    assert.deepEqual([s.templateId, s.dockerCmd, s.resources.find((r: any) => r.id === 'cpu').amount], ['page', undefined, 0.2])
    await alice.asks('serviceStop', { serviceId: s.serviceId, release: true })
    await alice.becomes(s.serviceId, 75)
  })
})

describe('what cannot be started', () => {
  const cases: Array<[string, () => Promise<Record<string, unknown>>, number, RegExp]> = [
    ['no time', async () => ({ duration: 0 }), 400, /Invalid duration/],
    ['too long', async () => ({ duration: 901 }), 400, /Duration 901s exceeds maximum 900s/],
    ['an unknown environment', async () => ({ environment: '0xno-thing' }), 400, /Unknown environment/],
    ['an environment without services', async () => ({ environment: await alice.env('jobs') }), 403, /Services are not enabled/],
    ['an environment for others', async () => ({ environment: await alice.env('some') }), 403, /Access denied/],
    ['no image', async () => ({ image: undefined }), 400, /Missing image/],
    ['a tag and a checksum', async () => ({ checksum: `sha256:${'0'.repeat(64)}` }), 400, /at most one of/],
    ['a wrong checksum', async () => ({ tag: undefined, checksum: 'sha256:1' }), 400, /checksum must be/],
    ['a name that is none', async () => ({ image: 'A B' }), 400, /no name of an image/],
    ['a Dockerfile', async () => ({ tag: undefined, dockerfile: 'FROM scratch' }), 403, /images are not built here/],
    ['a port that is none', async () => ({ exposedPorts: [70000] }), 400, /exposedPorts\[0\]/],
    ['a port twice', async () => ({ exposedPorts: [80, 80] }), 400, /twice/],
    ['sealed for somebody else', async () => ({ userData: '00'.repeat(120) }), 400, /could not be decrypted/],
    ['no object in it', async () => ({ userData: alice.sealed('[1]') }), 400, /is no JSON object/],
    ['a variable with no name', async () => ({ userData: alice.sealed({ 'A=B': 'x' }) }), 400, /userData a name/],
    ['no token', async () => ({ payment: { chainId: CHAIN, token: 'nonsense' } }), 400, /No pricing configured/],
    ['another token', async () => ({ payment: { chainId: CHAIN, token: String(w.chain.addresses.MockDAI) } }), 400, /No pricing configured for token 0x/],
    ['another chain', async () => ({ payment: { chainId: 1, token: w.chain.ocean } }), 400, /No pricing configured/],
    ['no payment', async () => ({ payment: {} }), 400, /Invalid payment/],
    ['more than there is', async () => ({ resources: [{ id: 'cpu', amount: 3 }] }), 400, /Invalid resources: .*cpu/],
    ['a GPU where there is none', async () => ({ resources: [{ id: 'gpu', amount: 1 }] }), 400, /Invalid resources: No such resource gpu/]
  ]
  for (const [name, over, status, text] of cases) {
    test(name, async () => { await refused(alice, 'serviceStart', await alice.request(await over()), status, text) })
  }

  test('without funds, without an authorisation, without enough of one', async () => {
    await refused(bob, 'serviceStart', await bob.request(), 400, /does not have enough funds/)
  })

  test('without a good signature; a nonce counts once', async () => {
    const args = await alice.request({ duration: 0 })
    await refused(alice, 'serviceStart', { ...args, duration: 10, nonce: '1', signature: '0x00' }, 401, /nonce/i)
    const once = signed(w.consumer, 'serviceGetStatus')
    assert.equal((await alice.ask('serviceGetStatus', once)).status, 200)
    assert.equal((await alice.ask('serviceGetStatus', once)).status, 401)
    assert.equal((await alice.ask('serviceList', signed(w.consumer, 'serviceGetStatus'))).status, 401, 'of another command')
  })

  test('nothing is left of all that', async () => {
    const list = await alice.asks('serviceGetStatus')
    assert.deepEqual(list.filter((s) => s.status !== 75), [])
    assert.equal((await alice.settled()).locked, 0n)
  })
})

describe('a service', () => {
  let s: Service
  let since: number
  let had: { available: bigint; locked: bigint }

  test('starts at once, is paid in one lock, and is reached at its endpoint', async () => {
    had = await alice.settled()
    since = await w.chain.provider.getBlockNumber() + 1
    const asked = Date.now()
    const first = await alice.start()
    assert.equal(first.status, 10)
    assert.deepEqual([first.endpoints, first.owner, first.duration], [[], w.consumer.address, 300])
    assert.ok(first.expiresAt >= asked + 300_000 && first.expiresAt <= Date.now() + 300_000)
    s = await alice.becomes(first.serviceId, 40)
    assert.equal(s.expiresAt, first.expiresAt)
    assert.equal(s.containerImage, `${registry().address}/bb:1`)
    assert.equal(s.endpoints[0]?.containerPort, 8080)
    assert.match(s.endpoints[0]?.url ?? '', /^http:\/\/localhost:33[1-9]\d\d$/)
    assert.equal(await alice.page(s), 'I am first\n')
    const { locked } = await alice.events(since)
    assert.deepEqual(locked, [BigInt(s.payment.amountWei)], 'one lock, of what is shown')
    // 0.1 core at 1 and 0.1 GB at 0.5 a minute, for each second begun
    const perSecond = (10n ** 17n + 10n ** 17n / 2n) / 60n
    const seconds = (locked[0] as bigint) / perSecond
    assert.ok(seconds >= 290n && seconds <= 301n, String(seconds))
    assert.ok(Math.abs(s.payment.cost - Number(s.payment.amountWei) / 1e18) < 1e-9)
    assert.match(s.payment.lockTx, /^0x[0-9a-f]{64}$/)
    assert.deepEqual([s.payment.claimTx, s.payment.paidWei, s.userData], ['', null, undefined])
  })

  test('is hardened, limited, and its owner\'s', async () => {
    const c = await alice.box(s)
    assert.deepEqual([c.HostConfig.CapDrop, c.HostConfig.SecurityOpt, c.HostConfig.Privileged], [['ALL'], ['no-new-privileges'], false])
    assert.ok(c.HostConfig.Memory > 0 && c.HostConfig.Memory <= 110 << 20 && c.HostConfig.CpuQuota === 10_000)
    assert.match(c.Config.Labels['atoll.owner'], /^u[0-9a-f]{32}$/)
    assert.ok(c.Config.Env.includes('NAME=first') && c.Config.Env.includes('PORT=8080') && !c.Config.Env.some((x: string) => x.startsWith('NONE=')))
  })

  test('is in nobody else\'s lists, and nobody else can do anything to it', async () => {
    const id = { serviceId: s.serviceId }
    assert.deepEqual(await bob.asks('serviceGetStatus', id), [])
    assert.deepEqual(await bob.asks('serviceList', { includeAllStatuses: true }), [])
    await refused(bob, 'serviceStop', id, 400, /Service job not found/)
    await refused(bob, 'serviceRestart', id, 400, /Service job not found/)
    await refused(bob, 'serviceExtend', { ...id, additionalDuration: 10, payment: { chainId: CHAIN, token: w.chain.ocean } }, 400, /Service job not found/)
    await refused(bob, 'serviceGetStreamableLogs', id, 400, /Service job not found/)
    await refused(alice, 'serviceStop', { serviceId: 'f'.repeat(32) }, 400, /Service job not found/)
    const operator = new Demand(w, w.publisher)
    const all = await operator.asks('serviceList')
    assert.deepEqual(all.map((x) => x.serviceId), [s.serviceId], 'an administrator sees what runs')
    assert.deepEqual([all[0]?.dockerCmd, all[0]?.endpoints.length], [undefined, 1])
  })

  test('is listed by status and time', async () => {
    const ids = async (args: Record<string, unknown>): Promise<string[]> => (await alice.asks('serviceList', args)).map((x) => x.serviceId)
    assert.deepEqual(await ids({}), [s.serviceId])
    assert.deepEqual(await ids({ status: 40 }), [s.serviceId])
    assert.ok((await ids({ status: 75 })).length > 0 && !(await ids({ status: 75 })).includes(s.serviceId))
    assert.ok((await ids({ includeAllStatuses: true })).length > 1)
    assert.deepEqual(await ids({ fromTimestamp: String(Date.now()) }), [])
    assert.deepEqual(await ids({ fromTimestamp: '2026-01-01T00:00:00Z' }), [s.serviceId])
    assert.deepEqual(await ids({ updatedSince: new Date(Date.now() + 60_000).toISOString() }), [])
    await refused(alice, 'serviceList', { status: 41 }, 400, /not a valid service status/)
    await refused(alice, 'serviceList', { fromTimestamp: 'yesterday' }, 400, /not a valid date/)
  })

  test('streams what it writes, as it writes it', async () => {
    await refused(alice, 'serviceGetStreamableLogs', { serviceId: s.serviceId, since: 'soon' }, 400, /Invalid \\?"since/)
    const args = new URLSearchParams({ ...signed(w.consumer, 'serviceGetStreamableLogs'), serviceId: s.serviceId, since: '1h' })
    const over = new AbortController()
    const r = await fetch(`${w.url}/api/services/serviceStreamableLogs?${args}`, { signal: over.signal })
    assert.equal(r.status, 200)
    const text = await r.body?.getReader().read()
    assert.equal(Buffer.from(text?.value ?? []).toString(), 'started first\n')
    over.abort()
  })

  test('is extended to the millisecond, in a lock of its own', async () => {
    const more = (additionalDuration: number, token = w.chain.ocean): Record<string, unknown> => ({ serviceId: s.serviceId, additionalDuration, payment: { chainId: CHAIN, token } })
    await refused(alice, 'serviceExtend', more(0), 400, /Invalid additionalDuration/)
    await refused(alice, 'serviceExtend', more(700), 400, /exceeding maximum 900s/)
    await refused(alice, 'serviceExtend', more(10, String(w.chain.addresses.MockDAI)), 400, /is paid with token/)
    const e = await alice.one('serviceExtend', more(120))
    assert.deepEqual([e.expiresAt, e.duration], [s.expiresAt + 120_000, 420])
    const paid = await until('its lock', async () => {
      const now = await alice.status(s.serviceId)
      return now?.extendPayments?.[0]?.lockTx ? now : null
    }, 60_000)
    const { locked } = await until('two locks', async () => {
      const x = await alice.events(since)
      return x.locked.length === 2 ? x : null
    }, 60_000)
    assert.equal(String(locked[1]), paid.extendPayments?.[0]?.amountWei)
    s = paid
  })

  test('is restarted as it was, at the same port; and as something else, or not at all', async () => {
    const before = (await alice.box(s)).Id
    const again = await alice.one('serviceRestart', { serviceId: s.serviceId })
    assert.ok([45, 11, 40].includes(again.status), String(again.status))
    await until('another container', async () => {
      const now = await alice.status(s.serviceId)
      return now?.status === 40 && now.containerId && (await alice.box(now).catch(() => null))?.Id !== before ? now : null
    }, 60_000)
    assert.equal(await alice.page(s), 'I am first\n')
    await refused(alice, 'serviceRestart', { serviceId: s.serviceId, tag: '2' }, 400, /requires \\?"image/)
    await refused(alice, 'serviceRestart', { serviceId: s.serviceId, image: 'x', tag: '2', checksum: `sha256:${'0'.repeat(64)}` }, 400, /at most one/)
    await refused(alice, 'serviceRestart', { serviceId: s.serviceId, image: 'x', dockerfile: 'FROM x' }, 403, /not built here/)
    const spec = { serviceId: s.serviceId, image: `${registry().address}/bb`, tag: '1', dockerCmd: ['/bin/busybox', 'sh', '-c', 'echo "no name: $NAME." > /tmp/index.html; exec /bin/busybox httpd -f -p 8080 -h /tmp'] }
    await alice.one('serviceRestart', spec)
    await until('the other page', async () => fetch(s.endpoints[0]?.url ?? '').then(async (r) => await r.text() === 'no name: .\n', () => false), 60_000)
    const now = await alice.becomes(s.serviceId, 40)
    assert.deepEqual([now.expiresAt, now.endpoints, now.dockerEntrypoint], [s.expiresAt, s.endpoints, undefined])
    await alice.one('serviceRestart', { ...spec, tag: 'vanished' })
    await until('the one before again', async () => {
      const x = await alice.status(s.serviceId)
      return x?.status === 40 && x.tag === '1' && (await alice.box(x).catch(() => null))?.State.Running
    }, 60_000)
    assert.equal(await alice.page(s), 'no name: .\n')
  })

  test('regression 7: stop pays for what ran and gives back the rest, to the wei', async () => {
    const stopped = await alice.one('serviceStop', { serviceId: s.serviceId })
    assert.equal(stopped.status, 70)
    assert.deepEqual(stopped.endpoints, s.endpoints, 'its ports stay its own')
    assert.deepEqual((await left(w)).filter((x) => x.includes(s.serviceId.slice(0, 8))), [])
    const now = await alice.settled()
    const { locked, claimed } = await alice.events(since)
    const paid = claimed.reduce((a, b) => a + b, 0n)
    assert.equal(had.available - now.available, paid, 'what is gone is what was claimed')
    assert.ok(paid > 0n && paid < (locked[0] as bigint), `${paid} of ${locked}`)
    const shown = await until('the payments', async () => {
      const x = await alice.status(s.serviceId)
      return x?.payment.paidWei && x.extendPayments?.[0]?.paidWei ? x : null
    }, 60_000)
    assert.equal(BigInt(shown.payment.paidWei ?? 0) + BigInt(shown.extendPayments?.[0]?.paidWei ?? 0), paid, 'and what is shown')
    assert.match(shown.payment.claimTx, /^0x/)
    await refused(alice, 'serviceGetStreamableLogs', { serviceId: s.serviceId }, 404, /not running/)
    assert.equal((await alice.one('serviceStop', { serviceId: s.serviceId })).status, 70, 'again is nothing new')
  })

  test('starts again at the same port, pays for the rest alone, and is given up for good', async () => {
    await alice.one('serviceRestart', { serviceId: s.serviceId })
    const now = await alice.becomes(s.serviceId, 40)
    assert.deepEqual([now.expiresAt, now.endpoints], [s.expiresAt, s.endpoints])
    assert.equal(await alice.page(now), 'no name: .\n')
    const over = await alice.one('serviceStop', { serviceId: s.serviceId, release: true })
    assert.ok(over.status === 75 || over.status === 50, String(over.status))
    const gone = await alice.becomes(s.serviceId, 75)
    assert.ok(gone.expiresAt <= Date.now() && gone.endpoints.length === 0)
    const f = await alice.settled()
    const { claimed } = await alice.events(since)
    assert.equal(had.available - f.available, claimed.reduce((a, b) => a + b, 0n))
    await refused(alice, 'serviceRestart', { serviceId: s.serviceId }, 400, /expired/)
    await refused(alice, 'serviceExtend', { serviceId: s.serviceId, additionalDuration: 10, payment: { chainId: CHAIN, token: w.chain.ocean } }, 400, /time is over/)
  })
})

describe('what cannot be asked now', () => {
  test('of one that starts; what it holds comes back when it is given up', async () => {
    const had = await alice.settled()
    const { serviceId } = await alice.start({ dockerCmd: ['sh', '-c', 'sleep 1000'], exposedPorts: [] })
    // it is paid for first, and blocks take their time: this comes in between, or is allowed when it runs already
    for (const [command, more, text] of [
      ['serviceStop', {}, /in progress/], ['serviceRestart', {}, /in progress/],
      ['serviceExtend', { additionalDuration: 10, payment: { chainId: CHAIN, token: w.chain.ocean } }, /Cannot extend service/]
    ] as Array<[string, Record<string, unknown>, RegExp]>) {
      const before = (await alice.status(serviceId))?.status
      const r = await alice.ask(command, { serviceId, ...more })
      if (before !== 40 && r.status !== 200) assert.match(r.text, text)
    }
    await alice.one('serviceStop', { serviceId, release: true })
    await alice.becomes(serviceId, 75)
    const f = await alice.settled()
    assert.ok(had.available - f.available < 10n ** 17n)
  })

  test('too many readers of a log; and what a wrong restart or extension says', async () => {
    const s = await alice.running()
    const id = { serviceId: s.serviceId }
    const over = new AbortController()
    const read = async (): Promise<number> => {
      const q = new URLSearchParams({ ...signed(w.consumer, 'serviceGetStreamableLogs'), ...id })
      const r = await fetch(`${w.url}/api/services/serviceStreamableLogs?${q}`, { signal: over.signal })
      return r.status
    }
    for (let i = 0; i < 16; i++) assert.equal(await read(), 200)
    await refused(alice, 'serviceGetStreamableLogs', id, 429, /Too many follow/)
    over.abort()
    await until('room for another reader', async () => (await fetch(`${w.url}/api/services/serviceStreamableLogs?${new URLSearchParams({ ...signed(w.consumer, 'serviceGetStreamableLogs'), ...id })}`,
      { signal: AbortSignal.timeout(2000) }).then((r) => r.status, () => 0)) === 200, 60_000)
    const image = `${registry().address}/bb`
    await refused(alice, 'serviceRestart', { ...id, image: 'A B' }, 400, /no name of an image/)
    await refused(alice, 'serviceRestart', { ...id, image, userData: '00' }, 400, /could not be decrypted/)
    await refused(alice, 'serviceRestart', { ...id, image, userData: alice.sealed('[]') }, 400, /is no JSON object/)
    const more = { ...id, additionalDuration: 10 }
    await refused(alice, 'serviceExtend', { ...more, payment: {} }, 400, /Invalid payment/)
    await refused(alice, 'serviceExtend', { ...more, payment: { chainId: CHAIN, token: 'x' } }, 400, /No pricing configured/)
    const funds = await alice.funds()
    await alice.withdraw(funds.available)
    await refused(alice, 'serviceExtend', { ...more, payment: { chainId: CHAIN, token: w.chain.ocean } }, 400, /does not have enough funds/)
    await alice.deposit(funds.available)
    await alice.one('serviceStop', { ...id, release: true })
    await alice.becomes(s.serviceId, 75)
    await alice.settled()
  })
})

describe('what goes wrong', () => {
  test('an image that does not exist: nothing is paid', async () => {
    const had = await alice.settled()
    const { serviceId } = await alice.start({ tag: 'vanished' })
    const s = await alice.becomes(serviceId, 12)
    assert.match(s.statusText, /vanished/)
    assert.deepEqual(await alice.settled(), had)
    await refused(alice, 'serviceRestart', { serviceId }, 400, /never ran/)
    assert.deepEqual(await alice.asks('serviceList'), [], 'it holds nothing')
  })

  test('a command that ends at once: nothing is paid either, and its last words are told', async () => {
    const had = await alice.settled()
    const { serviceId } = await alice.start({ dockerCmd: ['sh', '-c', 'echo cannot do it; exit 3'] })
    const s = await until('its end', async () => {
      const x = await alice.status(serviceId)
      return x?.status === 99 ? x : null
    }, 60_000)
    assert.match(s.statusText, /ended with status 3.*cannot do it/s)
    assert.deepEqual(await alice.settled(), had)
  })

  test('its time is over: it is ended then, and paid for until then', async () => {
    const had = await alice.settled()
    const since = await w.chain.provider.getBlockNumber() + 1
    const s = await alice.running({ duration: 12 })
    const over = await alice.becomes(s.serviceId, 75)
    assert.equal(over.expiresAt, s.expiresAt)
    assert.ok(Date.now() >= s.expiresAt)
    const now = await alice.settled()
    const { locked, claimed } = await alice.events(since)
    assert.equal(locked.length, 1)
    assert.equal(had.available - now.available, claimed[0])
    assert.ok((claimed[0] as bigint) <= (locked[0] as bigint) && (claimed[0] as bigint) > 0n)
    assert.deepEqual((await left(w)).filter((x) => x.includes(s.serviceId.slice(0, 8))), [])
  })
})

describe('many at a time', () => {
  test('of a wallet that is new here: each has its lock and its port, and the money adds up', async () => {
    await w.compute.fund(w.stranger, await w.compute.environment(), 50)
    bob.token = await tokenOf(w.stranger)
    const had = await bob.funds()
    const since = await w.chain.provider.getBlockNumber() + 1
    const begun = await Promise.all(Array.from({ length: 5 }, (_, i) => bob.start({ userData: bob.sealed({ NAME: `number ${i}` }) })))
    const all = await Promise.all(begun.map((s) => bob.becomes(s.serviceId, 40)))
    assert.equal(new Set(all.map((s) => s.endpoints[0]?.hostPort)).size, 5)
    assert.deepEqual((await Promise.all(all.map((s) => bob.page(s)))).sort(), [0, 1, 2, 3, 4].map((i) => `I am number ${i}\n`))
    const payment = { chainId: CHAIN, token: w.chain.ocean }
    const first = all[0] as Service
    const twice = await Promise.all([20, 30].map((additionalDuration) => bob.ask('serviceExtend', { serviceId: first.serviceId, additionalDuration, payment })))
    assert.deepEqual(twice.map((r) => r.status), [200, 200])
    assert.equal((await bob.status(first.serviceId))?.expiresAt, first.expiresAt + 50_000, 'both count')
    await Promise.all(all.map((s) => bob.one('serviceStop', { serviceId: s.serviceId, release: true })))
    await Promise.all(all.map((s) => bob.becomes(s.serviceId, 75)))
    const now = await bob.settled()
    const { locked, claimed } = await bob.events(since)
    assert.ok(locked.length >= 5 && locked.length <= 6, String(locked.length))
    assert.equal(had.available - now.available, claimed.reduce((a, b) => a + b, 0n))
    bob.token = ''
  })
})

describe('what the operator does', () => {
  const again = async (change: (environments: any[]) => void): Promise<void> => {
    const engines = demandEnvironments(w.chain.ocean) as any[]
    change(engines[0].environments)
    w.environment.DOCKER_COMPUTE_ENVIRONMENTS = JSON.stringify(engines)
    assert.equal(await w.node.stop(), 0)
    await w.startNode()
  }

  test('environments that change, and people who are blocked: what runs can be ended, and nothing else', async () => {
    const { serviceId } = await alice.running()
    const payment = { chainId: CHAIN, token: w.chain.ocean }
    const more = { serviceId, additionalDuration: 10, payment }
    for (const [change, status, text] of [
      [(e) => { e[0].features = { services: false } }, 403, /Services are not enabled/],
      [(e) => { e[0].access = { addresses: ['0x00000000000000000000000000000000000000aa'] } }, 403, /Access denied/],
      [(e) => { e.shift() }, 400, /Service environment .* not found/]
    ] as Array<[(e: any[]) => void, number, RegExp]>) {
      await again(change)
      await refused(alice, 'serviceRestart', { serviceId }, status, text)
      await refused(alice, 'serviceExtend', more, status, text)
      assert.equal((await alice.status(serviceId))?.status, 40)
    }
    await again(() => undefined)
    const operator = async (method: string, path: string): Promise<any> => {
      const headers = { authorization: await tokenOf(w.publisher), 'content-type': 'application/json' }
      const r = await http(`${w.url}/marketplace/api/admin${path}`, { method, headers, body: method === 'GET' ? undefined : '{}' })
      assert.equal(r.status, 200, r.text)
      return JSON.parse(r.text)
    }
    const person = (await operator('GET', '/users')).users.find((u: any) => u.name === w.consumer.address).id as string
    await operator('POST', `/users/${person}/block`)
    await refused(alice, 'serviceStart', await alice.request(), 403, /block/i)
    await refused(alice, 'serviceGetStatus', {}, 403, /block/i)
    await operator('POST', `/users/${person}/unblock`)
    await alice.one('serviceStop', { serviceId, release: true })
    await alice.becomes(serviceId, 75)
    await alice.settled()
  })
})

describe('a node that dies', () => {
  const crash = async (): Promise<void> => {
    w.node.kill('SIGKILL')
    await until('the end of the node', () => !w.node.running)
    await w.startNode()
  }

  for (const [when, there] of [
    ['as soon as it has answered', async () => true],
    ['when the lock is on chain', async (since: number) => (await alice.events(since)).locked.length > 0]
  ] as Array<[string, (since: number) => Promise<boolean>]>) {
    test(`${when}: one lock, and the service runs`, async () => {
      const had = await alice.settled()
      const since = await w.chain.provider.getBlockNumber() + 1
      const { serviceId, expiresAt } = await alice.start()
      await until('the moment', async () => there(since))
      await crash()
      const s = await alice.becomes(serviceId, 40)
      assert.equal(s.expiresAt, expiresAt)
      assert.equal(await alice.page(s), 'I am first\n')
      assert.equal((await alice.events(since)).locked.length, 1)
      await alice.one('serviceStop', { serviceId, release: true })
      const now = await alice.settled()
      const { claimed } = await alice.events(since)
      assert.equal(had.available - now.available, claimed.reduce((a, b) => a + b, 0n))
      await alice.becomes(serviceId, 75)
    })
  }
})
