// SPDX-License-Identifier: Apache-2.0
// What the chains say becomes what the node answers: every event of real contracts, two chains at a
// time, whom the operator believes, purgatory, and ends in the middle of it all.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AccessListContract, AccesslistFactory, ProviderInstance } from '@oceanprotocol/lib'
import { Contract, Signature, ZeroAddress, getBytes, type Wallet } from 'ethers'
import { World } from './fixtures.ts'
import { CHAIN, atoll } from './lib/chain.ts'
import { noise } from './lib/files.ts'
import { http, post } from './lib/http.ts'
import type { Published } from './lib/market.ts'
import { Nft, hexHashOf, mined, nftAbi } from './lib/nft.ts'
import { Program, freePort, run, sleep, until } from './lib/process.ts'
import { BareChain } from './lib/rpc.ts'

const SECOND = 31337
let w: World
let second: BareChain
let banned: Array<Record<string, string>> = []
let purgatory: 'up' | 'down' = 'up'

/** The first chain with all its contracts, under another id. */
async function copyChain(x: World): Promise<string> {
  await second.provider.send('anvil_loadState', [await x.chain.provider.send('anvil_dumpState', [])])
  const file = join(x.dir, 'addresses.json')
  const { development } = JSON.parse(readFileSync(x.chain.addressFile, 'utf8'))
  writeFileSync(file, JSON.stringify({ development, second: { ...development, chainId: SECOND } }))
  return file
}

before(async () => {
  second = await BareChain.start(SECOND)
  w = await World.start({
    compute: false,
    env: async (x) => ({
      ADDRESS_FILE: await copyChain(x), PURGATORY_INTERVAL: '200',
      ASSET_PURGATORY_URL: x.files.on('banned.json', (_, res) => {
        if (purgatory === 'down') res.writeHead(503).end()
        else res.end(JSON.stringify(banned))
      }).url,
      RPCS: JSON.stringify({
        [CHAIN]: { rpc: x.chain.url, chainId: CHAIN, chunkSize: 100 }, [SECOND]: { rpc: second.url, chainId: SECOND, network: 'second' }
      })
    })
  })
})
after(async () => {
  try { await w?.stop() } finally { await second?.stop() }
})

