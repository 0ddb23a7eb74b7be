// SPDX-License-Identifier: Apache-2.0
// Prepaid capacity on a real chain with the real escrow: what people and operators may do with pools, and the meter of a
// deployment over several short periods, every account named.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Contract, type HDNodeWallet } from 'ethers'
import { CHAIN, atoll } from './lib/chain.ts'
import { Compute, rawAlgorithm } from './lib/compute.ts'
import { Program, freePort, run, sleep, until } from './lib/process.ts'
import { Session, refusedAs } from './lib/session.ts'
import { Solutions, Tenant, machine } from './lib/solutions.ts'

const PERIOD = 4
const OCEAN = 10n ** 18n
/** the second account of the chain's mnemonic */
const OPERATOR = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

/** A solution that does nothing, at once. */
const PACKAGE = `name = "idler"
version = "1"
title = "Idler"
summary = "Sleeps"
description = "Sleeps until it is stopped."
category = "data"

[[sizes]]
name = "small"
label = "Small"
cpu = 0.2
ram = "128 MiB"
disk = "1 GiB"

[[containers]]
name = "idler"
image = "redis@sha256:cd745595f143052dd6a743bc5651d3ce4b03979fe5c99c7fcfab73461f6f217b"
command = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
user = "999:999"
[containers.health]
kind = "command"
command = ["/bin/true"]
interval = 1
start = 60
`

/** Paid by the second, so that what is unused shows in short periods. */
const machines = (): unknown[] => (machine(undefined as never) as any[]).map((m) => ({ ...m, environments: m.environments.map((e: any) => ({ ...e, billing: 'second' })) }))

let s: Solutions
let alice: Tenant
/** somebody with a wallet */
let carol: Tenant
let purse: HDNodeWallet
before(async () => {
  s = await Solutions.start({
    SERVICE_PERIOD: String(PERIOD), POOL_LOW: '1', ESCROW_CLAIM_TIMEOUT: '120',
    ALLOWED_ADMINS: JSON.stringify([OPERATOR]), DOCKER_COMPUTE_ENVIRONMENTS: JSON.stringify(machines())
  })
  const folder = join(s.w.dir, 'idler')
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.toml'), PACKAGE)
  await s.operator.tell('/marketplace/api/admin/packages', { source: folder })
  alice = await s.tenant('alice')
  purse = s.w.consumer
  carol = new Tenant(await Session.wallet(s.w.url, purse))
})
after(async () => { await s?.stop() })

const admin = (): Session => s.operator
const mine = (t: Tenant, id: string): Promise<any> => t.session.read(`/marketplace/api/pools/${id}`)
const refresh = (t: Tenant, id: string): Promise<any> => t.session.tell(`/marketplace/api/pools/${id}/refresh`)
const sum = (entries: any[]): bigint => entries.reduce((n: bigint, x: any) => n + BigInt(x.amount.amount), 0n)
const idler = (name: string, pool: string): any => ({ name: { name }, size: { size: 'small', pool } })

