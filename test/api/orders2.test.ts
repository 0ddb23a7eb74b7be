// SPDX-License-Identifier: Apache-2.0
// Who may order how: fees that every contract takes, smart accounts, several orders in one transaction,
// other people's fees, parameters of the buyer, and datatokens that keep their files themselves.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  AccesslistFactory, NftFactory, ProviderInstance, ZERO_ADDRESS, type ComputeEnvironment, type ProviderFees
} from '@oceanprotocol/lib'
import {
  Contract, ContractFactory, Interface, Signature, concat, getBytes, solidityPackedKeccak256, verifyMessage, zeroPadValue
} from 'ethers'
import { World } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { rawAlgorithm, smallest } from './lib/compute.ts'
import { noise, sha256, type ServedFile } from './lib/files.ts'
import { http, post } from './lib/http.ts'
import { asDataset, trustAll, type Person, type Published } from './lib/market.ts'
import { sign } from './lib/sign.ts'

const one = 10n ** 18n
let w: World
let e: ComputeEnvironment
let file: ServedFile
let asset: Published
before(async () => {
  w = await World.start({ fee: 1 })
  e = await w.compute.environment()
  file = w.files.add('file.bin', noise(5000, 'orders2'))
  asset = await w.market.publish({ name: 'Plain', files: [file.object], timeout: 0 })
})
after(async () => { await w.stop() })

const noMarketFee = { consumeMarketFeeAddress: ZERO_ADDRESS, consumeMarketFeeToken: ZERO_ADDRESS, consumeMarketFeeAmount: '0' }
const startOrder = new Interface([`function startOrder(address consumer, uint256 serviceIndex,
  tuple(address providerFeeAddress, address providerFeeToken, uint256 providerFeeAmount, uint8 v, bytes32 r, bytes32 s, uint256 validUntil, bytes providerData) fee,
  tuple(address consumeMarketFeeAddress, address consumeMarketFeeToken, uint256 consumeMarketFeeAmount) marketFee)`])
const feeOf = async (a: Published, until?: number): Promise<ProviderFees> =>
  (await ProviderInstance.initialize(a.did, a.serviceId, 0, w.consumer.address, w.url, undefined, undefined, undefined, until)).providerFee
const mint = async (a: Published, to: string, n = '1'): Promise<void> => {
  await (await w.market.datatoken(a.owner).mint(a.datatoken, a.owner.address, n, to)).wait()
}
const download = async (a: Published, tx: string, who: Person = w.consumer): Promise<Buffer> => {
  const r = await fetch(await w.market.downloadUrl(a, tx, who))
  const bytes = Buffer.from(await r.arrayBuffer())
  assert.equal(r.status, 200, String(bytes).slice(0, 300))
  return bytes
}
const gives = async (a: Published, tx: string, who?: Person): Promise<void> => {
  assert.equal(sha256(await download(a, tx, who)), sha256(file.bytes))
}
const refuses = async (a: Published, tx: string, status: number, text: RegExp, who: Person = w.consumer): Promise<void> => {
  const r = await http(await w.market.downloadUrl(a, tx, who))
  assert.equal(r.status, status, r.text)
  assert.match(r.text, text)
}

/** What the contract computes from a fee: 32 bytes, whatever they begin with. */
const digest = (f: ProviderFees): string => solidityPackedKeccak256(
  ['bytes', 'address', 'address', 'uint256', 'uint256'],
  [f.providerData, f.providerFeeAddress, f.providerFeeToken, f.providerFeeAmount, f.validUntil])

