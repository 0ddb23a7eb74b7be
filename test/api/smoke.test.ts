// SPDX-License-Identifier: Apache-2.0
// One thin path through everything, also under ASan: publish, index, order, download, run a paid job.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { downloadFile } from '@oceanprotocol/lib'
import { World } from './fixtures.ts'
import { script, shellAlgorithm } from './lib/compute.ts'
import { noise, sha256 } from './lib/files.ts'
import { asAlgorithm, asDataset } from './lib/market.ts'
import { until } from './lib/process.ts'

let w: World
before(async () => { w = await World.start() })
after(async () => { await w.stop() })

test('publish, order, download', async () => {
  const file = w.files.add('smoke.bin', noise(100_001, 'smoke'))
  const asset = await w.market.publish({ name: 'Smoke', files: [file.object] })
  const tx = await w.market.order(asset, w.consumer)
  const got = await downloadFile(await w.market.downloadUrl(asset, tx, w.consumer))
  assert.equal(sha256(Buffer.from(got.data)), sha256(file.bytes))
})

test('a paid job, from the quote to the claim', async () => {
  const e = await w.compute.environment()
  const input = w.files.add('smoke-input.bin', noise(10_007, 'input'))
  const code = w.files.add('smoke.sh', script(0), 'text/x-shellscript')
  const data = await w.market.publish({ name: 'Smoke data', service: 'compute', files: [input.object], price: 0, timeout: 0 })
  const algo = await w.market.publish({
    name: 'Smoke algorithm', type: 'algorithm', files: [code.object], price: 0, timeout: 0, algorithm: await shellAlgorithm()
  })
  const ask = { who: w.consumer, datasets: [asDataset(data)], algorithm: asAlgorithm(algo) }
  const quote = await w.compute.quote(e, ask)
  const txAlgo = await w.market.orderForCompute(quote.algorithm as never, algo, w.consumer, e.consumerAddress)
  const txData = await w.market.orderForCompute(quote.datasets?.[0] as never, data, w.consumer, e.consumerAddress)
  await w.compute.fund(w.consumer, e, 50)
  const { jobId } = await w.compute.start(e, { ...ask, datasets: [asDataset(data, txData)], algorithm: asAlgorithm(algo, txAlgo) })
  const job = await w.compute.end(jobId, w.consumer, 120_000)
  const output = await w.compute.output(job, jobId, w.consumer)
  assert.equal(sha256(output.get('copy.bin') ?? ''), sha256(input.bytes))
  const settled = await w.compute.wait(jobId, w.consumer, 'claim', (j) => j.status === 70)
  assert.match(settled.payment.claimTx, /^0x[0-9a-f]{64}$/)
  const claims = await until('Claimed event', async () => {
    const found = await w.compute.escrowLog.queryFilter('Claimed', 0)
    return found.length ? found : null
  })
  assert.equal(claims.length, 1)
})