const get = async (did: string): Promise<any> => {
  const r = await http(`${w.url}/api/aquarius/assets/ddo/${did}`)
  return r.status === 200 ? JSON.parse(r.text) : null
}
/** Waits until the asset is as wanted. */
const when = async (did: string, what: string, wanted: (ddo: any) => unknown): Promise<any> => {
  let last: any
  try {
    return await until(what, async () => { last = await get(did); return last && wanted(last) ? last : null }, 60_000)
  } catch (e) {
    throw new Error(`${(e as Error).message}: ${JSON.stringify(last?.indexedMetadata)}`)
  }
}
const attempt = (tx: string): Promise<any> => until(`the attempt on ${tx}`, async () => {
  const r = await http(`${w.url}/api/aquarius/state/ddo?txId=${tx}`)
  return r.status === 200 ? JSON.parse(r.text) : null
}, 60_000)
const deploy = (owner = w.publisher): Promise<Nft> => Nft.deploy(String(w.chain.addresses.ERC721Factory), CHAIN, owner)
const at = (address: string, abi: string[], who: Wallet | typeof w.publisher = w.publisher): Contract => new Contract(address, abi, who)
const orders = (ddo: any): number[] => ddo.indexedMetadata.stats.map((s: any) => s.orders)
describe('an asset through its life', () => {
  let asset: Published
  before(async () => {
    asset = await w.market.publish({ name: 'For sale', files: [w.files.add('sale.bin', noise(10, 's')).object], price: 2.5 })
  })

  test('what is added to the document', () => {
    const { indexedMetadata: x, datatokens } = asset.indexed as Record<string, any>
    assert.deepEqual(datatokens, [{ address: asset.datatoken, name: 'Test DT', symbol: 'TDT', serviceId: asset.serviceId }])
    assert.deepEqual(Object.keys(x), ['stats', 'nft', 'event', 'purgatory'])
    assert.deepEqual({ ...x.stats[0], prices: x.stats[0].prices.map(({ exchangeId, ...p }: any) => ({ ...p, exchangeId: exchangeId.length })) }, {
      datatokenAddress: asset.datatoken, name: 'Test DT', symbol: 'TDT', serviceId: asset.serviceId, orders: 0,
      prices: [{ type: 'fixedrate', price: '2.5', contract: w.chain.addresses.FixedPrice, token: w.chain.ocean, exchangeId: 66 }]
    })
    const { created, ...nft } = x.nft
    assert.deepEqual(nft, { state: 0, address: asset.nft, name: 'Test NFT', symbol: 'TNFT', owner: w.publisher.address, tokenURI: 'data:' })
    assert.match(created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/)
    const { datetime, block, ...event } = x.event
    assert.deepEqual(event, { txid: asset.tx, from: w.publisher.address, contract: asset.nft })
    assert.deepEqual([datetime, typeof block], [created, 'number'])
    assert.deepEqual(x.purgatory, { state: false })
  })

  test('the exchange: rate, off, on', async () => {
    const x = at(String(w.chain.addresses.FixedPrice), ['function setRate(bytes32,uint256)', 'function toggleExchangeState(bytes32)'])
    const id = (asset.indexed as any).indexedMetadata.stats[0].prices[0].exchangeId
    const prices = (ddo: any): string => ddo.indexedMetadata.stats[0].prices.map((p: any) => p.price).join()
    await mined(x.getFunction('setRate')(id, 7n * 10n ** 17n))
    await when(asset.did, 'the new rate', (d) => prices(d) === '0.7')
    await mined(x.getFunction('toggleExchangeState')(id))
    await when(asset.did, 'no price', (d) => prices(d) === '')
    await mined(x.getFunction('toggleExchangeState')(id))
    await when(asset.did, 'the price again', (d) => prices(d) === '0.7')
  })

  test('a dispenser: made, off, on', async () => {
    const types = (ddo: any): string => ddo.indexedMetadata.stats[0].prices.map((p: any) => p.type).sort().join()
    await mined(at(asset.datatoken, ['function createDispenser(address,uint256,uint256,bool,address)'])
      .getFunction('createDispenser')(w.chain.addresses.Dispenser, 1, 1, true, ZeroAddress))
    const ddo = await when(asset.did, 'two prices', (d) => types(d) === 'dispenser,fixedrate')
    assert.deepEqual(ddo.indexedMetadata.stats[0].prices.find((p: any) => p.type === 'dispenser'),
      { type: 'dispenser', price: '0', contract: w.chain.addresses.Dispenser, token: asset.datatoken })
    const d = at(String(w.chain.addresses.Dispenser), ['function deactivate(address)', 'function activate(address,uint256,uint256)'])
    await mined(d.getFunction('deactivate')(asset.datatoken))
    await when(asset.did, 'one price', (x) => types(x) === 'fixedrate')
    await mined(d.getFunction('activate')(asset.datatoken, 1, 1))
    await when(asset.did, 'both again', (x) => types(x) === 'dispenser,fixedrate')
  })

  test('orders: one, two in a transaction, reused; an update keeps the count', async () => {
    const first = await w.market.order(asset, w.consumer)
    await when(asset.did, 'one order', (d) => orders(d)[0] === 1)
    const { providerFee: f } = await ProviderInstance.initialize(asset.did, asset.serviceId, 0, w.consumer.address, w.url)
    const fee = [f.providerFeeAddress, f.providerFeeToken, f.providerFeeAmount, f.v, f.r, f.s, f.validUntil, f.providerData]
    const token = w.market.datatoken(w.publisher)
    await (await token.mint(asset.datatoken, w.publisher.address, '2', w.consumer.address)).wait()
    const factory = String(w.chain.addresses.ERC721Factory)
    await mined(w.chain.erc20(asset.datatoken, w.consumer).getFunction('approve')(factory, 2n * 10n ** 18n))
    const order = [asset.datatoken, w.consumer.address, 0, fee, [ZeroAddress, ZeroAddress, 0]]
    const abi = ['function startMultipleTokenOrder(tuple(address,address,uint256,tuple(address,address,uint256,uint8,bytes32,bytes32,uint256,bytes),tuple(address,address,uint256))[])']
    await mined(at(factory, abi, w.consumer).getFunction('startMultipleTokenOrder')([order, order]))
    await when(asset.did, 'three orders', (d) => orders(d)[0] === 3)
    await mined(w.market.datatoken(w.consumer).reuseOrder(asset.datatoken, first, f) as Promise<any>)
    await when(asset.did, 'four orders', (d) => orders(d)[0] === 4)
    asset.ddo.metadata.name = 'For sale again'
    await w.market.writeMetadata(asset)
    await w.market.indexed(asset)
    assert.deepEqual(orders(asset.indexed), [4])
    assert.equal(asset.indexed.metadata?.name, 'For sale again')
    assert.equal((asset.indexed as any).indexedMetadata.stats[0].prices.length, 2)
  })

  test('the token: sold, and its URI', async () => {
    const nft = at(asset.nft, nftAbi)
    await mined(nft.getFunction('setTokenURI')(1, 'data:other'))
    await when(asset.did, 'the URI', (d) => d.indexedMetadata.nft.tokenURI === 'data:other')
    await mined(nft.getFunction('safeTransferFrom')(w.publisher.address, w.stranger.address, 1))
    const ddo = await when(asset.did, 'the new owner', (d) => d.indexedMetadata.nft.owner === w.stranger.address)
    assert.equal(ddo.indexedMetadata.event.from, w.publisher.address)
    const q = await post(`${w.url}/api/aquarius/assets/metadata/query`,
      { query: { bool: { filter: [{ term: { 'indexedMetadata.nft.owner': w.stranger.address } }] } } })
    assert.deepEqual(JSON.parse(q.text).flat().map((d: any) => d.id), [asset.did])
  })

  test('states: short while out of use, whole again afterwards', async () => {
    const nft = at(asset.nft, nftAbi, w.stranger)
    const whole = await get(asset.did)
    for (const state of [2, 3]) {
      await mined(nft.getFunction('setMetaDataState')(state))
      const short = await when(asset.did, 'the short form', (d) => d.indexedMetadata.nft.state === state)
      assert.deepEqual(short, { id: asset.did, version: 'deprecated', chainId: CHAIN, nftAddress: asset.nft, indexedMetadata: { nft: { state } } })
    }
    for (const state of [4, 5, 1, 0]) {
      await mined(nft.getFunction('setMetaDataState')(state))
      const ddo = await when(asset.did, `state ${state}`, (d) => d.indexedMetadata.nft.state === state)
      assert.deepEqual({ ...ddo, indexedMetadata: { ...ddo.indexedMetadata, nft: { ...ddo.indexedMetadata.nft, state: 0 } } }, whole)
    }
  })

  test('two updates in one block: the last one stands', async () => {
    const nft = await deploy()
    await attempt(await nft.publish('One'))
    await w.chain.provider.send('evm_setAutomine', [false])
    try {
      const nonce = await w.publisher.getNonce()
      const send = (title: string, n: number): Promise<any> => {
        const text = nft.document(title)
        return nft.contract.getFunction('setMetaData')(0, w.url, '', '0x00', Buffer.from(text), hexHashOf(text), [],
          { nonce: nonce + n, gasLimit: 2_000_000 }) as Promise<any>
      }
      await send('Two', 0)
      await send('Three', 1)
      await w.chain.provider.send('evm_mine', [])
    } finally {
      await w.chain.provider.send('evm_setAutomine', [true])
    }
    await when(nft.did, 'the last one', (d) => d.metadata.name === 'Three')
  })
})