describe('provider fees', () => {
  test('are good on chain, those whose hash begins with a zero byte too', async () => {
    const special: ProviderFees[] = []
    let made = 0
    for (let until = 2_000_000_000; made < 600 || special.length < 1; until += 50) {
      assert.ok(made < 6000, 'no hash begins with a zero byte')
      const some = await Promise.all(Array.from({ length: 50 }, async (_, i) => {
        const url = `${w.url}/api/services/initialize?documentId=${asset.did}&serviceId=${asset.serviceId}&consumerAddress=${w.consumer.address}`
        return (await (await fetch(`${url}&validUntil=${until + i}`)).json() as { providerFee: ProviderFees }).providerFee
      }))
      for (const f of some) {
        const signature = Signature.from({ r: f.r, s: f.s, v: Number(f.v) })
        assert.equal(verifyMessage(getBytes(digest(f)), signature), f.providerFeeAddress)
      }
      special.push(...some.filter((f) => digest(f).startsWith('0x00')))
      made += some.length
    }
    assert.equal(special[0]?.providerFeeAddress, w.wallet.address)
    await gives(asset, await w.market.mintAndOrder(asset, w.consumer, undefined, special[0]))
  })

  test('of somebody else, of another service and of the past do not count', async () => {
    const forged = { ...await feeOf(asset), providerFeeAddress: w.stranger.address, providerFeeAmount: '0' }
    const s = Signature.from(await w.stranger.signMessage(getBytes(digest(forged))))
    const other = await w.market.publish({ name: 'Other', files: [file.object], timeout: 0 })
    const past = await feeOf(asset, Math.floor(Date.now() / 1000) - 10)
    for (const fee of [{ ...forged, v: s.v, r: s.r, s: s.s } as never, await feeOf(other), past]) {
      const tx = await w.market.mintAndOrder(asset, w.consumer, undefined, fee)
      await refuses(asset, tx, 500, /^ERROR checking fees$/)
    }
  })

  test('are paid for jobs too', async () => {
    const data = await w.market.publish({ name: 'Data', service: 'compute', files: [file.object], timeout: 0, trust: trustAll })
    const algorithm = await rawAlgorithm('true')
    await w.compute.fund(w.consumer, e, 20)
    const quote = await w.compute.quote(e, { who: w.consumer, datasets: [asDataset(data)], algorithm })
    const fee = quote.datasets?.[0]?.providerFee as ProviderFees
    const forged = { ...fee, providerFeeAddress: w.stranger.address, providerFeeAmount: '0' }
    const s = Signature.from(await w.stranger.signMessage(getBytes(digest(forged))))
    const cheap = await w.market.mintAndOrder(data, w.consumer, e.consumerAddress, { ...forged, v: s.v, r: s.r, s: s.s } as never)
    await assert.rejects(w.compute.start(e, { who: w.consumer, datasets: [asDataset(data, cheap)], algorithm }),
      new RegExp(`TxId Service ${cheap} is not valid for DDO ${data.did} and service ${data.serviceId}: it pays no provider fee`))
    const before = await w.chain.balance(w.chain.ocean, w.wallet.address)
    const good = await w.market.mintAndOrder(data, w.consumer, e.consumerAddress, fee)
    assert.equal(await w.chain.balance(w.chain.ocean, w.wallet.address) - before, one)
    const { jobId } = await w.compute.start(e, { who: w.consumer, datasets: [asDataset(data, good)], algorithm })
    assert.equal((await w.compute.end(jobId, w.consumer)).terminationDetails?.exitCode, 0)
  })
})

