// SPDX-License-Identifier: Apache-2.0
// Publish, index, search, order, download: datatoken alone, exchange, dispenser, all templates.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Nft, ProviderInstance, ZERO_ADDRESS, createAsset, downloadFile, getEventFromTx } from '@oceanprotocol/lib'
import { World } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { noise, sha256, type ServedFile } from './lib/files.ts'
import { http, post } from './lib/http.ts'
import type { Person, Published } from './lib/market.ts'
import { sleep, until } from './lib/process.ts'

let w: World
let file: ServedFile
let plain: Published
let order: string
before(async () => {
  w = await World.start({ compute: false })
  file = w.files.add('dataset-one.bin', noise(300_001, 'consume'))
  plain = await w.market.publish({ name: 'Plain dataset', files: [file.object] })
  order = await w.market.order(plain, w.consumer)
})
after(async () => { await w.stop() })

const bytesOf = async (asset: Published, tx: string, who: Person = w.consumer, index = 0): Promise<Buffer> =>
  Buffer.from((await downloadFile(await w.market.downloadUrl(asset, tx, who, index))).data)
const refused = async (url: string, status: number, text: RegExp): Promise<void> => {
  const r = await http(url)
  assert.equal(r.status, status, r.text)
  assert.match(r.text, text)
}
const resolve = async (did: string): Promise<any> => w.market.aquarius.resolve(did)

describe('the index', () => {
  test('keeps the document and adds what it knows', async () => {
    const d = plain.indexed as any
    assert.equal(d.id, plain.did)
    assert.equal(d.metadata.name, 'Plain dataset')
    assert.equal(d.services[0].files, plain.ddo.services[0].files)
    assert.equal(d.datatokens[0].address.toLowerCase(), plain.datatoken.toLowerCase())
    assert.equal(d.indexedMetadata.nft.owner.toLowerCase(), w.publisher.address.toLowerCase())
    assert.equal(Number(d.indexedMetadata.nft.state), 0)
    assert.equal(d.indexedMetadata.stats[0].datatokenAddress.toLowerCase(), plain.datatoken.toLowerCase())
  })

  test('is read by did, by metadata, by search', async () => {
    assert.equal((await resolve(plain.did)).id, plain.did)
    assert.match(JSON.stringify(await w.market.aquarius.getAssetMetadata(plain.did)), /Plain dataset/)
    const query = { query: { bool: { filter: [{ term: { id: plain.did } }] } }, from: 0, size: 10 }
    for (const path of ['/api/aquarius/assets/metadata/query', '/api/aquarius/assets/query']) {
      const r = await post(w.url + path, query)
      assert.equal(r.status, 200, r.text)
      assert.ok(r.text.includes(plain.did), path)
    }
  })

  test('says how the indexing of a did went', async () => {
    const state = JSON.parse((await http(`${w.url}/api/aquarius/state/ddo?did=${plain.did}`)).text)
    assert.equal(state.did, plain.did)
    assert.equal(state.valid, true)
  })

  test('counts orders', async () => {
    const n = await until('count of orders', async () => (await resolve(plain.did)).indexedMetadata.stats[0].orders)
    assert.equal(Number(n), 1)
  })

  for (const version of ['4.5.0', '4.7.0']) {
    test(`takes version ${version}`, async () => {
      assert.equal((await w.market.publish({ name: version, files: [file.object], version })).indexed.version, version)
    })
  }

  test('takes metadata in the clear', async () => {
    const a = await w.market.publish({ name: 'In the clear', files: [file.object], clear: true })
    assert.equal(a.indexed.metadata.name, 'In the clear')
  })

  test('takes what createAsset of ocean.js makes', async () => {
    const ddo = structuredClone(plain.ddo)
    Object.assign(ddo, { id: `did:op:${'0'.repeat(64)}`, nftAddress: ZERO_ADDRESS, stats: { price: { value: '0' } } })
    ddo.metadata.name = 'By createAsset'
    const did = await createAsset('Test', 'TST', w.publisher, [file.object] as never, 1 as never, ddo as never, true, w.url,
      ZERO_ADDRESS, w.market.aquarius)
    await until('asset of createAsset', async () => (await http(`${w.url}/api/aquarius/assets/ddo/${did}`)).status === 200)
  })

  test('shows an update, and keeps the count of orders', async () => {
    plain.ddo.metadata.name = 'Renamed dataset'
    await w.market.writeMetadata(plain)
    await w.market.indexed(plain)
    assert.equal(plain.indexed.metadata.name, 'Renamed dataset')
    assert.equal(Number((plain.indexed as any).indexedMetadata.stats[0].orders), 1)
  })
})