test('tokens of a list that may be handed on: the list follows', async () => {
  const factory = new AccesslistFactory(String(w.chain.addresses.AccessListFactory), w.publisher, CHAIN)
  const list = await factory.deployAccessListContract('Movable', 'MOV', ['a'], true, w.publisher.address, [w.consumer.address])
  const users = async (): Promise<string> => {
    const r = await http(`${w.url}/api/services/accesslists/${CHAIN}/${list}`)
    return r.status === 200 ? (JSON.parse(r.text).users as any[]).map((u) => `${u.tokenId}:${u.wallet}`).join() : ''
  }
  const is = async (token: number, who: string): Promise<void> => {
    await until(`token ${token} with ${who}`, async () => (await users()).includes(`${token}:${who.toLowerCase()}`), 60_000)
  }
  await is(1, w.consumer.address)
  await mined(at(list, ['function transferFrom(address,address,uint256)'], w.consumer)
    .getFunction('transferFrom')(w.consumer.address, w.stranger.address, 1))
  await is(1, w.stranger.address)
  assert.equal(await users(), `1:${w.stranger.address.toLowerCase()}`)
  await new AccessListContract(list, w.publisher, CHAIN).burn(1)
  await until('nobody', async () => await users() === '', 60_000)
})

describe('two chains', () => {
  test('each has its assets and its height; a search finds both', async () => {
    const owner = w.publisher.connect(second.provider)
    const here = await deploy()
    const there = await Nft.deploy(String(w.chain.addresses.ERC721Factory), SECOND, owner)
    const [a, b] = [await here.publish('Twin here'), await there.publish('Twin there')]
    assert.deepEqual([(await attempt(a)).chainId, (await attempt(b)).chainId], [CHAIN, SECOND])
    assert.notEqual(here.did, there.did)
    assert.equal((await get(there.did)).chainId, SECOND)
    const found = JSON.parse((await post(`${w.url}/api/aquarius/assets/metadata/query`, { query: { match: { 'metadata.name': 'twin' } } })).text)
    assert.deepEqual(found.flat().map((d: any) => d.chainId).sort(), [CHAIN, SECOND].sort())
    const status = JSON.parse((await post(`${w.url}/directCommand`, { command: 'status' })).text)
    assert.deepEqual(status.indexer.map((i: any) => i.chainId).sort(), [String(CHAIN), String(SECOND)].sort())
    assert.ok(status.indexer.every((i: any) => Number(i.block) > 0))
  })

  test('a document of the other chain is not taken', async () => {
    const nft = await Nft.deploy(String(w.chain.addresses.ERC721Factory), SECOND, w.publisher.connect(second.provider))
    const text = nft.document('Smuggled').replaceAll(String(SECOND), String(CHAIN))
    const tx = await nft.write({ url: w.url, flags: 0, data: text, hash: hexHashOf(text) })
    const s = await attempt(tx)
    assert.equal(s.valid, false)
  })
})