describe('pools and vouchers', () => {
  test('an operator gives and takes; its ledger adds up; others do not see it', async () => {
    const id = await s.grant(alice, 5, 'quota')
    const grant = (amount: string): any => admin().post(`/marketplace/api/admin/pools/${id}/grant`, { amount, note: '<b>extra</b>' })
    assert.equal((await grant(String(2n * OCEAN))).status, 200)
    assert.equal((await grant(String(-3n * OCEAN))).status, 200)
    refusedAs(await grant(String(-5n * OCEAN)), 402, /has 4000000000000000000 left, but 5000000000000000000 are needed/)
    refusedAs(await grant('1.5'), 400, /base units/)
    const p = await mine(alice, id)
    assert.equal(p.balance.amount, String(4n * OCEAN))
    assert.deepEqual([p.balance.decimals, p.balance.symbol, p.balance.chain], [18, 'OCEAN', CHAIN])
    assert.equal(sum(p.entries), 4n * OCEAN)
    assert.deepEqual(p.entries.map((x: any) => x.kind), ['take', 'grant', 'grant'])
    refusedAs(await carol.session.get(`/marketplace/api/pools/${id}`), 404, 'There is no such pool')
    refusedAs(await carol.session.post(`/marketplace/api/pools/${id}/refresh`), 404, 'There is no such pool')
    assert.ok(!(await carol.session.read('/marketplace/api/pools')).pools.some((x: any) => x.id === id))
    assert.ok((await admin().read('/marketplace/api/admin/pools')).pools.some((x: any) => x.id === id && x.owner === alice.session.person?.id))
    refusedAs(await alice.session.post(`/marketplace/api/admin/pools/${id}/grant`, { amount: '1' }), 403, /administrators/)
  })

  test('a voucher is redeemed as often as it says, however many ask at a time', async () => {
    const { code } = await admin().tell('/marketplace/api/admin/vouchers', { amount: String(OCEAN), uses: 3, ...s.unit })
    const people = await Promise.all(Array.from({ length: 6 }, (_, i) => s.tenant(`voucher${i}`)))
    const tries = await Promise.all([...people, ...people].map((t) => t.session.post('/marketplace/api/pools/voucher', { code })))
    const good = tries.filter((r) => r.status === 200)
    assert.equal(good.length, 3)
    for (const r of tries.filter((x) => x.status !== 200)) refusedAs(r, 409, /used up|already/)
    for (const r of good) assert.equal(r.json.balance.amount, String(OCEAN))
    const [v] = (await admin().read('/marketplace/api/admin/vouchers')).vouchers
    assert.deepEqual([v.uses, v.used], [3, 3])
    assert.ok(!JSON.stringify(v).includes(code))
    refusedAs(await alice.session.post('/marketplace/api/pools/voucher', { code: 'AAAAA-AAAAA-AAAAA-AAAAA' }), 404, 'This voucher is not known')
    const second = await admin().tell('/marketplace/api/admin/vouchers', { amount: '7', ...s.unit })
    assert.equal((await admin().del(`/marketplace/api/admin/vouchers/${second.code}`)).status, 200)
    refusedAs(await alice.session.post('/marketplace/api/pools/voucher', { code: second.code }), 410, /not valid any more/)
  })

  test('bad amounts, names and tokens', async () => {
    const give = (over: object): any => admin().post('/marketplace/api/admin/pools', { owner: alice.session.person?.id, name: 'bad', amount: '1', ...s.unit, ...over })
    for (const amount of ['', '-1', '0x10', '1e18', '1'.repeat(71), ' 1']) refusedAs(await give({ amount }), 400, /base units|required/)
    refusedAs(await give({ name: 'x'.repeat(61) }), 400, /60 printable/)
    refusedAs(await give({ name: 'a\u0007b' }), 400, /printable/)
    refusedAs(await give({ token: '0x00000000000000000000000000000000000000aa' }), 400, /takes the token/)
    refusedAs(await give({ owner: `u${'0'.repeat(32)}` }), 404, /no such person/)
    refusedAs(await alice.session.post('/marketplace/api/pools', { name: 'w', ...s.unit }), 403, /login with that wallet/)
    const offers = await alice.session.read('/marketplace/api/offers')
    assert.deepEqual(offers, { period_s: PERIOD, tokens: [{ ...s.unit, symbol: 'OCEAN', decimals: 18, wallet: true }] })
  })
})