describe('orders', () => {
  test('of a smart account, for somebody else', async () => {
    // passes on what it is sent: 32 bytes with the address, then the call; reverts as the callee does
    const runtime = '602036038060206000376000600082600060006000355af13d600060003e6025573d6000fd5b3d6000f3'
    const size = (runtime.length / 2).toString(16).padStart(2, '0')
    const account = await new ContractFactory([], `0x60${size}600c60003960${size}6000f3${runtime}`, w.publisher).deploy()
    const address = String(account.target)
    const send = async (to: string, data: string): Promise<string> => {
      const tx = await w.stranger.sendTransaction({ to: address, data: concat([zeroPadValue(to, 32), data]), gasLimit: 2_000_000n })
      assert.equal((await tx.wait())?.status, 1)
      return tx.hash
    }
    const erc20 = new Interface(['function approve(address,uint256)'])
    await mint(asset, address)
    await (await w.chain.erc20(w.chain.ocean, w.consumer).getFunction('transfer')(address, one)).wait()
    await send(w.chain.ocean, erc20.encodeFunctionData('approve', [asset.datatoken, one]))
    const fee = await feeOf(asset)
    const tx = await send(asset.datatoken, startOrder.encodeFunctionData('startOrder', [w.consumer.address, 0, fee, noMarketFee]))
    await gives(asset, tx)
    await refuses(asset, tx, 500, /^Tx id used not valid/, w.publisher)
  })

  test('of several assets in one transaction', async () => {
    const two = await w.market.publish({ name: 'Two', files: [file.object], timeout: 0 })
    const three = await w.market.publish({ name: 'Three', files: [file.object], timeout: 0 })
    const factory = String(w.chain.addresses.ERC721Factory)
    const orders = []
    for (const a of [asset, two]) {
      await mint(a, w.consumer.address)
      await (await w.market.datatoken(w.consumer).approve(a.datatoken, factory, '1')).wait()
      orders.push({ tokenAddress: a.datatoken, consumer: w.consumer.address, serviceIndex: 0, _providerFee: await feeOf(a), _consumeMarketFee: noMarketFee })
    }
    await (await w.chain.erc20(w.chain.ocean, w.consumer).getFunction('approve')(factory, 2n * one)).wait()
    const tx = await new NftFactory(factory, w.consumer, CHAIN).startMultipleTokenOrder(orders as never)
    await tx.wait()
    await gives(asset, tx.hash)
    await gives(two, tx.hash)
    await refuses(three, tx.hash, 500, /^Tx id used not valid/)
  })

  test('of another service of the same datatoken', async () => {
    const a = await w.market.publish({ name: 'Two services', files: [file.object], timeout: 0 })
    a.ddo.services.push({ ...a.ddo.services[0], id: 'second' })
    await w.market.writeMetadata(a)
    await w.market.indexed(a)
    const second = { ...a, serviceId: 'second' }
    const fee = await feeOf(second)
    await mint(a, w.consumer.address)
    await w.market.payFee(w.consumer, a, fee)
    const tx = await w.market.datatoken(w.consumer).startOrder(a.datatoken, w.consumer.address, 1, fee)
    await tx.wait()
    await gives(second, tx.hash)
    await refuses(a, tx.hash, 500, /^Invalid service index\.$/)
  })

  test('of the enterprise template, dispensed', async () => {
    const a = await w.market.publish({ name: 'Enterprise', files: [file.object], price: 0, template: 2 })
    await gives(a, await w.market.buy(a, w.consumer))
  })
})

test('what the buyer says goes to the origin, for downloads and jobs', async () => {
  const asked: string[] = []
  const origin = w.files.on('asked', (req, res) => { asked.push(String(req.url)); res.end('answer') })
  const said = { city: 'Nuku\'alofa, 100 %', limit: 5, all: true }
  const check = (url: string | undefined): void => {
    const q = new URL(String(url), 'http://x').searchParams
    assert.deepEqual(Object.fromEntries(q), { fixed: '1', city: said.city, limit: '5', all: 'true' })
  }
  origin.url += '?fixed=1'
  const a = await w.market.publish({ name: 'Asks', files: [origin], timeout: 0 })
  const url = await ProviderInstance.getDownloadUrl(a.did, a.serviceId, 0, await w.market.order(a, w.consumer), w.url, w.consumer, undefined, said as never)
  assert.equal((await http(String(url))).text, 'answer')
  check(asked.at(-1))
  const tx = await w.market.order(a, w.consumer)
  const nonce = String(await ProviderInstance.getNonce(w.url, w.consumer.address) + 1)
  const direct = await post(`${w.url}/directCommand`, {
    command: 'download', fileIndex: 0, documentId: a.did, serviceId: a.serviceId, transferTxId: tx, userData: said,
    consumerAddress: w.consumer.address, nonce, signature: sign(w.consumer, nonce, 'download')
  })
  assert.equal(direct.text, 'answer')
  check(asked.at(-1))
  const algorithm = Object.assign(await rawAlgorithm('cat /data/inputs/algoCustomData.json > /data/outputs/custom; cat /data/inputs/asked > /data/outputs/asked'),
    { algocustomdata: said })
  const data = await w.market.publish({ name: 'Asks jobs', service: 'compute', files: [origin], timeout: 0, trust: trustAll })
  const { jobId } = await w.compute.startFree(e, { who: w.consumer, datasets: [{ ...asDataset(data), userdata: said } as never], algorithm })
  const job = await w.compute.end(jobId, w.consumer)
  const out = await w.compute.output(job, jobId, w.consumer)
  assert.equal(String(out.get('asked')), 'answer')
  assert.deepEqual(JSON.parse(String(out.get('custom'))), said)
  check(asked.at(-1))
})

