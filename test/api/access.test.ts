// SPDX-License-Identifier: Apache-2.0
// Who may do what: credentials of assets and services, environments, decrypters and publishers, each
// by address and by access-list contracts, also while a chain does not answer.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AccessListContract, AccesslistFactory, ProviderInstance, type ComputeAlgorithm, type ComputeEnvironment } from '@oceanprotocol/lib'
import { World, environments } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { fileInput, rawAlgorithm, smallest } from './lib/compute.ts'
import { deployList } from './lib/evm.ts'
import { noise, type ServedFile } from './lib/files.ts'
import { http, post, type Reply } from './lib/http.ts'
import { asDataset, trustAll, type Person, type Plan, type Published } from './lib/market.ts'
import { until } from './lib/process.ts'
import { BareChain, Endpoint, type Mood } from './lib/rpc.ts'
import { sign } from './lib/sign.ts'

const SECOND = 31337
let w: World
let second: BareChain
let endpoint: Endpoint
let friends: string // an access list of ocean's own, with the consumer and the publisher
let abroad: string // one on the second chain, with the consumer
let file: ServedFile

async function settings(x: World): Promise<Record<string, string>> {
  const factory = new AccesslistFactory(String(x.chain.addresses.AccessListFactory), x.publisher, CHAIN)
  friends = await factory.deployAccessListContract('Friends', 'FRI', ['a', 'b'], false, x.publisher.address,
    [x.consumer.address, x.publisher.address])
  abroad = await deployList(x.consumer.address, x.chain.account(6).connect(second.provider))
  const [engine] = environments(x.chain.ocean) as any[]
  const plain = engine.environments[0]
  const restricted = (id: string, access: unknown): unknown => ({ ...plain, id, access, free: { ...plain.free, access } })
  engine.environments = [
    plain, restricted('addresses', { addresses: [x.consumer.address.toLowerCase()], accessLists: null }),
    restricted('lists', { addresses: [], accessLists: [{ 5: [friends] }, { [CHAIN]: [String(x.chain.addresses.Escrow), friends] }] }),
    restricted('abroad', { addresses: [], accessLists: [{ [SECOND]: [abroad] }] })
  ]
  return {
    RPCS: JSON.stringify({ [CHAIN]: { rpc: x.chain.url, chainId: CHAIN }, [SECOND]: { rpc: endpoint.url, chainId: SECOND } }),
    DOCKER_COMPUTE_ENVIRONMENTS: JSON.stringify([engine]),
    AUTHORIZED_DECRYPTERS: JSON.stringify([x.consumer.address, x.chain.account(4).address]),
    AUTHORIZED_DECRYPTERS_LIST: JSON.stringify({ [CHAIN]: [friends] }),
    AUTHORIZED_PUBLISHERS_LIST: JSON.stringify({ [CHAIN]: [friends], 5: [friends] })
  }
}

before(async () => {
  second = await BareChain.start(SECOND)
  endpoint = await new Endpoint(second.url).start()
  w = await World.start({ env: settings })
  file = w.files.add('data.bin', noise(3000, 'access'))
})
after(async () => {
  endpoint?.stop()
  try { await w?.stop() } finally { await second?.stop() }
})

type Fields = Record<string, unknown>
const said = (r: Reply): string => r.text.startsWith('"') ? JSON.parse(r.text) as string : r.text
const refused = (r: Reply, status: number, text: string): void => { assert.deepEqual([r.status, said(r)], [status, text]) }
const signed = async (who: Person, name: string, field = 'consumerAddress'): Promise<Fields> => {
  const nonce = await ProviderInstance.getNonce(w.url, who.address) + 1
  return { [field]: who.address, nonce: String(nonce), signature: sign(who, nonce, name) }
}
const denied = (asset: Published): string => `Error: Access to asset ${asset.did} was denied`
const publish = (credentials: unknown, more: Partial<Plan> = {}): Promise<Published> =>
  w.market.publish({ name: 'Guarded', files: [file.object], version: '4.7.0', credentials, ...more })