describe('settings', () => {
  const settings = (): Promise<any> => admin().read('/marketplace/api/admin/settings')
  const cpu = async (): Promise<any> =>
    (await admin().read('/marketplace/api/admin/capacity')).environments[0].resources.find((r: any) => r.id === 'cpu')
  const put = (body: unknown): any => admin().put('/marketplace/api/admin/settings', body)

  test('regression 15: over-provisioning counts at once, for cores and memory alone, and is kept', async () => {
    assert.deepEqual((await settings()).overProvisioning, { cpu: 1, ram: 1 })
    assert.deepEqual(await cpu(), { id: 'cpu', total: 4, used: 0, free: 4, overProvisioned: 0 })
    assert.equal((await put({ overProvisioning: { cpu: 2.5 } })).status, 200)
    assert.deepEqual(await cpu(), { id: 'cpu', total: 10, used: 0, free: 10, overProvisioned: 6 })
    const env = (await (await fetch(`${s.w.url}/api/services/computeEnvironments`)).json())[0]
    const of = (id: string): any => env.resources.find((r: any) => r.id === id)
    assert.deepEqual([of('cpu').total, of('cpu').max, of('ram').total, of('disk').total], [10, 2, 8, 40])
    refusedAs(await put({ overProvisioning: { disk: 2 } }), 400, /never given away twice/)
    refusedAs(await put({ overProvisioning: { cpu: 0.5 } }), 400, /from 1 to 16/)
    s.w.node.kill('SIGKILL')
    await s.w.node.end()
    await s.w.startNode()
    assert.equal((await cpu()).total, 10)
    assert.equal((await put({ overProvisioning: true })).status, 200)
    assert.deepEqual((await settings()).overProvisioning, { cpu: 4, ram: 1.5 })
    assert.equal((await put({ overProvisioning: false, testCert: true })).status, 200)
    assert.equal((await settings()).testCert, true)
    assert.equal((await put({ testCert: false })).json.testCert, false)
    assert.deepEqual(await cpu(), { id: 'cpu', total: 4, used: 0, free: 4, overProvisioned: 0 })
  })

  test('`atoll config` and `atoll pool`: the same, by an administrator with a key', async () => {
    const key = s.w.publisher
    const as = (args: string[]): any => run(atoll, args, { PATH: process.env.PATH, NODE_URL: s.w.url, RPC: s.w.chain.url, PRIVATE_KEY: key.privateKey, ADDRESS_FILE: s.w.chain.addressFile })
    const good = async (args: string[]): Promise<any> => {
      const r = await as([...args, '--json'])
      assert.equal(r.status, 0, r.output)
      return JSON.parse(r.output)
    }
    assert.deepEqual(await good(['config', 'set', 'OVER_PROVISIONING', '{"cpu":2}']), { overProvisioning: { cpu: 2 } })
    assert.deepEqual((await settings()).overProvisioning, { cpu: 2, ram: 1 })
    assert.deepEqual(await good(['config', 'get', 'overProvisioning']), { overProvisioning: { cpu: 2 } })
    await good(['config', 'set', 'overProvisioning', 'false'])
    const made = await good(['pool', 'create', 'by command', '--owner', alice.session.person?.id ?? '', '--amount', '1.5', '--accept-terms'])
    assert.equal(made.balance.amount, '1500000000000000000')
    await good(['pool', 'grant', made.id, '0.5'])
    assert.equal((await mine(alice, made.id)).balance.amount, String(2n * OCEAN))
    const { code } = await good(['pool', 'voucher-make', '0.25', '--uses', '2', '--note', 'for a friend'])
    assert.equal((await good(['pool', 'voucher', code])).balance.amount, '250000000000000000')
    assert.ok((await good(['pool', 'list'])).some((p: any) => p.name === 'Credit'))
    assert.equal((await good(['pool', 'voucher-list'])).find((v: any) => v.note === 'for a friend').used, 1)
    await good(['pool', 'voucher-end', code])
  })
})

test('regression 8: extend charges only the extension, when it comes', async () => {
  const pool = await s.grant(alice, 100, 'to extend')
  const wizard = await alice.toReview('idler', idler('extended', pool))
  const id = (await alice.deploy(wizard.id, wizard.quote.hash)).json.deployment as string
  await alice.reaches(id, 'running')
  const period = BigInt(wizard.quote.perPeriod.amount)
  const reserved = async (): Promise<bigint[]> =>
    (await mine(alice, pool)).entries.filter((x: any) => x.kind === 'reserve').map((x: any) => -BigInt(x.amount.amount))
  const before = (await reserved()).length
  const ends = Date.now() + 30 * 86400_000
  for (const extra of [0, 86400_000]) assert.equal((await alice.session.post(`/marketplace/api/deployments/${id}/extend`, { ends: ends + extra })).status, 200)
  refusedAs(await alice.session.post(`/marketplace/api/deployments/${id}/extend`, { ends: Date.now() - 1000 }), 400, /is over already/)
  const after = await reserved()
  assert.ok(after.length <= before + 1, 'a month costs nothing today')
  assert.ok(after.every((x) => x === period))
  await alice.session.tell(`/marketplace/api/deployments/${id}/stop`)
  const d = await alice.reaches(id, 'stopped')
  const p = await until('the rest back', async () => {
    const x = await mine(alice, pool)
    return x.locked.amount === '0' ? x : null
  })
  assert.equal(BigInt(p.balance.amount) + BigInt((await alice.deployment(id)).spent.amount), 100n * OCEAN)
  assert.equal(sum(p.entries), BigInt(p.balance.amount))
  assert.ok(BigInt(d.spent.amount) <= period * BigInt((await reserved()).length))
  assert.equal((await alice.session.remove(`/marketplace/api/deployments/${id}`, 'extended')).status, 200)
})

