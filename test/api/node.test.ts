// SPDX-License-Identifier: Apache-2.0
// What a node says of itself, and what it answers to requests that need no asset.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ProviderInstance, generateDid } from '@oceanprotocol/lib'
import { Wallet } from 'ethers'
import { World } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { noise, sha256 } from './lib/files.ts'
import { http, post } from './lib/http.ts'

let w: World
before(async () => { w = await World.start() })
after(async () => { await w.stop() })

const command = (body: Record<string, unknown>) => post(`${w.url}/directCommand`, body)

describe('root and status', () => {
  test('the root names the node and its routes', async () => {
    const root = await (await fetch(w.url)).json() as any
    assert.equal(root.providerAddress, w.wallet.address)
    assert.deepEqual(root.chainIds, [String(CHAIN)])
    assert.equal(Object.keys(root.nodePublicKey).length, 33)
    for (const name of ['encrypt', 'decrypt', 'nonce', 'fileInfo', 'initialize', 'download', 'computeEnvironments',
      'initializeCompute', 'computeStart', 'freeCompute', 'computeStatus', 'computeStop', 'computeResult',
      'computeStreamableLogs', 'directCommand', 'jobs', 'generateAuthToken', 'invalidateAuthToken']) {
      assert.equal(root.serviceEndpoints[name]?.length, 2, name)
    }
    assert.equal(await ProviderInstance.isValidProvider(w.url), true)
  })

  test('status', async () => {
    const status = await ProviderInstance.getNodeStatus(w.url) as any
    assert.equal(status.address, w.wallet.address)
    assert.ok(status.provider.some((p: any) => p.chainId === String(CHAIN)))
    assert.ok(status.indexer.some((p: any) => p.chainId === String(CHAIN)))
    assert.equal(status.escrowAddress[CHAIN].toLowerCase(), String(w.chain.addresses.Escrow).toLowerCase())
    assert.ok(status.c2dClusters[0].environments.length, 'c2dClusters in the plain status too')
  })

  test('an OPTIONS request is answered for browsers', async () => {
    const r = await http(`${w.url}/api/services/nonce`, {
      method: 'OPTIONS', headers: { origin: 'https://example.com', 'access-control-request-headers': 'x-test' }
    })
    assert.equal(r.status, 204)
    assert.equal(r.headers.get('access-control-allow-origin'), '*')
    assert.equal(r.headers.get('access-control-allow-headers'), 'x-test')
  })
})

describe('bad input', () => {
  const cases: Array<[string, unknown, number, RegExp]> = [
    ['unknown command', { command: 'noSuchCommand' }, 400, /Invalid or unrecognized command: "noSuchCommand"/],
    ['a command that has a route only', { command: 'indexQueue' }, 400, /Invalid or unrecognized command: "indexQueue"/],
    ['no command', { a: 1 }, 400, /"command" is mandatory/],
    ['malformed JSON', '{"command":', 400, /./],
    ['an array', '[]', 400, /./],
    ['a missing field is named', { command: 'getDDO' }, 400, /Missing one \( "id" \)/],
    ['bad address', { command: 'nonce', address: '0x123' }, 400, /Parameter : "address" is not a valid web3 address/],
    ['unknown DID', { command: 'getDDO', id: `did:op:${'0'.repeat(64)}` }, 404, /Not found/i],
    ['wrong type', { command: 'getComputeResult', jobId: 5, index: 'x', consumerAddress: '0x1' }, 400, /./],
    ['wrong chain', { command: 'getComputeEnvironments', chainId: 'x' }, 400, /./]
  ]
  for (const [name, body, status, text] of cases) {
    test(name, async () => {
      const r = await post(`${w.url}/directCommand`, body)
      assert.equal(r.status, status, r.text)
      assert.match(r.text, text)
    })
  }

  test('an oversized body is refused', async () => {
    const r = await post(`${w.url}/directCommand`, { command: 'status', x: 'y'.repeat(40 << 20) }).catch(() => null)
    assert.ok(!r || r.status === 413, `${r?.status}`)
    assert.equal((await command({ command: 'status' })).status, 200)
  })

  test('an unknown route is 404, a wrong method too', async () => {
    assert.equal((await http(`${w.url}/no/such/route`)).status, 404)
    assert.equal((await http(`${w.url}/api/services/encrypt`)).status, 404)
  })
})