describe('purgatory', () => {
  test('an asset that is banned later goes, and comes back when it is not any more', async () => {
    const nft = await deploy()
    const tx = await nft.publish('Doubtful')
    assert.equal((await attempt(tx)).valid, true)
    banned = [{ did: nft.did, reason: 'doubt' }]
    await until('gone', async () => await get(nft.did) === null, 60_000)
    assert.equal((await attempt(tx)).error, `${nft.did} is in purgatory`)
    const found = await post(`${w.url}/api/aquarius/assets/metadata/query`, { query: { match: { 'metadata.name': 'doubtful' } } })
    assert.deepEqual(JSON.parse(found.text).flat(), [])
    purgatory = 'down'
    await until('it is said', () => /purgatory: the list of banned dids: it answered 503/.test(w.log), 60_000)
    assert.equal(await get(nft.did), null, 'a list that cannot be read frees nobody')
    banned = []
    purgatory = 'up'
    await when(nft.did, 'back', (d) => d.metadata.name === 'Doubtful')
  })
})

test('killed again and again in the middle of a backfill: nothing is lost, nothing twice', async () => {
  const asset = await w.market.publish({ name: 'Counted', files: [w.files.add('counted.bin', noise(10, 'c')).object] })
  const { providerFee } = await ProviderInstance.initialize(asset.did, asset.serviceId, 0, w.consumer.address, w.url)
  w.node.kill('SIGKILL')
  await until('its end', () => !w.node.running)
  const nfts: Nft[] = []
  for (let i = 0; i < 12; i++) {
    const nft = await deploy()
    await nft.publish(`Backfill ${i}`)
    nfts.push(nft)
    if (i % 3 === 0) await w.market.mintAndOrder(asset, w.consumer, undefined, providerFee)
  }
  for (const ms of [5, 20, 40, 60, 90, 130]) {
    w.launchNode()
    await sleep(ms)
    w.node.kill('SIGKILL')
    await until('its end', () => !w.node.running)
  }
  await w.startNode()
  for (const [i, nft] of nfts.entries()) await when(nft.did, `asset ${i}`, (d) => d.metadata.name === `Backfill ${i}`)
  assert.deepEqual(orders(await when(asset.did, 'its orders', (d) => orders(d)[0] === 4)), [4])
})