/** Whoever may have OCEAN here. `escrow` is what the contract holds of the payer. */
interface Books { payer: bigint; escrow: bigint; node: bigint; opc: bigint }
async function books(): Promise<Books> {
  const of = (who: string): Promise<bigint> => s.w.chain.balance(s.w.chain.ocean, who)
  const { available, locked } = await s.w.compute.funds(purse, purse.address, s.w.chain.ocean)
  return {
    payer: await of(purse.address), escrow: available + locked, node: await of(s.w.wallet.address),
    opc: await of(String(s.w.chain.addresses.OPFCommunityFeeCollector))
  }
}

interface Period { lock: any; claim: any; paid: bigint }
/** The locks of this payer since a block, each with how it ended. */
async function periods(from: number): Promise<Period[]> {
  const log = s.w.compute.escrowLog
  const all = async (name: string): Promise<any[]> => await log.queryFilter(name, from) as any[]
  const [locks, claims, canceled] = [await all('Lock'), await all('Claimed'), await all('Canceled')]
  assert.equal(canceled.length, 0, 'no lock expires')
  return locks.filter((l) => l.args.payer === purse.address).map((lock) => {
    const ends = claims.filter((c) => c.args.jobId === lock.args.jobId)
    assert.ok(ends.length <= 1, 'a lock is settled once')
    return { lock, claim: ends[0], paid: ends[0] ? ends[0].args.amount as bigint : 0n }
  })
}

const contract = (address: string, abi: string[]): Contract => new Contract(address, abi, purse)
const send = async (c: Contract, name: string, ...args: unknown[]): Promise<void> => { await (await c.getFunction(name)(...args)).wait() }

/** What the page does: the transactions that the pool's `escrow` asks for. */
async function fill(pool: any, amount: bigint): Promise<void> {
  const { contract: at, node, needed } = pool.escrow
  await send(contract(pool.balance.token, ['function approve(address,uint256)']), 'approve', at, amount)
  const escrow = contract(at, ['function deposit(address,uint256)', 'function authorize(address,address,uint256,uint256,uint256)'])
  await send(escrow, 'deposit', pool.balance.token, amount)
  await send(escrow, 'authorize', pool.balance.token, node, 100n * OCEAN, needed.seconds, 20)
}
const withdraw = async (amount: bigint): Promise<void> =>
  send(contract(String(s.w.chain.addresses.Escrow), ['function withdraw(address[],uint256[])']), 'withdraw', [s.w.chain.ocean], [amount])

const settled = (pool: string): Promise<any> =>
  until('end of every lock', async () => {
    const p = await mine(carol, pool)
    return p.locked.amount === '0' && (await s.w.compute.funds(purse, purse.address, s.w.chain.ocean)).locked === 0n ? p : null
  })

/** What the payer lost is what was claimed; of that the community has a thousandth and the node the rest; nobody else moved. */
async function checkBooks(before: Books, from: number): Promise<bigint> {
  const now = await books()
  const all = await periods(from)
  const paid = all.reduce((n, p) => n + p.paid, 0n)
  const fees = all.reduce((n, p) => n + p.paid / 1000n, 0n)
  assert.equal(before.payer + before.escrow - now.payer - now.escrow, paid, 'payer')
  assert.equal(now.opc - before.opc, fees, 'community')
  assert.equal(now.node - before.node, paid - fees, 'node')
  return paid
}

