// SPDX-License-Identifier: Apache-2.0
// The methods of an unmodified ocean.js one after the other, with a wallet, with a token and with a
// ready-made signature, as its own programs use them.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  AccessListContract, AccesslistFactory, Aquarius, ProviderInstance, type ComputeAlgorithm, type ComputeAsset, type ComputeEnvironment
} from '@oceanprotocol/lib'
import { getBytes, id as keccakText } from 'ethers'
import { World } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { bare, fileInput, rawAlgorithm, script, smallest, untar, type Job } from './lib/compute.ts'
import { noise, sha256, type ServedFile } from './lib/files.ts'
import { http } from './lib/http.ts'
import { asDataset, trustAll, type Person, type Published } from './lib/market.ts'
import { until } from './lib/process.ts'

const node = ProviderInstance as typeof ProviderInstance & Record<string, any>
let w: World
let e: ComputeEnvironment
let file: ServedFile
let asset: Published
let order: string
let token: string
before(async () => {
  w = await World.start()
  e = await w.compute.environment()
  file = w.files.add('file.bin', noise(3000, 'oceanjs'))
  asset = await w.market.publish({ name: 'By ocean.js', files: [file.object], price: 0 })
  order = await w.market.buy(asset, w.consumer)
  token = await node.generateAuthToken(w.consumer, w.url)
})
after(async () => { await w.stop() })

/** What ocean.js calls an agent's signature: made elsewhere, sent as it is. */
async function signed(who: Person, command: string): Promise<{ consumerAddress: string; nonce: string; signature: string }> {
  const nonce = String(await node.getNonce(w.url, who.address) + 1)
  return { consumerAddress: who.address, nonce, signature: await who.signMessage(getBytes(keccakText(who.address + nonce + command))) }
}
const all = async (stream: any): Promise<Buffer> => {
  const parts: Buffer[] = []
  for await (const c of stream) parts.push(Buffer.from(c as Uint8Array))
  return Buffer.concat(parts)
}

describe('the node', () => {
  test('is one', async () => {
    assert.equal(await node.isValidProvider(w.url), true)
    assert.equal(await node.isValidProvider(w.files.url('none')), false)
    const status = await node.getNodeStatus(w.url)
    assert.equal(status.address, w.wallet.address)
    assert.ok(status.id && status.publicKey && status.version)
    assert.ok(status.provider.some((p: any) => String(p.chainId) === String(CHAIN)))
    assert.equal(String(status.escrowAddress[CHAIN]), String(w.chain.addresses.Escrow))
  })

  test('lists its environments and jobs', async () => {
    assert.ok((await node.getComputeEnvironments(w.url)).some((x) => x.id === e.id))
    assert.deepEqual(await node.getNodeJobs(w.url, Date.now() + 3_600_000), [])
    assert.ok(Array.isArray(await node.getNodeJobs(w.url)))
  })

  test('counts nonces', async () => {
    assert.equal(await node.getNonce(w.url, '0xBE5449a6A97aD46c8558A3356267Ee5D2731ab5e'), 0)
    const was = await node.getNonce(w.url, w.stranger.address)
    assert.match(await node.encrypt({ some: 'text' }, CHAIN, w.url, w.stranger), /^0x[0-9a-f]{200,}$/)
    assert.equal(await node.getNonce(w.url, w.stranger.address), was + 1)
    assert.match(await node.encrypt({ some: 'text' }, CHAIN, w.url, await signed(w.stranger, 'encrypt')), /^0x[0-9a-f]{200,}$/)
  })
})

describe('documents', () => {
  const aquarius = (): Aquarius => new Aquarius(w.url)

  test('are resolved, waited for, searched', async () => {
    assert.equal((await aquarius().resolve(asset.did)).id, asset.did)
    assert.equal((await aquarius().waitForIndexer(asset.did, asset.tx, undefined, 100, 50)).id, asset.did)
    assert.equal((await node.resolveDdo(w.url, asset.did)).id, asset.did)
    assert.match(JSON.stringify(await aquarius().getAssetMetadata(asset.did)), /By ocean\.js/)
    const found = await aquarius().querySearch({ query: { bool: { filter: [{ term: { id: asset.did } }] } }, from: 0, size: 10 })
    assert.ok(JSON.stringify(found).includes(asset.did))
    await assert.rejects(aquarius().resolve(`did:op:${'0'.repeat(64)}`), /HTTP request failed/)
    assert.equal(await aquarius().waitForIndexer(`did:op:${'0'.repeat(64)}`, undefined, undefined, 10, 2), null)
  })

  test('are validated, with the hash of what was sent', async () => {
    for (const ddo of [asset.ddo, { ...asset.ddo, indexedMetadata: { stats: [], nft: { state: 0 } } }]) {
      const hash = `0x${sha256(JSON.stringify(ddo))}`
      const made = await aquarius().validate(ddo as never, w.publisher, w.url)
      assert.equal(made.hash, hash)
      assert.equal(made.proof?.validatorAddress, w.wallet.address)
      assert.equal((await node.validateDdo(w.url, ddo as never, w.publisher)).hash, hash)
    }
    assert.equal(await aquarius().validate({ ...asset.ddo, metadata: {} } as never, w.publisher, w.url), undefined)
  })
})