describe('download', () => {
  test('gives the bytes, again with the same order', async () => {
    for (let i = 0; i < 2; i++) assert.equal(sha256(await bytesOf(plain, order)), sha256(file.bytes))
  })

  test('names the file', async () => {
    const r = await fetch(await w.market.downloadUrl(plain, order, w.consumer))
    assert.equal((await r.arrayBuffer()).byteLength, file.bytes.length)
    assert.match(r.headers.get('content-disposition') ?? '', /^attachment;\s?filename=/)
  })

  test('of a part', async () => {
    const r = await fetch(await w.market.downloadUrl(plain, order, w.consumer), { headers: { range: 'bytes=100-199' } })
    const part = Buffer.from(await r.arrayBuffer())
    assert.ok(r.status === 206 ? part.equals(file.bytes.subarray(100, 200)) : part.equals(file.bytes))
  })

  test('is refused to others, for other assets, without an order, with a replayed signature', async () => {
    await refused(await w.market.downloadUrl(plain, order, w.stranger), 500, /./)
    await refused(await w.market.downloadUrl(plain, `0x${'1'.repeat(64)}`, w.consumer), 500, /./)
    const other = await w.market.publish({ name: 'Other', files: [file.object] })
    await refused(await w.market.downloadUrl(other, order, w.consumer), 500, /./)
    const url = await w.market.downloadUrl(plain, order, w.consumer)
    await (await fetch(url)).arrayBuffer()
    await refused(url, 401, /nonce: \d+ is not a valid nonce/)
  })

  test('is refused when the order is older than the service allows', async () => {
    const brief = await w.market.publish({ name: 'Brief', files: [file.object], timeout: 1 })
    const tx = await w.market.order(brief, w.consumer)
    await sleep(3000)
    await w.chain.provider.send('evm_mine', [])
    await refused(await w.market.downloadUrl(brief, tx, w.consumer), 500, /expired/i)
  })

  test('of several files, by index', async () => {
    const second = w.files.add('second.txt', 'the second file\n', 'text/plain')
    const two = await w.market.publish({ name: 'Two files', files: [file.object, second.object] })
    const tx = await w.market.order(two, w.consumer, 1)
    assert.equal((await bytesOf(two, tx, w.consumer, 1)).toString(), 'the second file\n')
    assert.equal((await ProviderInstance.checkDidFiles(two.did, two.serviceId, w.url)).length, 2)
  })

  test('is quoted to somebody', async () => {
    for (const who of ['', '&consumerAddress=x']) {
      const r = await http(`${w.url}/api/services/initialize?documentId=${plain.did}&serviceId=${plain.serviceId}${who}`)
      assert.deepEqual([r.status, r.text], [400, 'Parameter : "consumerAddress" is not a valid web3 address'])
    }
  })

  test('with a reused order', async () => {
    const init = await ProviderInstance.initialize(plain.did, plain.serviceId, 0, w.consumer.address, w.url)
    await w.market.payFee(w.consumer, plain, init.providerFee)
    const tx = await w.market.datatoken(w.consumer).reuseOrder(plain.datatoken, order, init.providerFee)
    const reused = String(getEventFromTx(await tx.wait() as never, 'OrderReused').transactionHash)
    assert.equal(sha256(await bytesOf(plain, reused)), sha256(file.bytes))
  })

  test('whose origin answers 404, or never ends, does not hang', async () => {
    const gone = w.files.on('gone', (_req, res) => { res.writeHead(404).end('gone') })
    const a = await w.market.publish({ name: 'Gone', files: [gone] })
    const r = await http(await w.market.downloadUrl(a, await w.market.order(a, w.consumer), w.consumer))
    assert.ok(r.status >= 400, `${r.status}`)
  })
})

describe('prices', () => {
  test('a fixed rate: the index shows it, the buyer pays it', async () => {
    const a = await w.market.publish({ name: 'Fixed', files: [file.object], price: 3 })
    assert.equal(Number((a.indexed as any).indexedMetadata.stats[0].prices[0].price), 3)
    const before = await w.chain.balance(w.chain.ocean, w.consumer.address)
    const tx = await w.market.buy(a, w.consumer)
    const paid = before - await w.chain.balance(w.chain.ocean, w.consumer.address)
    assert.ok(paid >= 3n * 10n ** 18n && paid < 4n * 10n ** 18n, `${paid}`)
    assert.equal(sha256(await bytesOf(a, tx)), sha256(file.bytes))
  })

  test('a dispenser', async () => {
    const a = await w.market.publish({ name: 'Free', files: [file.object], price: 0 })
    assert.equal(Number((a.indexed as any).indexedMetadata.stats[0].prices[0].price), 0)
    assert.equal(sha256(await bytesOf(a, await w.market.buy(a, w.consumer))), sha256(file.bytes))
  })

  test('the enterprise template', async () => {
    const a = await w.market.publish({ name: 'Enterprise', files: [file.object], price: 2, template: 2 })
    // ocean.js approves fee and price one after the other: too little where both are one token
    await (await w.chain.erc20(w.chain.ocean, w.consumer).getFunction('approve')(a.datatoken, 100n * 10n ** 18n)).wait()
    assert.equal(sha256(await bytesOf(a, await w.market.buy(a, w.consumer))), sha256(file.bytes))
  })
})

describe('who may', () => {
  test('a deny list of the asset keeps its members out', async () => {
    const credentials = { deny: [{ type: 'address', values: [w.stranger.address.toLowerCase()] }] }
    const a = await w.market.publish({ name: 'Denied', files: [file.object], credentials })
    const tx = await w.market.order(a, w.stranger)
    await refused(await w.market.downloadUrl(a, tx, w.stranger), 403, new RegExp(`Error: Access to asset ${a.did} was denied`))
    assert.equal(sha256(await bytesOf(a, await w.market.order(a, w.consumer))), sha256(file.bytes))
  })

  test('a revoked asset is not sold any more', async () => {
    const a = await w.market.publish({ name: 'Revoked', files: [file.object] })
    const tx = await w.market.order(a, w.consumer)
    await (await new Nft(w.publisher, CHAIN).setMetadataState(a.nft, w.publisher.address, 3) as any).wait()
    await until('revoked state', async () => {
      const r = await http(`${w.url}/api/aquarius/assets/ddo/${a.did}`)
      return r.status !== 200 || Number(JSON.parse(r.text).indexedMetadata.nft.state) === 3
    })
    await refused(await w.market.downloadUrl(a, tx, w.consumer), 500, /./)
  })
})

test('a node that starts again knows what it knew, and has read every block once', async () => {
  const before = await resolve(plain.did)
  assert.equal(await w.node.stop(), 0)
  await w.startNode()
  const now = await resolve(plain.did)
  assert.deepEqual(now, before)
  assert.equal(sha256(await bytesOf(plain, order)), sha256(file.bytes))
})