describe('files that a datatoken keeps', () => {
  const list = async (who: string): Promise<string> =>
    await new AccesslistFactory(String(w.chain.addresses.AccessListFactory), w.publisher, CHAIN, w.chain.config)
      .deployAccessListContract('Nodes', 'NODES', ['https://example.com/nft'], false, w.publisher.address, [who]) as string
  let kept: Published

  test('are given to a node of its list, for who has ordered', async () => {
    kept = await w.market.publish({ name: 'Kept', files: [file.object], timeout: 0, kept: { allow: await list(w.wallet.address) } })
    const tx = await w.market.order(kept, w.consumer)
    await gives(kept, tx)
    await refuses(kept, tx, 500, /^Tx id used not valid/, w.stranger)
    const token = await ProviderInstance.generateAuthToken(w.consumer, w.url)
    const r = await http(String(await ProviderInstance.getDownloadUrl(kept.did, kept.serviceId, 0, tx, w.url, token)),
      { headers: { authorization: token } })
    assert.equal(r.status, 400, r.text)
    assert.match(r.text, /a token is not enough/)
  })

  test('are not given to another node', async () => {
    const a = await w.market.publish({ name: 'For others', files: [file.object], timeout: 0, kept: { allow: await list(w.stranger.address) } })
    await refuses(a, await w.market.order(a, w.consumer), 403, /^The datatoken does not give its files: .*Provider not allowed/)
  })

  test('are data for jobs', async () => {
    const a = await w.market.publish({ name: 'Kept data', service: 'compute', files: [file.object], timeout: 0, kept: {}, trust: trustAll })
    const algorithm = await rawAlgorithm('cat /data/inputs/file.bin > /data/outputs/copy')
    const quote = await w.compute.quote(e, { who: w.consumer, datasets: [asDataset(a)], algorithm })
    const start = (tx?: string): Promise<{ jobId: string }> => w.compute.startFree(e, { who: w.consumer, datasets: [asDataset(a, tx)], algorithm })
    await assert.rejects(start(), /no consumer order/)
    const tx = await w.market.mintAndOrder(a, w.consumer, e.consumerAddress, quote.datasets?.[0]?.providerFee as ProviderFees)
    const { jobId } = await start(tx)
    const job = await w.compute.end(jobId, w.consumer)
    assert.equal(sha256((await w.compute.output(job, jobId, w.consumer)).get('copy') ?? ''), sha256(file.bytes))
  })

  test('are not asked for where the factory has given up on such tokens', async () => {
    const factory = new Contract(String(w.chain.addresses.ERC721Factory), ['function disableTokenTemplate(uint256)', 'function reactivateTokenTemplate(uint256)'], w.chain.account(0))
    const tx = await w.market.order(kept, w.consumer)
    await (await factory.getFunction('disableTokenTemplate')(4)).wait()
    await refuses(kept, tx, 403, /^Cannot decrypt DDO files, Template 4 is not active for confidential EVM!$/)
    await (await factory.getFunction('reactivateTokenTemplate')(4)).wait()
    await gives(kept, tx)
  })

  test('are not those of an asset that has none', async () => {
    const a = await w.market.publish({ name: 'Empty', files: [file.object], timeout: 0 })
    a.ddo.services[0].files = ''
    await w.market.writeMetadata(a)
    await w.market.indexed(a)
    await refuses(a, await w.market.order(a, w.consumer), 500, /^Failed to decrypt$/)
  })
})

test('the sealed files of an asset are not to be had as a file', async () => {
  const sealed = String(asset.ddo.services[0].files)
  const body = {
    algorithm: await rawAlgorithm('cat /data/inputs/* > /data/outputs/all'), environment: e.id, consumerAddress: w.consumer.address,
    datasets: [{ fileObject: sealed, documentId: '', serviceId: '' }], payment: { chainId: CHAIN, token: w.compute.token(e), resources: smallest(e.resources) }
  }
  const r = await post(`${w.url}/api/services/initializeCompute`, body)
  assert.equal(r.status, 403, r.text)
  assert.match(r.text, /unauthorized operation/)
  // a file of one's own may be sealed
  const own = await ProviderInstance.encrypt({ files: [file.object] }, CHAIN, w.url, w.stranger)
  const algorithm = await rawAlgorithm('cat /data/inputs/file.bin > /data/outputs/copy')
  const { jobId } = await w.compute.startFree(e, { who: w.stranger, datasets: [{ fileObject: own, documentId: '', serviceId: '' } as never], algorithm })
  const job = await w.compute.end(jobId, w.stranger)
  assert.equal(sha256((await w.compute.output(job, jobId, w.stranger)).get('copy') ?? ''), sha256(file.bytes))
})
