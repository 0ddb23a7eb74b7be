// SPDX-License-Identifier: Apache-2.0
// The node is killed with -9 in the middle of a paid job: afterwards the job ends properly and the
// lock is claimed or released once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ComputeEnvironment } from '@oceanprotocol/lib'
import { World } from './fixtures.ts'
import { bare, rawAlgorithm, script } from './lib/compute.ts'
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

/** The events of one job's lock: how often it was claimed, how often released. */
async function settlements(jobId: string): Promise<{ claimed: number; canceled: number }> {
  const id = BigInt(`0x${sha256(bare(jobId))}`)
  const count = async (name: string): Promise<number> =>
    (await w.compute.escrowLog.queryFilter(name, 0) as any[]).filter((l) => l.args.jobId === id).length
  return { claimed: await count('Claimed'), canceled: await count('Canceled') }
}

for (const [when, delay] of [['at once', 0], ['while pulling or preparing', 250], ['while running', 1500], ['while publishing', 3300]] as const) {
  test(`killed ${when}`, async () => {
    const { jobId } = await w.compute.start(e, {
      who: w.consumer, datasets: [asDataset(data, order)], algorithm: await rawAlgorithm(script(3))
    })
    await sleep(delay)
    w.node.kill('SIGKILL')
    await w.node.end()
    await sleep(500)
    await w.startNode()
    const job = await w.compute.end(jobId, w.consumer, 60_000)
    const settled = await until('settlement', async () => {
      const s = await settlements(jobId)
      return s.claimed + s.canceled > 0 ? s : null
    }, 60_000, 250)
    assert.equal(settled.claimed + settled.canceled, 1)
    if (job.terminationDetails?.exitCode === 0) {
      const output = await w.compute.output(job, jobId, w.consumer)
      assert.equal(sha256(output.get('copy.bin') ?? ''), sha256(input.bytes))
    }
    const funds = await w.compute.funds(w.consumer, w.consumer.address, w.compute.token(e))
    assert.equal(funds.locked, 0n)
    await sleep(1000)
    const later = await settlements(jobId)
    assert.equal(later.claimed + later.canceled, 1, 'settled twice')
  })
}
