// SPDX-License-Identifier: Apache-2.0
// What ocean-cli does with a node, command by command: the same calls of ocean.js with the same
// arguments, in its order. Each command is a process of its own there, so nothing is kept between them
// but what a person would copy from its output.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  AccessListContract, AccesslistFactory, Aquarius, EscrowContract, Nft, ProviderInstance, ZERO_ADDRESS, createAsset, getEventFromTx, getHash,
  orderAsset, unitsToAmount, type ComputeAlgorithm, type ComputeAsset, type ComputeEnvironment
} from '@oceanprotocol/lib'
import { hexlify, toBeHex, toUtf8Bytes } from 'ethers'
import { World } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { bare, shellAlgorithm, type Job } from './lib/compute.ts'
import { noise, type ServedFile } from './lib/files.ts'
import { http } from './lib/http.ts'
import type { Person } from './lib/market.ts'
import { until } from './lib/process.ts'

let w: World
let me: Person
let aquarius: Aquarius
let e: ComputeEnvironment
let file: ServedFile
let code: ServedFile
before(async () => {
  w = await World.start()
  me = w.publisher
  aquarius = new Aquarius(w.url)
  e = await w.compute.environment()
  file = w.files.add('data.txt', noise(2000, 'cli'), 'text/plain')
  code = w.files.add('algo.sh', 'cat /data/inputs/data.txt > /data/outputs/copy; echo it ran\n', 'text/x-shellscript')
})
after(async () => { await w.stop() })

/** A metadata file as ocean-cli ships them: with indexedMetadata, its price among it, and files in the clear. */
async function metadata(name: string, type: 'dataset' | 'algorithm', service: 'access' | 'compute', of: ServedFile): Promise<Record<string, any>> {
  return {
    '@context': ['https://w3id.org/did/v1'], id: 'did:op', nftAddress: '', version: '4.1.0', chainId: CHAIN,
    metadata: {
      created: '2021-12-20T14:35:20Z', updated: '2021-12-20T14:35:20Z', type, name, description: `${name}, published by a command`,
      tags: ['test'], author: 'oceanprotocol', license: 'https://market.oceanprotocol.com/terms',
      additionalInformation: { termsAndConditions: true },
      ...(type === 'algorithm' ? { algorithm: await shellAlgorithm() } : {})
    },
    services: [{
      id: 'ccb398c50d6abd5b456e8d7242bd856a1767a890b537c2f8c10ba8b8a10e6025', type: service,
      files: { datatokenAddress: '0x0', nftAddress: '0x0', files: [of.object] }, datatokenAddress: '',
      serviceEndpoint: 'https://v4.provider.oceanprotocol.com', timeout: 86400,
      ...(service === 'compute' ? {
        compute: { allowRawAlgorithm: false, allowNetworkAccess: true, publisherTrustedAlgorithmPublishers: [], publisherTrustedAlgorithms: [] }
      } : {})
    }],
    indexedMetadata: {
      event: {}, nft: { address: '', name: 'Ocean Data NFT', symbol: 'OCEAN-NFT', state: 5, tokenURI: '', owner: '', created: '' },
      purgatory: { state: false }, stats: [{ orders: 0, prices: [{ price: '0' }] }], datatokens: []
    }
  }
}
const publish = async (asset: Record<string, any>, encrypted = true): Promise<string> => {
  const { name, symbol } = asset.indexedMetadata.nft
  const did = await createAsset(name, symbol, me, asset.services[0].files.files, 1 as never, asset as never, encrypted, w.url, ZERO_ADDRESS, aquarius)
  assert.match(String(did), /^did:op:[0-9a-f]{64}$/)
  return String(did)
}
const find = async (did: string, tx?: string): Promise<any> => {
  const found = await aquarius.waitForIndexer(did, tx, undefined, 100, 300)
  assert.ok(found, `${did} is not in the index; ${(await http(`${w.url}/api/aquarius/state/ddo?did=${did}`)).text}`)
  return found
}
/** editAsset and allowAlgo: the whole indexed document goes on chain again. */
const update = async (ddo: any, encrypted: boolean): Promise<string> => {
  const valid = await aquarius.validate(ddo, me, w.url)
  assert.ok(valid?.hash)
  const data = encrypted ? await ProviderInstance.encrypt(ddo, CHAIN, w.url, me) : hexlify(toUtf8Bytes(JSON.stringify(ddo)))
  // the hash of the validation also in the clear
  const tx = await new Nft(me, CHAIN).setMetadata(ddo.nftAddress, me.address, 0, w.url, '', toBeHex(encrypted ? 2 : 0), data, valid.hash)
  await (tx as any).wait()
  return String((tx as any).hash)
}