const act = (id: string, what: string, body: object = {}): Promise<any> => carol.session.tell(`/marketplace/api/deployments/${id}/${what}`, body)
async function remove(id: string, name: string): Promise<void> {
  assert.equal((await carol.session.remove(`/marketplace/api/deployments/${id}`, name)).status, 200)
}

describe('the meter of a wallet', () => {
  let pool: string
  let before: Books
  let block: number
  const start = async (): Promise<void> => {
    before = await books()
    block = await s.w.chain.provider.getBlockNumber() + 1
  }

  test('a pool says what its wallet has to do, and sees when it is done', async () => {
    const p = await carol.session.tell('/marketplace/api/pools', { name: 'my wallet', kind: 'wallet', ...s.unit })
    pool = p.id
    assert.deepEqual([p.payer, p.escrow.contract, p.escrow.node], [purse.address, String(s.w.chain.addresses.Escrow), s.w.wallet.address])
    assert.deepEqual([p.escrow.isAuthorized, p.escrow.enough, p.balance.amount, p.escrow.needed.locks], [false, false, '0', 2])
    refusedAs(await carol.session.post('/marketplace/api/pools', { name: 'again', kind: 'wallet', ...s.unit }), 409, /one for that wallet/)
    await fill(p, 50n * OCEAN)
    const q = await refresh(carol, pool)
    assert.deepEqual([q.escrow.isAuthorized, q.escrow.enough, q.balance.amount, q.escrow.maxLocks], [true, true, String(50n * OCEAN), '20'])
  })

  test('regression 7: quote == billed, period by period; an early stop returns the rest to the wei', async () => {
    await start()
    const wizard = await carol.toReview('idler', idler('chain', pool))
    assert.equal(wizard.quote.needed.locks, 2)
    const id = (await carol.deploy(wizard.id, wizard.quote.hash)).json.deployment as string
    await carol.reaches(id, 'running')
    const quoted = BigInt(wizard.quote.perPeriod.amount)
    const all = await until('two periods', async () => {
      const list = await periods(block)
      return list.filter((p) => p.claim).length >= 2 ? list : null
    }, 90_000)
    await act(id, 'stop')
    await carol.reaches(id, 'stopped')
    const p = await settled(pool)
    for (const [i, x] of all.filter((y) => y.claim).entries()) {
      assert.equal(x.lock.args.amount, quoted)
      assert.equal(x.paid, quoted, `period ${i + 1}`)
      const next = all[i + 1] as Period
      assert.ok(next.lock.blockNumber < x.claim.blockNumber, 'the next lock is there before the last is claimed')
      const [locked, claimed] = [await x.lock.getBlock(), await x.claim.getBlock()]
      assert.ok(claimed.timestamp < locked.timestamp + Number(x.lock.args.expiry), 'claimed before it expires')
    }
    const paid = await checkBooks(before, block)
    assert.equal((await carol.deployment(id)).spent.amount, String(paid))
    assert.equal(sum(p.entries), -paid)
    assert.ok(p.entries.every((x: any) => /^0x[0-9a-f]{64}$/.test(x.tx)))
    const last = (await periods(block)).filter((x) => x.paid > 0n).at(-1) as Period
    assert.ok(last.paid <= quoted)
    await remove(id, 'chain')
  })

  test('regression 6: killed at every step after the answer, the deployment still comes, and each period is paid once', async () => {
    await start()
    const wizard = await carol.toReview('idler', idler('killed', pool))
    const id = (await carol.deploy(wizard.id, wizard.quote.hash)).json.deployment as string
    const dies = async (after: number): Promise<void> => {
      await sleep(after)
      s.w.node.kill('SIGKILL')
      await s.w.node.end()
      await s.w.startNode()
    }
    for (const after of [0, 30, 120, 400]) await dies(after)
    await carol.reaches(id, 'running')
    // across the ends of two periods
    for (let i = 0; i < 4; i++) await dies(PERIOD * 400)
    await carol.reaches(id, 'running')
    const two = 2n * BigInt(wizard.quote.perPeriod.amount)
    await until('two periods are paid', async () => BigInt((await carol.deployment(id)).spent.amount) >= two)
    await act(id, 'stop')
    for (const after of [0, 60]) await dies(after)
    await carol.reaches(id, 'stopped')
    await settled(pool)
    const paid = await checkBooks(before, block)
    assert.equal((await carol.deployment(id)).spent.amount, String(paid))
    assert.ok(paid >= two)
    await remove(id, 'killed')
  })

  test('empty in the middle: the containers stop, and go on when there is money again', async () => {
    await start()
    const id = await carol.order('idler', idler('hungry', pool))
    await carol.reaches(id, 'running')
    const { available } = await s.w.compute.funds(purse, purse.address, s.w.chain.ocean)
    await withdraw(available)
    await carol.reaches(id, 'grace')
    const p = await refresh(carol, pool)
    assert.equal(p.warning, 'empty')
    assert.equal((await s.w.compute.funds(purse, purse.address, s.w.chain.ocean)).locked, 0n)
    await fill(p, 20n * OCEAN)
    await refresh(carol, pool)
    await carol.reaches(id, 'running')
    await act(id, 'stop')
    await carol.reaches(id, 'stopped')
    await settled(pool)
    await checkBooks(before, block)
    await remove(id, 'hungry')
  })

  test('an authorisation that does not suffice fails before anything is locked, and says why', async () => {
    await start()
    await send(contract(String(s.w.chain.addresses.Escrow), ['function authorize(address,address,uint256,uint256,uint256)']), 'authorize',
      s.w.chain.ocean, s.w.wallet.address, 100n * OCEAN, 60, 20)
    const wizard = await carol.toReview('idler', idler('short', pool))
    const r = await carol.deploy(wizard.id, wizard.quote.hash)
    assert.equal(r.status, 400, r.text)
    assert.match(r.json.error, /maxLockSeconds too low/)
    assert.equal((await periods(block)).length, 0)
    await checkBooks(before, block)
  })
})