describe('whom the operator believes', () => {
  let node: Program
  let url: string
  let list: string
  const start = async (name: string, env: Record<string, string>): Promise<void> => {
    url = `http://127.0.0.1:${await freePort()}`
    node = new Program(atoll, ['node', '--data', join(w.dir, name)], {
      PATH: process.env.PATH, ASAN_OPTIONS: process.env.ASAN_OPTIONS, UBSAN_OPTIONS: process.env.UBSAN_OPTIONS,
      PRIVATE_KEY: w.wallet.privateKey, ADDRESS_FILE: w.chain.addressFile, HTTP_API_PORT: new URL(url).port, INTERFACES: '["HTTP"]',
      INDEXER_INTERVAL: '200', RPCS: JSON.stringify({ [CHAIN]: { rpc: w.chain.url, chainId: CHAIN } }), ...env
    })
    await node.line(/listening/i)
  }
  const error = (tx: string): Promise<string> => until(`the attempt on ${tx}`, async () => {
    const r = await http(`${url}/api/aquarius/state/ddo?txId=${tx}`)
    return r.status === 200 ? `=${JSON.parse(r.text).error}` : null
  }, 60_000).then((s) => s.slice(1))
  before(async () => {
    const factory = new AccesslistFactory(String(w.chain.addresses.AccessListFactory), w.publisher, CHAIN)
    list = await factory.deployAccessListContract('Believed', 'BEL', ['a'], false, w.publisher.address, [w.consumer.address])
  })
  /** Metadata that somebody vouches for. */
  const vouched = async (nft: Nft, by: typeof w.publisher): Promise<string> => {
    const text = nft.document('Vouched')
    const hash = hexHashOf(text)
    const s = Signature.from(await by.signMessage(getBytes(hash)))
    return nft.write({ url: 'http://127.0.0.1:1', flags: 0, data: text, hash, proofs: [[by.address, s.v, s.r, s.s]] })
  }

  test('publishers by a list, and by address', async () => {
    const txs = [await (await deploy(w.consumer)).publish('Listed'), await (await deploy(w.stranger)).publish('Unlisted')]
    await start('publishers', { AUTHORIZED_PUBLISHERS_LIST: JSON.stringify({ [CHAIN]: [list] }) })
    assert.equal(await error(txs[0] as string), '')
    assert.equal(await error(txs[1] as string),
      `DDO owner ${w.stranger.address} is NOT part of the AUTHORIZED_PUBLISHERS_LIST access group.`)
    assert.equal(await node.stop(), 0)
    await start('addresses', { AUTHORIZED_PUBLISHERS: JSON.stringify([w.stranger.address]) })
    assert.equal(await error(txs[1] as string), '')
    assert.equal(await error(txs[0] as string), `DDO owner ${w.consumer.address} is NOT part of the AUTHORIZED_PUBLISHERS group.`)
    assert.equal(await node.stop(), 0)
  })

  test('validators by a list, and by address', async () => {
    const none = 'The metadata was not validated by any of the ALLOWED_VALIDATORS.'
    const by = { listed: await vouched(await deploy(), w.consumer), stranger: await vouched(await deploy(), w.stranger) }
    const nobody = await (await deploy()).publish('Alone')
    await start('validators', { ALLOWED_VALIDATORS_LIST: JSON.stringify({ [CHAIN]: [list] }) })
    assert.deepEqual([await error(by.listed), await error(by.stranger), await error(nobody)], ['', none, none])
    assert.equal(await node.stop(), 0)
    await start('validator', { ALLOWED_VALIDATORS: JSON.stringify([w.stranger.address]) })
    assert.deepEqual([await error(by.listed), await error(by.stranger), await error(nobody)], [none, '', none])
    assert.equal(await node.stop(), 0)
  })
})

test('an endpoint of another chain is refused at start, without its secrets', async () => {
  const { url } = w.files.on('v3/apikey', (_, res) => res.end(JSON.stringify({ jsonrpc: '2.0', id: 0, result: `0x${SECOND.toString(16)}` })))
  const wrong = `${url.replace('http://', 'http://user:secret@')}?token=hidden`
  const base = {
    PATH: process.env.PATH, PRIVATE_KEY: w.wallet.privateKey, ADDRESS_FILE: w.chain.addressFile, HTTP_API_PORT: String(await freePort()),
    INTERFACES: '["HTTP"]'
  }
  for (const network of [{ rpc: wrong }, { rpc: w.chain.url, fallbackRPCs: ['http://127.0.0.1:1', wrong] }]) {
    const r = await run(atoll, ['node', '--data', join(w.dir, 'wrong')], { ...base, RPCS: JSON.stringify({ [CHAIN]: { ...network, chainId: CHAIN } }) }, 20_000)
    assert.notEqual(r.status, 0)
    assert.ok(r.output.includes(`the RPC endpoint ${new URL(url).origin} is configured for chain ${CHAIN} but answers for chain ${SECOND}`), r.output)
    assert.doesNotMatch(r.output, /secret|apikey|hidden/)
  }
})