const during = async <T>(mood: Mood, what: () => Promise<T>): Promise<T> => {
  endpoint.mood = mood
  try { return await what() } finally { endpoint.mood = 'good' }
}

const address = (...values: string[]): Fields => ({ type: 'address', values })
const list = (contract: string, chainId: number | string = CHAIN): Fields => ({ type: 'accessList', chainId, accessList: contract })

describe('a download', () => {
  /** What happens to somebody who has ordered. */
  const download = async (asset: Published, who: Person): Promise<Reply> =>
    http(await w.market.downloadUrl(asset, await w.market.order(asset, who), who))

  /** credentials, and whether the consumer and the stranger may pass. */
  const cases: Array<[string, () => Fields, boolean, boolean]> = [
    ['an access list', () => ({ allow: [list(friends)] }), true, false],
    ['a list and an address, all of them', () => ({ allow: [list(friends), address(w.stranger.address)] }), false, false],
    ['a list and an address, any of them', () => ({ allow: [list(friends), address(w.stranger.address)], match_allow: 'any' }), true, true],
    ['everybody but those of a list', () => ({ deny: [list(friends)] }), false, true],
    ['a list that is denied with an address, all', () => ({ deny: [list(friends), address(w.stranger.address)], match_deny: 'all' }), true, true],
    ['the letter case of another', () => ({ allow: [{ type: 'ADDRESS', values: [w.consumer.address.toUpperCase().replace('0X', '0x')] }] }), true, false],
    ['a list on another chain', () => ({ allow: [list(abroad, SECOND)] }), true, false],
    ['a list that is on another chain than it says', () => ({ allow: [list(abroad)] }), false, false],
    ['a list on a chain that nobody knows', () => ({ allow: [list(friends, 5)] }), false, false],
    ['anybody but a list on a chain that nobody knows', () => ({ deny: [list(friends, 5)] }), false, false],
    ['a rule of an unknown kind', () => ({ allow: [address('*'), { type: 'SSIpolicy', values: ['x'] }] }), false, false],
    ['a rule of an unknown kind, any', () => ({ allow: [address('*'), { type: 'SSIpolicy', values: ['x'] }], match_allow: 'any' }), true, true]
  ]
  for (const [name, credentials, consumer, stranger] of cases) {
    test(`for ${name}`, async () => {
      const asset = await publish(credentials())
      for (const [who, may] of [[w.consumer, consumer], [w.stranger, stranger]] as const) {
        const r = await download(asset, who)
        if (may) assert.equal(r.status, 200, r.text)
        else refused(r, 403, denied(asset))
      }
    })
  }

  test('for a list of the service', async () => {
    const asset = await publish(undefined, { serviceCredentials: { allow: [list(friends)] } })
    assert.equal((await download(asset, w.consumer)).status, 200)
    refused(await download(asset, w.stranger), 403, denied(asset))
    const both = await publish({ allow: [list(friends)] }, { serviceCredentials: { deny: [address(w.consumer.address)] } })
    refused(await download(both, w.consumer), 403, denied(both))
  })

  test('of a version 5 document, whose values are objects', async () => {
    const asset = await publish(undefined)
    const [old] = asset.ddo.services
    const values = (...list: string[]): Fields => ({ type: 'address', values: list.map((x) => ({ address: x })) })
    const service = {
      id: old.id, type: 'access', name: 'Guarded', files: old.files, datatokenAddress: old.datatokenAddress, serviceEndpoint: old.serviceEndpoint,
      timeout: old.timeout, state: 0, credentials: { deny: [values(w.stranger.address)], match_deny: 'any' }
    }
    asset.did = asset.did.replace('did:op:', 'did:ope:')
    asset.ddo = {
      '@context': ['https://www.w3.org/ns/credentials/v2'], id: asset.did, type: ['VerifiableCredential'], version: '5.0.0', issuer: 'did:web:example.com',
      credentialSubject: {
        chainId: CHAIN, nftAddress: asset.nft,
        metadata: {
          created: '2026-01-01T00:00:00Z', updated: '2026-01-01T00:00:00Z', name: 'Guarded', providedBy: 'tests', type: 'dataset',
          description: { '@value': 'made by a test', '@language': 'en', '@direction': 'ltr' }, license: { name: 'none' }
        },
        services: [service], credentials: { allow: [list(friends), values('*')], match_allow: 'all' }
      }
    }
    await w.market.writeMetadata(asset)
    await w.market.indexed(asset)
    assert.equal((await download(asset, w.consumer)).status, 200)
    refused(await download(asset, w.stranger), 403, denied(asset))
    asset.ddo.credentialSubject.credentials = { allow: [values('*')] }
    await w.market.writeMetadata(asset)
    await w.market.indexed(asset)
    refused(await download(asset, w.stranger), 403, denied(asset)) // by its service
    service.credentials = { deny: [values(w.publisher.address)], match_deny: 'any' }
    await w.market.writeMetadata(asset)
    await w.market.indexed(asset)
    assert.equal((await download(asset, w.stranger)).status, 200)
  })

  test('follows a list at once, and is refused while its chain is silent', async () => {
    const asset = await publish({ allow: [list(friends)] })
    const access = new AccessListContract(friends, w.publisher, CHAIN)
    refused(await download(asset, w.stranger), 403, denied(asset))
    const tx: any = await access.mint(w.stranger.address, 'c')
    await tx.wait?.()
    assert.equal((await download(asset, w.stranger)).status, 200)
    const lists = await until('the member', async () => {
      const r = JSON.parse((await http(`${w.url}/api/services/accesslists?wallet=${w.stranger.address}`)).text)
      return r.length ? r : null
    })
    const { tokenId } = lists[0].users.find((u: any) => u.wallet.toLowerCase() === w.stranger.address.toLowerCase())
    const burnt: any = await access.burn(tokenId)
    await burnt.wait?.()
    refused(await download(asset, w.stranger), 403, denied(asset))
    const inside = await publish({ allow: [list(abroad, SECOND)] })
    const outside = await publish({ deny: [list(abroad, SECOND)] })
    assert.equal((await download(outside, w.stranger)).status, 200)
    for (const mood of ['gone', 'broken'] as const) {
      await during(mood, async () => {
        refused(await download(inside, w.consumer), 403, denied(inside))
        refused(await download(outside, w.stranger), 403, denied(outside))
      })
    }
    assert.match(w.log, /access: list 0x\w+ on chain 31337 cannot be asked/)
    assert.equal((await download(inside, w.consumer)).status, 200)
  })

  test('tells of the denial before it tells of the service', async () => {
    const asset = await publish({ allow: [list(friends)] })
    const send = async (who: Person): Promise<Reply> => post(`${w.url}/directCommand`, {
      command: 'download', ...await signed(who, 'download'), fileIndex: 0, documentId: asset.did, serviceId: 'none', transferTxId: '0x1'
    })
    refused(await send(w.stranger), 403, denied(asset))
    refused(await send(w.consumer), 500, 'Invalid serviceId')
  })
})