describe('nonces, signatures, tokens', () => {
  test('a new address has nonce 0, a signed request moves it on', async () => {
    const someone = new Wallet(Wallet.createRandom().privateKey, w.chain.provider)
    assert.equal(await ProviderInstance.getNonce(w.url, someone.address), 0)
    await ProviderInstance.encrypt({ a: 1 }, CHAIN, w.url, someone)
    assert.equal(await ProviderInstance.getNonce(w.url, someone.address), 1)
  })

  test('without userAddress', async () => {
    const r = await http(`${w.url}/api/services/nonce`)
    assert.equal(r.status, 400)
    assert.match(r.text, /userAddress/)
  })

  test('a replayed signature is refused, in parallel too', async () => {
    const url = new URL(`${w.url}/api/services/encrypt`)
    let body: BodyInit = ''
    const real = globalThis.fetch
    globalThis.fetch = async (to, init) => {
      if (String(to).includes('/encrypt?')) {
        url.search = new URL(String(to)).search
        body = init?.body as BodyInit
      }
      return real(to, init)
    }
    try {
      await ProviderInstance.encrypt({ a: 2 }, CHAIN, w.url, w.stranger)
    } finally {
      globalThis.fetch = real
    }
    const nonce = Number(url.searchParams.get('nonce'))
    const again = (): Promise<{ status: number; text: string }> =>
      http(String(url), { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body })
    const r = await again()
    assert.equal(r.status, 401)
    assert.equal(r.text.replace(/"/g, ''), `nonce: ${nonce} is not a valid nonce`)
    url.searchParams.set('nonce', String(nonce + 1))
    const many = await Promise.all(Array.from({ length: 20 }, again))
    assert.deepEqual(many.filter((x) => x.status === 200), [], 'a signature over another nonce')
  })

  test('a token stands in for a signature until it is invalidated', async () => {
    const token = await ProviderInstance.generateAuthToken(w.consumer, w.url)
    assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
    const result = (): Promise<{ status: number; text: string }> => http(
      `${w.url}/api/services/computeResult?consumerAddress=${w.consumer.address}&jobId=0xabc-${'0'.repeat(64)}&index=0`,
      { headers: { authorization: token } })
    const known = await result()
    assert.notEqual(known.status, 401, known.text)
    await ProviderInstance.invalidateAuthToken(w.consumer, token, w.url)
    const gone = await result()
    assert.equal(gone.status, 401)
    assert.match(gone.text, /Invalid token/)
  })
})

describe('encrypt, validate, fileInfo', () => {
  test('encrypt answers hex, also for a large document', async () => {
    assert.match(await ProviderInstance.encrypt({ hello: 'world' }, CHAIN, w.url, w.publisher), /^0x[0-9a-f]{60,}$/)
    const large = await ProviderInstance.encrypt({ x: 'y'.repeat(200_000) }, CHAIN, w.url, w.publisher)
    assert.ok(large.length > 400_000)
  })

  const document = (): Record<string, any> => {
    const nftAddress = String(w.chain.addresses.ERC721Factory)
    return {
      '@context': ['https://w3id.org/did/v1'], id: generateDid(nftAddress, CHAIN), version: '4.1.0', chainId: CHAIN, nftAddress,
      metadata: {
        created: '2026-01-01T00:00:00Z', updated: '2026-01-01T00:00:00Z', type: 'dataset', name: 'sample', description: 'a sample',
        author: 'test', license: 'https://example.com/licence'
      },
      services: [{
        id: '1', type: 'access', files: '0xdeadbeefdeadbeef', datatokenAddress: w.chain.ocean, serviceEndpoint: w.url, timeout: 0
      }]
    }
  }

  test('validate signs the hash of a correct document', async () => {
    const ddo = document()
    const r = await w.market.aquarius.validate(ddo as never, w.publisher, w.url)
    assert.equal(r.hash, `0x${sha256(JSON.stringify(ddo))}`)
  })

  test('validate says what is wrong', async () => {
    const ddo = document()
    delete ddo.metadata.name
    const r = await post(`${w.url}/api/aquarius/assets/ddo/validate`, { ddo })
    assert.equal(r.status, 400)
    assert.match(r.text, /name/)
  })

  test('fileInfo of a URL, with its checksum', async () => {
    const file = w.files.add('info.bin', noise(5000, 'info'))
    const [info] = await ProviderInstance.getFileInfo(file.object as never, w.url, true) as any[]
    assert.equal(info.valid, true)
    assert.equal(String(info.contentLength), '5000')
    assert.equal(info.contentType, 'application/octet-stream')
    assert.equal(info.checksum, sha256(file.bytes))
  })

  test('fileInfo of a file that is not there, of an unknown type, of an unknown asset', async () => {
    const gone = await post(`${w.url}/api/services/fileInfo`, { type: 'url', url: w.files.url('none'), method: 'GET' })
    assert.equal(gone.status, 200)
    assert.equal(JSON.parse(gone.text)[0].valid, false)
    const odd = await post(`${w.url}/api/services/fileInfo`, { type: 'nonsense', url: w.files.url('x') })
    assert.ok(odd.status >= 400, odd.text)
    const unknown = await post(`${w.url}/api/services/fileInfo`, { did: `did:op:${'0'.repeat(64)}`, serviceId: '1' })
    assert.ok(unknown.status >= 400, unknown.text)
  })
})

describe('environments', () => {
  test('shapes and prices', async () => {
    for (const path of ['/api/services/computeEnvironments', '/computeEnvironments']) {
      const all = await (await fetch(w.url + path)).json() as any[]
      const e = all.find((x) => x.fees[CHAIN])
      assert.match(e.id, /^0x[0-9a-f]{64}-/)
      assert.match(e.consumerAddress, /^0x[0-9a-fA-F]{40}$/)
      for (const id of ['cpu', 'ram', 'disk']) {
        const r = e.resources.find((x: any) => x.id === id)
        for (const k of ['max', 'min', 'inUse']) assert.equal(typeof r[k], 'number', `${id}.${k}`)
      }
      assert.equal(e.fees[CHAIN][0].feeToken.toLowerCase(), w.chain.ocean.toLowerCase())
      assert.ok(e.free)
      assert.ok(e.platform.architecture && e.platform.os)
    }
  })

  test('no jobs yet', async () => {
    assert.deepEqual(await ProviderInstance.getNodeJobs(w.url), [])
  })
})