describe('files', () => {
  test('are looked at, alone and of a service', async () => {
    for (const list of [await node.getFileInfo(file.object as never, w.url, true), await node.checkDidFiles(asset.did, asset.serviceId, w.url, true)]) {
      assert.equal(list.length, 1)
      assert.equal(list[0]?.valid, true)
      assert.equal(String(list[0]?.contentLength), '3000')
      assert.equal(list[0]?.checksum, sha256(file.bytes))
    }
  })

  test('are sold with parameters that do not change the fee', async () => {
    const until = Math.floor(Date.now() / 1000) + 600
    const r = await node.initialize(asset.did, asset.serviceId, 0, w.consumer.address, w.url, undefined, { some: 'thing' } as never, e.id, until)
    assert.equal(r.datatoken.toLowerCase(), asset.datatoken.toLowerCase())
    assert.equal(Number(r.providerFee.validUntil), until)
    assert.equal(r.providerFee.providerFeeAddress, w.wallet.address)
  })

  test('are downloaded with a wallet, a token, a signature made elsewhere', async () => {
    const url = async (who: any): Promise<string> => String(await node.getDownloadUrl(asset.did, asset.serviceId, 0, order, w.url, who))
    const get = async (at: string, headers = {}): Promise<void> => {
      const r = await fetch(at, { headers })
      const bytes = Buffer.from(await r.arrayBuffer())
      assert.equal(r.status, 200, String(bytes).slice(0, 200))
      assert.equal(sha256(bytes), sha256(file.bytes))
    }
    await get(await url(w.consumer))
    await get(await url(await signed(w.consumer, 'download')))
    await get(await url(token), { authorization: token })
    await get(`${await url(token)}&authorization=${token}`)
    const r = await http(await url(token))
    assert.equal(r.status, 401, r.text)
  })
})