test('a second program with the same key is noticed, and refused when the operator wants that', async () => {
  const identity = async (): Promise<any> => (await admin().read('/marketplace/api/admin/settings')).identity
  const e = await s.w.compute.environment()
  const job = async (node: Compute): Promise<any> => {
    const here = await node.environment()
    const { jobId } = await node.start(here, { who: s.w.publisher, datasets: [], algorithm: await rawAlgorithm('true') })
    return node.wait(jobId, s.w.publisher, 'end', (j) => j.status === 70)
  }
  assert.equal((await identity()).state, 'ok')
  await s.w.compute.fund(s.w.publisher, e, 20)
  await job(s.w.compute)
  assert.equal((await identity()).state, 'ok', 'its own transactions are known')
  // the same key, another folder, the same chain
  const port = await freePort()
  const twin = new Program(atoll, ['node', '--data', join(s.w.dir, 'twin')], { ...s.w.environment, HTTP_API_PORT: String(port) })
  try {
    await twin.line(/listening/i)
    await job(new Compute(s.w.chain, `http://127.0.0.1:${port}`))
    await job(s.w.compute)
    const seen = await identity()
    assert.equal(seen.state, 'shared')
    assert.equal(seen.chains[0].chain, CHAIN)
    assert.ok(seen.chains[0].strange >= 2, 'a lock and a claim')
    assert.match(s.w.log, /somebody else sends transactions with this node's key on chain 8996/)
    assert.equal((await admin().put('/marketplace/api/admin/settings', { identityGuard: 'refuse' })).status, 200)
    await assert.rejects(job(s.w.compute), /Another program uses this node's key on chain 8996/)
    const wizard = await carol.toReview('idler', idler('guarded', (await carol.session.read('/marketplace/api/pools')).pools[0].id))
    const r = await carol.deploy(wizard.id, wizard.quote.hash)
    assert.equal(r.status, 503, r.text)
    assert.match(r.json.error, /Another program/)
  } finally {
    await twin.stop()
  }
  await admin().put('/marketplace/api/admin/settings', { identityGuard: 'warn' })
})