describe('computing', () => {
  let all: ComputeEnvironment[]
  let code: ComputeAlgorithm
  let data: Published
  before(async () => {
    all = await w.compute.environments()
    code = await rawAlgorithm('true')
    data = await publish({ allow: [list(friends)] }, { service: 'compute', timeout: 0, trust: trustAll })
  })
  const environment = (name: string): ComputeEnvironment => {
    const e = all.find((x) => x.id.endsWith(name)) ?? all[['test', 'addresses', 'lists', 'abroad'].indexOf(name)]
    assert.ok(e, all.map((x) => x.id).join())
    return e
  }
  const body = (e: ComputeEnvironment, who: Person, more: Fields = {}): Fields => {
    const resources = smallest(e.resources)
    return {
      consumerAddress: who.address, environment: e.id, algorithm: code, datasets: [asDataset(data)], maxJobDuration: 60, resources,
      payment: { chainId: CHAIN, token: w.compute.token(e), resources }, ...more
    }
  }
  const start = async (path: 'compute' | 'freeCompute', who: Person, fields: Fields): Promise<Reply> =>
    post(`${w.url}/api/services/${path}`, { ...fields, ...await signed(who, path === 'compute' ? 'startCompute' : 'freeStartCompute') })

  test('on a dataset of a list: quote, paid start, free start', async () => {
    const e = environment('test')
    const quote = (who: Person): Promise<Reply> => post(`${w.url}/api/services/initializeCompute`, body(e, who))
    assert.equal((await quote(w.consumer)).status, 200)
    refused(await quote(w.stranger), 403, denied(data))
    refused(await start('compute', w.stranger, body(e, w.stranger)), 403, denied(data))
    refused(await start('freeCompute', w.stranger, body(e, w.stranger)), 403, denied(data))
    refused(await start('compute', w.consumer, body(e, w.consumer)), 500, `Missing transferTxId for DDO ${data.did}`)
  })

  for (const [name, who] of [['addresses', 'the listed address'], ['lists', 'holders of a list'], ['abroad', 'a list on another chain']] as const) {
    test(`in an environment for ${who}`, async () => {
      const e = environment(name)
      const fields = (person: Person): Fields => body(e, person, { datasets: [fileInput(file.object)] })
      for (const path of ['compute', 'freeCompute'] as const) {
        refused(await start(path, w.stranger, fields(w.stranger)), 403, 'Access denied')
      }
      const paid = await start('compute', w.consumer, fields(w.consumer))
      assert.match(said(paid), /funds/, 'it is let in, but cannot pay')
      const quote = await post(`${w.url}/api/services/initializeCompute`, fields(w.stranger))
      assert.equal(quote.status, 200, 'asking costs nothing')
    })
  }

  test('in an environment whose list cannot be asked', async () => {
    const fields = body(environment('abroad'), w.consumer, { datasets: [fileInput(file.object)] })
    await during('gone', async () => refused(await start('freeCompute', w.consumer, fields), 403, 'Access denied'))
    const r = await start('freeCompute', w.consumer, fields)
    assert.equal(r.status, 200, r.text)
    await w.compute.end(JSON.parse(r.text)[0].jobId, w.consumer)
  })
})

