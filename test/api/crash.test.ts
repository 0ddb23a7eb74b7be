// SPDX-License-Identifier: Apache-2.0
// The node is killed with -9 in the middle of a paid job: afterwards the job ends properly and the
// lock is claimed or released once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ComputeEnvironment } from '@oceanprotocol/lib'
import { World } from './fixtures.ts'
import { bare, fileInput, rawAlgorithm, script, type Job, type Start } from './lib/compute.ts'
import { noise, sha256, type ServedFile } from './lib/files.ts'
import { asDataset, trustAll, type Published } from './lib/market.ts'
import { sleep, until } from './lib/process.ts'

let w: World
let e: ComputeEnvironment
let input: ServedFile
let data: Published
let order: string
before(async () => {
  w = await World.start()
  e = await w.compute.environment()
  input = w.files.add('input.bin', noise(50_000, 'crash'))
  data = await w.market.publish({ name: 'Data', service: 'compute', files: [input.object], price: 0, timeout: 0, trust: trustAll })
  await w.compute.fund(w.consumer, e, 500)
  const quote = await w.compute.quote(e, { who: w.consumer, datasets: [asDataset(data)], algorithm: await rawAlgorithm('true') })
  order = await w.market.orderForCompute(quote.datasets?.[0] as never, data, w.consumer, e.consumerAddress)
})
after(async () => { await w.stop() })

/** The events of one job's lock: how often it was claimed, how often released, what was paid. */
const settlements = (jobId: string): ReturnType<typeof settled> => settled(BigInt(`0x${sha256(bare(jobId))}`))
async function settled(id: bigint): Promise<{ claimed: number; canceled: number; paid: bigint }> {
  const of = async (name: string): Promise<any[]> =>
    (await w.compute.escrowLog.queryFilter(name, 0) as any[]).filter((l) => l.args.jobId === id)
  const claims = await of('Claimed')
  return { claimed: claims.length, canceled: (await of('Canceled')).length, paid: claims.reduce((n: bigint, l) => n + (l.args.amount as bigint), 0n) }
}

const start = async (code: string): Promise<Start> =>
  ({ who: w.consumer, datasets: [asDataset(data, order)], algorithm: await rawAlgorithm(code) })
const purse = (): Promise<{ available: bigint; locked: bigint }> => w.compute.funds(w.consumer, w.consumer.address, w.compute.token(e))

async function dies(after = 500): Promise<void> {
  w.node.kill('SIGKILL')
  await w.node.end()
  await sleep(after)
}

/** Waits for the job's end, and looks whether its lock came to one end and the money adds up. */
async function settles(jobId: string, before: { available: bigint }): Promise<Job> {
  const job = await w.compute.wait(jobId, w.consumer, 'settlement', (j) => Boolean(j.dateFinished) && j.status !== 71)
  await until('end of the lock', async () => (await purse()).locked === 0n)
  const once = async (): Promise<void> => {
    const s = await settlements(jobId)
    assert.equal(s.claimed + s.canceled, 1, 'settled once')
    const funds = await purse()
    assert.equal(funds.locked, 0n)
    assert.equal(before.available - funds.available, s.paid)
  }
  await once()
  await sleep(1000)
  await once()
  if (job.terminationDetails?.exitCode === 0) {
    const output = await w.compute.output(job, jobId, w.consumer)
    assert.equal(sha256(output.get('copy.bin') ?? ''), sha256(input.bytes))
  }
  return job
}

for (const [when, delay] of [['at once', 0], ['while pulling or preparing', 250], ['while running', 1500], ['while publishing', 3300]] as const) {
  test(`killed ${when}`, async () => {
    const before = await purse()
    const { jobId } = await w.compute.start(e, await start(script(3)))
    await sleep(delay)
    await dies()
    await w.startNode()
    await settles(jobId, before)
  })
}

test('killed before the answer, at several moments: no money is lost', async () => {
  const known = new Set((await w.compute.escrowLog.queryFilter('Lock', 0) as any[]).map((l) => l.transactionHash))
  for (const delay of [10, 25, 40, 60, 90]) {
    const before = await purse()
    const asked = w.compute.start(e, await start(script(0))).catch(() => null)
    await sleep(delay)
    await dies(100)
    await asked
    await w.startNode()
    await sleep(500) // a lock that was signed is sent now
    const free = await until('no lock', async () => {
      const funds = await purse()
      return funds.locked === 0n ? funds : null
    })
    const locks = (await w.compute.escrowLog.queryFilter('Lock', 0) as any[]).filter((l) => !known.has(l.transactionHash))
    assert.ok(locks.length <= 1)
    for (const l of locks) {
      known.add(l.transactionHash)
      const s = await settled(BigInt(l.args.jobId))
      assert.equal(s.claimed + s.canceled, 1)
    }
    const paid = locks.length ? (await settled(BigInt(locks[0].args.jobId))).paid : 0n
    assert.equal(before.available - free.available, paid)
  }
})

test('killed while its container waits for data', async () => {
  let go = (): void => {}
  const slow = w.files.on('slow', (_req, res) => {
    res.on('error', () => {})
    res.writeHead(200, { 'content-length': 6 })
    res.write('abc')
    go = () => { res.end('def') }
  })
  const before = await purse()
  const s = await start('cat /data/inputs/slow > /data/outputs/copy; cat /data/inputs/input.bin > /data/outputs/copy.bin')
  const { jobId } = await w.compute.start(e, { ...s, datasets: [...s.datasets, fileInput(slow)] })
  await w.compute.wait(jobId, w.consumer, 'provisioning', (j) => j.status === 30)
  await dies()
  await w.startNode()
  const until6 = setInterval(() => { go() }, 500)
  try {
    const job = await settles(jobId, before)
    assert.equal(job.terminationDetails?.exitCode, 0)
  } finally {
    clearInterval(until6)
  }
})

for (const what of ['lock', 'claim'] as const) {
  test(`killed while its ${what} waits for a block`, async () => {
    const before = await purse()
    const s = await start(script(0))
    if (what === 'lock') await w.chain.provider.send('evm_setAutomine', [false])
    const { jobId } = await w.compute.start(e, s)
    if (what === 'claim') {
      await w.compute.wait(jobId, w.consumer, 'running job', (j) => j.status >= 20)
      await w.chain.provider.send('evm_setAutomine', [false])
      await w.compute.wait(jobId, w.consumer, 'end of the job', (j) => Boolean(j.dateFinished))
      await sleep(500)
    }
    await dies()
    await w.startNode()
    await sleep(1000)
    await w.chain.provider.send('evm_setAutomine', [true])
    await w.chain.provider.send('evm_mine', [])
    assert.equal((await settles(jobId, before)).terminationDetails?.exitCode, 0)
  })
}