describe('jobs', () => {
  let code: ComputeAlgorithm
  let data: ComputeAsset
  before(async () => {
    code = await rawAlgorithm(script(2))
    data = fileInput(file.object)
  })
  const free = async (who: any, algorithm = code): Promise<Job> => [await node.freeComputeStart(w.url, who, e.id, [data], algorithm,
    smallest(e.free?.resources), { name: 'mine' } as never, [w.stranger.address])].flat()[0] as Job

  test('of a token: started, followed, listed, fetched', async () => {
    const job = await free(token)
    assert.equal(job.owner, w.consumer.address)
    assert.equal((job.metadata as any).name, 'mine')
    await w.compute.wait(job.jobId, w.consumer, 'running job', (j) => j.status >= 40)
    assert.match(String(await all(await node.computeStreamableLogs(w.url, token, job.jobId))), /algorithm-start/)
    const end = await w.compute.end(job.jobId, w.consumer)
    assert.ok([await node.computeStatus(w.url, token)].flat().some((j) => bare(j.jobId) === bare(job.jobId)))
    assert.ok((await node.getNodeJobs(w.url, Date.now() - 60_000)).some((j: any) => bare(j.jobId) === bare(job.jobId)))
    const index = Number(end.results.find((x: any) => x.type === 'output')?.index)
    // ocean.js sends no token here: who fetches the URL adds it
    await assert.rejects(node.getComputeResult(w.url, token, job.jobId, index), /401/)
    const url = await node.getComputeResultUrl(w.url, token, job.jobId, index)
    for (const r of [await fetch(url, { headers: { authorization: token } }), await fetch(`${url}&authorization=${token}`)]) {
      assert.equal(r.status, 200)
      assert.ok(untar(Buffer.from(await r.arrayBuffer())).get('copy.bin')?.equals(file.bytes))
    }
    for (const who of [w.consumer, w.stranger]) {
      const whole = await all(await node.getComputeResult(w.url, who, job.jobId, index))
      assert.equal(whole.length, Number(end.results[index]?.filesize))
      assert.ok(whole.subarray(1000).equals(await all(await node.getComputeResult(w.url, who, job.jobId, index, 1000))))
      assert.ok(whole.equals(await all(await node.getComputeResult(w.url, await signed(who, 'getComputeResult'), job.jobId, index))))
    }
  })

  test('are stopped by a token\'s owner, not by another\'s', async () => {
    const other = await node.generateAuthToken(w.stranger, w.url)
    const job = await free(w.consumer, await rawAlgorithm(script(60)))
    await w.compute.wait(job.jobId, w.consumer, 'running job', (j) => j.status === 40)
    assert.deepEqual(await node.computeStop(job.jobId, w.url, other), [])
    const [stopped] = [await node.computeStop(job.jobId, w.url, token)].flat() as Job[]
    assert.equal(stopped?.stopRequested, true)
    await w.compute.end(job.jobId, w.consumer)
    await assert.rejects(node.computeStreamableLogs(w.url, w.consumer, job.jobId), /./)
  })

  test('show an error of stop and status as it was said', async () => {
    const dead = await node.generateAuthToken(w.stranger, w.url)
    assert.deepEqual(await node.invalidateAuthToken(w.stranger, dead, w.url), { success: true })
    await assert.rejects(node.computeStop(`0xabc-${'0'.repeat(64)}`, w.url, dead), /Invalid token/)
    await assert.rejects(free(dead), /Invalid token/)
  })

  test('of published data and money: every argument that there is', async () => {
    const published = await w.market.publish({ name: 'Data', service: 'compute', files: [file.object], price: 0, timeout: 0, trust: trustAll })
    const quote = await node.initializeCompute([asDataset(published)], code, e.id, w.compute.token(e), 60, w.url, w.consumer.address,
      smallest(e.resources), CHAIN, { sessionId: 'x' }, undefined, 30)
    assert.ok(Number(quote.payment?.minLockSeconds) >= 90)
    const escrow = w.compute.escrow(w.consumer)
    const valid = await escrow.verifyFundsForEscrowPayment(w.compute.token(e), e.consumerAddress, '100', String(quote.payment?.amount),
      String(quote.payment?.minLockSeconds), '10')
    assert.equal(valid.isValid, true, valid.message)
    assert.equal((await escrow.getAuthorizations(w.compute.token(e), w.consumer.address, e.consumerAddress)).length, 1)
    const tx = await w.market.orderForCompute(quote.datasets?.[0] as never, published, w.consumer, e.consumerAddress)
    const [job] = [await node.computeStart(w.url, token, e.id, [asDataset(published, tx)], code, 60, w.compute.token(e),
      e.resources as never, CHAIN, { name: 'paid' } as never, [w.stranger.address], undefined, { sessionId: 'x' }, undefined, 30)].flat() as Job[]
    assert.ok(job)
    assert.match(job.payment.lockTx, /^0x[0-9a-f]{64}$/)
    for (const id of [job.jobId, bare(job.jobId)]) {
      const found = [await node.computeStatus(w.url, w.consumer, id, job.payment.lockTx)].flat() as Job[]
      assert.deepEqual(found.map((j) => bare(j.jobId)), [bare(job.jobId)])
    }
    assert.deepEqual(await node.computeStatus(w.url, w.consumer, job.jobId, order), [])
    const end = await w.compute.wait(job.jobId, w.consumer, 'settlement', (j) => j.status === 70)
    assert.ok(end.payment.claimTx && !end.payment.cancelTx)
    await until('end of the lock', async () => (await escrow.getLocks(w.compute.token(e), w.consumer.address, e.consumerAddress)).length === 0)
    await w.compute.fund(w.consumer, e, 5)
    const { available } = await w.compute.funds(w.consumer, w.consumer.address, w.compute.token(e))
    await (await escrow.withdraw([w.compute.token(e)], ['1']) as any).wait()
    assert.equal(available - (await w.compute.funds(w.consumer, w.consumer.address, w.compute.token(e))).available, 10n ** 18n)
  })
})

test('an access list decides who downloads', async () => {
  const factory = new AccesslistFactory(String(w.chain.addresses.AccessListFactory), w.publisher, CHAIN, w.chain.config)
  const address = await factory.deployAccessListContract('Members', 'MEM', ['https://example.com/nft'], false, w.publisher.address, [w.publisher.address]) as string
  const credentials = { allow: [{ type: 'accessList', chainId: CHAIN, accessList: address }] }
  const gate = await w.market.publish({ name: 'For members', files: [file.object], price: 0, credentials })
  const tx = await w.market.buy(gate, w.consumer)
  const url = (): Promise<string> => w.market.downloadUrl(gate, tx, w.consumer)
  const before = await http(await url())
  assert.equal(before.status, 403, before.text)
  const list = new AccessListContract(address, w.publisher, CHAIN)
  await (await list.mint(w.consumer.address, 'https://example.com/nft') as any).wait()
  await until('a member\'s download', async () => (await http(await url())).status === 200)
})