describe('publish, editAsset, getDDO, download', () => {
  for (const encrypted of [true, false]) {
    test(encrypted ? 'with an encrypted document' : 'with one in the clear', async () => {
      const did = await publish(await metadata('By a command', 'dataset', 'access', file), encrypted)
      let ddo = await find(did)
      assert.equal(Number(ddo.indexedMetadata.stats[0].prices[0].price), 0)
      for (const again of [encrypted, !encrypted]) {
        ddo.metadata = { ...ddo.metadata, name: `Edited ${again}` }
        ddo = await find(did, await update(ddo, again))
        assert.equal(ddo.metadata.name, `Edited ${again}`)
      }
      const tx = await orderAsset(ddo, me, w.chain.config, w.market.datatoken(me), w.url)
      const { hash } = await (tx as any).wait()
      const url = String(await ProviderInstance.getDownloadUrl(ddo.id, ddo.services[0].id, 0, hash, w.url, me))
      const r = await fetch(url)
      assert.equal(/attachment;filename=(.+)/.exec(r.headers.get('content-disposition') ?? '')?.[1], 'data.txt')
      assert.ok(Buffer.from(await r.arrayBuffer()).equals(file.bytes))
    })
  }
})

describe('compute', () => {
  let data: any
  let algo: any
  let paid: Job
  before(async () => {
    data = await find(await publish(await metadata('Compute data', 'dataset', 'compute', file)))
    algo = await find(await publish(await metadata('Algorithm', 'algorithm', 'compute', code)))
  })
  const rawData = (): ComputeAsset => ({ fileObject: file.object, documentId: '', serviceId: '' }) as never
  const rawAlgo = async (): Promise<ComputeAlgorithm> => ({ fileObject: code.object, meta: await shellAlgorithm() }) as never
  const named = (ddo: any): ComputeAsset => ({ documentId: ddo.id, serviceId: ddo.services[0].id })
  const namedAlgo = (): ComputeAlgorithm => ({ ...named(algo), meta: algo.metadata.algorithm }) as never
  const free = async (assets: ComputeAsset[], algorithm: ComputeAlgorithm): Promise<Job> =>
    [await ProviderInstance.freeComputeStart(w.url, me, e.id, assets, algorithm, null as never, null as never, null as never, null as never)].flat()[0] as Job
  const copied = async (job: Job): Promise<void> => {
    const end = await w.compute.end(job.jobId, me)
    assert.equal(end.terminationDetails?.exitCode, 0, `${end.statusName} ${end.statusReason}`)
    assert.ok((await w.compute.output(end, job.jobId, me)).get('copy')?.equals(file.bytes))
  }
  const resources = [{ id: 'cpu', amount: 1 }, { id: 'ram', amount: 1 }, { id: 'disk', amount: 0 }]

  /** startCompute: the quote, the orders, the money, the job. */
  async function start(assets: ComputeAsset[], ddos: any[], algorithm: ComputeAlgorithm, algoDdo?: any): Promise<Job> {
    const quote = await ProviderInstance.initializeCompute(assets, algorithm, e.id, w.compute.token(e), 60, w.url, me.address, resources, CHAIN)
    const order = async (entry: any, ddo: any): Promise<string> => {
      if (entry.validOrder && !entry.providerFee) return entry.validOrder
      const tx = await orderAsset(ddo, me, w.chain.config, w.market.datatoken(me), w.url, e.consumerAddress, undefined, entry.providerFee)
      return String(getEventFromTx(await (tx as any).wait(), 'OrderStarted').transactionHash)
    }
    if (algoDdo) algorithm.transferTxId = await order(quote.algorithm, algoDdo)
    for (const [i, ddo] of ddos.entries()) if (ddo) assets[i]!.transferTxId = await order(quote.datasets?.[i], ddo)
    const escrow = new EscrowContract(String(quote.payment?.escrowAddress), me)
    const amount = String(quote.payment?.amount)
    const valid = await escrow.verifyFundsForEscrowPayment(w.compute.token(e), e.consumerAddress,
      await unitsToAmount(me, w.compute.token(e), amount), amount, String(quote.payment?.minLockSeconds), '10')
    assert.equal(valid.isValid, true, valid.message)
    return [await ProviderInstance.computeStart(w.url, me, e.id, assets, algorithm, 60, w.compute.token(e), resources, CHAIN,
      null as never, null as never, null as never)].flat()[0] as Job
  }

  test('startFreeCompute: of nothing, of raw objects, of both', async () => {
    await w.compute.end((await free([], await rawAlgo())).jobId, me)
    await copied(await free([rawData()], await rawAlgo()))
    await copied(await free([rawData()], namedAlgo()))
  })

  test('startCompute: an algorithm that is not allowed, then allowAlgo', async () => {
    data.services[0].compute.publisherTrustedAlgorithms.push({ did: `did:op:${'1'.repeat(64)}`, filesChecksum: '1', containerSectionChecksum: '1' })
    data = await find(data.id, await update(data, true))
    await assert.rejects(start([named(data)], [data], namedAlgo(), algo), /not allowed to run on the dataset/)
    const checksums = await ProviderInstance.checkDidFiles(algo.id, algo.services[0].id, algo.services[0].serviceEndpoint, true)
    const { container } = algo.metadata.algorithm
    data.services[0].compute.publisherTrustedAlgorithms.push({
      did: algo.id, containerSectionChecksum: getHash(container.entrypoint + container.checksum), filesChecksum: checksums[0]?.checksum
    })
    data = await find(data.id, await update(data, true))
    paid = await start([named(data)], [data], namedAlgo(), algo)
    await copied(paid)
    await assert.rejects(start([named(data)], [data], await rawAlgo()), /not allowed to run on the dataset/)
  })

  test('startCompute: raw objects, alone and beside a DID', async () => {
    await w.compute.fund(me, e, 10)
    await copied(await start([rawData()], [null], await rawAlgo()))
    await copied(await start([named(data), rawData()], [data, null], namedAlgo(), algo))
  })

  test('getJobStatus: with the agreement of the output, and with another', async () => {
    const [job] = [await ProviderInstance.computeStatus(w.url, me, paid.jobId, paid.payment.lockTx)].flat()
    assert.equal(bare(job?.jobId ?? ''), bare(paid.jobId))
    assert.deepEqual(await ProviderInstance.computeStatus(w.url, me, paid.jobId, 'x'), [])
    assert.equal([await ProviderInstance.computeStatus(w.url, me, paid.jobId, null as never)].flat().length, 1)
  })

  test('downloadJobResults: by their index', async () => {
    const parts: Buffer[] = []
    for await (const c of await ProviderInstance.getComputeResult(w.url, me, paid.jobId, 2) as any) parts.push(Buffer.from(c))
    assert.equal(String(Buffer.concat(parts)), 'it ran\n')
    await assert.rejects(ProviderInstance.getComputeResult(w.url, me, paid.jobId, 9), /404/)
    await assert.rejects(ProviderInstance.getComputeResult(w.url, me, paid.jobId, NaN), /400/)
  })

  test('stopCompute of a job that has ended changes nothing', async () => {
    const [job] = [await ProviderInstance.computeStop(paid.jobId, w.url, me)].flat() as Job[]
    assert.equal(bare(job?.jobId ?? ''), bare(paid.jobId))
    assert.equal(job?.stopRequested, false)
  })
})

test('generateAuthToken and invalidateAuthToken, twice', async () => {
  const token = await ProviderInstance.generateAuthToken(me, w.url)
  assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
  for (let i = 0; i < 2; i++) assert.deepEqual(await ProviderInstance.invalidateAuthToken(me, token, w.url), { success: true })
})

test('createAccessList, addToAccessList, removeFromAccessList: the node knows who is in it', async () => {
  const factory = new AccesslistFactory(String(w.chain.addresses.AccessListFactory), me, CHAIN)
  const address = await factory.deployAccessListContract('List', 'LST', ['https://oceanprotocol.com/nft/'], false, me.address, [me.address]) as string
  const list = new AccessListContract(address, me, CHAIN)
  const knows = (n: number): Promise<unknown> => until(`list of ${n}`, async () => {
    const r = await http(`${w.url}/api/services/accesslists/${CHAIN}/${address}`)
    return r.status === 200 && JSON.parse(r.text).users?.length === n
  })
  await knows(1)
  await (await list.mint(w.consumer.address, 'https://oceanprotocol.com/nft/') as any).wait()
  await knows(2)
  await (await list.burn(2) as any).wait()
  await knows(1)
})