describe('the lists of the configuration', () => {
  test('decrypters', async () => {
    const asset = await publish(undefined)
    const decrypt = async (who: Person): Promise<Reply> => post(`${w.url}/api/services/decrypt`, {
      ...await signed(who, 'decryptDDO', 'decrypterAddress'), chainId: CHAIN, transactionId: asset.tx, dataNftAddress: asset.nft
    })
    const yes = await decrypt(w.consumer)
    assert.equal(yes.status, 200, yes.text)
    assert.equal(JSON.parse(yes.text).id, asset.did)
    refused(await decrypt(w.stranger), 403, 'Decrypt DDO: Decrypter not authorized')
    const fourth = w.chain.account(4)
    refused(await decrypt(fourth), 403, `Decrypt DDO: Decrypter ${fourth.address} not authorized per access list`)
    assert.equal((await decrypt(w.wallet)).status, 200, 'the node itself')
  })

  test('publishers', async () => {
    const indexed = w.market.indexed
    let did = ''
    w.market.indexed = async (asset) => { did = asset.did }
    try {
      await w.market.publish({ name: 'Unwanted', files: [file.object], owner: w.stranger })
    } finally {
      w.market.indexed = indexed
    }
    const state = await until('the attempt', async () => {
      const r = await http(`${w.url}/api/aquarius/state/ddo?did=${did}`)
      return r.status === 200 ? JSON.parse(r.text) : null
    })
    assert.deepEqual([state.valid, state.error],
      [false, `DDO owner ${w.stranger.address} is NOT part of the AUTHORIZED_PUBLISHERS_LIST access group.`])
    assert.equal((await http(`${w.url}/api/aquarius/assets/ddo/${did}`)).status, 404)
  })
})
