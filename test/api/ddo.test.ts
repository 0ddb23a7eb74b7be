// SPDX-License-Identifier: Apache-2.0
// Documents: validated, encrypted, published in every form, indexed, decrypted again; and what other
// nodes, and those who only say that they are nodes, answer when they are asked to decrypt.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { decrypt, encrypt } from 'eciesjs'
import { ProviderInstance } from '@oceanprotocol/lib'
import { getBytes, hexlify, toUtf8Bytes } from 'ethers'
import { World } from './fixtures.ts'
import { CHAIN, atoll } from './lib/chain.ts'
import { noise, sha256 } from './lib/files.ts'
import { http, post, type Reply } from './lib/http.ts'
import type { Person } from './lib/market.ts'
import { Nft, hashOf, hexHashOf, lzma } from './lib/nft.ts'
import { Program, freePort, until } from './lib/process.ts'
import { sign } from './lib/sign.ts'

let w: World
let key: Uint8Array // the node's public one
before(async () => {
  w = await World.start({ compute: false, env: { MAX_REQ_PER_MINUTE: '1000000' } })
  const { nodePublicKey } = JSON.parse((await http(w.url)).text) as { nodePublicKey: Record<string, number> }
  key = Uint8Array.from(Object.values(nodePublicKey))
})
after(async () => { await w.stop() })

const deploy = (owner: Person = w.publisher): Promise<Nft> => Nft.deploy(String(w.chain.addresses.ERC721Factory), CHAIN, owner)
const get = async (did: string, node = w.url): Promise<any> => {
  const r = await http(`${node}/api/aquarius/assets/ddo/${did}`)
  return r.status === 200 ? JSON.parse(r.text) : null
}
interface State { chainId: number; did: string; nft: string; txId: string; valid: boolean; error: string }
const state = async (query: string, node = w.url): Promise<State | null> => {
  const r = await http(`${node}/api/aquarius/state/ddo?${query}`)
  return r.status === 200 ? JSON.parse(r.text) as State : null
}
const attempt = (tx: string, node = w.url): Promise<State> =>
  until(`the attempt on ${tx}`, async () => state(`txId=${tx}`, node), 60_000)
const indexed = async (nft: Nft, tx: string): Promise<any> => {
  const s = await attempt(tx)
  assert.deepEqual([s.error, s.valid], ['', true])
  return get(nft.did)
}
const decryptDdo = async (nft: Nft, args: object, who: Person = w.consumer, node = w.url): Promise<Reply> => {
  const nonce = await ProviderInstance.getNonce(node, who.address) + 1
  return post(`${node}/api/services/decrypt`, {
    decrypterAddress: who.address, chainId: CHAIN, dataNftAddress: nft.address, nonce: String(nonce),
    signature: sign(who, nonce, 'decryptDDO'), ...args
  })
}

describe('every way to publish a document', () => {
  const plain = (text: string): Uint8Array => toUtf8Bytes(text)
  const sealed = (bytes: Uint8Array | Buffer): Uint8Array => encrypt(hexlify(key).slice(2), bytes)
  const ways: Array<[string, number, (text: string) => Uint8Array, (text: string) => string]> = [
    ['in the clear, hash of the hex', 0, plain, hexHashOf],
    ['in the clear, hash of the text', 0, plain, hashOf],
    ['packed', 1, lzma, hashOf],
    ['packed, hash of the hex', 1, lzma, hexHashOf],
    ['packed, hash of what is published', 1, lzma, (t) => hashOf(lzma(t))],
    ['encrypted by eciesjs', 2, (t) => sealed(plain(t)), hashOf],
    ['packed and encrypted', 3, (t) => sealed(lzma(t)), hashOf],
    ['with the flags of both, but not packed', 3, (t) => sealed(plain(t)), hashOf]
  ]
  for (const [name, flags, data, hash] of ways) {
    test(name, async () => {
      const nft = await deploy()
      const text = nft.document(name)
      const tx = await nft.write({ url: w.url, flags, data: data(text), hash: hash(text) })
      assert.equal((await indexed(nft, tx)).metadata.name, name)
      const r = await decryptDdo(nft, { transactionId: tx })
      assert.deepEqual([r.status, r.text, r.headers.get('content-type')], [200, text, 'text/plain; charset=utf-8'])
      const same = await decryptDdo(nft, { encryptedDocument: hexlify(data(text)), flags, documentHash: hash(text) })
      assert.deepEqual([same.status, same.text], [200, text])
    })
  }

  test('with indexedMetadata, hashed with and without it', async () => {
    for (const bare of [true, false]) {
      const nft = await deploy()
      const text = nft.document('Edited', { indexedMetadata: { stats: [], nft: { state: 7 } } })
      const hash = hexHashOf(bare ? nft.document('Edited') : text)
      const tx = await nft.write({ url: w.url, flags: 0, data: text, hash })
      const ddo = await indexed(nft, tx)
      assert.equal(ddo.indexedMetadata.nft.state, 0)
      assert.equal((await decryptDdo(nft, { transactionId: tx })).text, text)
    }
  })

  test('version 5, by its own DID', async () => {
    const nft = await deploy()
    const did = nft.did.replace('did:op:', 'did:ope:')
    const text = JSON.stringify({
      '@context': ['https://www.w3.org/ns/credentials/v2'], id: did, type: ['VerifiableCredential'], version: '5.0.0', issuer: 'did:key:1',
      credentialSubject: {
        chainId: CHAIN, nftAddress: nft.address,
        metadata: { created: '2026', updated: '2026', name: 'Five', providedBy: 'me' },
        services: [{ id: 's', type: 'access', datatokenAddress: nft.address, serviceEndpoint: w.url, timeout: 0, files: '' }]
      }
    })
    const tx = await nft.write({ url: w.url, flags: 2, data: encrypt(hexlify(key).slice(2), toUtf8Bytes(text)), hash: hashOf(text) })
    assert.equal((await attempt(tx)).error, '')
    assert.equal((await get(did)).credentialSubject.metadata.name, 'Five')
    assert.equal((await decryptDdo(nft, { transactionId: tx })).text, text)
    await nft.setState(3)
    await until('the short form', async () => (await get(did)).version === 'deprecated')
  })

  test('10 MiB, packed', async () => {
    const nft = await deploy()
    const block = noise(180_000, 'filler').toString('hex') // a bomb it is not: 64 times its size at the most
    const text = nft.document('Large', { filler: Array.from({ length: 30 }, () => block) })
    assert.ok(text.length > 10 << 20)
    const tx = await nft.write({ url: w.url, flags: 1, data: lzma(text), hash: hashOf(text) })
    const ddo = await indexed(nft, tx)
    assert.equal(ddo.filler.length, 30)
    const r = await decryptDdo(nft, { transactionId: tx })
    assert.equal(sha256(r.text), sha256(text))
  })
})

describe('what cannot be read is kept aside, with the reason', () => {
  const aside = async (data: string | Uint8Array, flags: number, why: string | RegExp, hash?: string): Promise<void> => {
    const nft = await deploy()
    const tx = await nft.write({ url: w.url, flags, data, hash: hash ?? hashOf(data) })
    const s = await attempt(tx)
    assert.deepEqual([s.chainId, s.did, s.nft, s.valid], [CHAIN, nft.did, nft.address, false])
    if (typeof why === 'string') assert.equal(s.error, why)
    else assert.match(s.error, why)
    assert.equal(await get(nft.did), null)
    for (const query of [`did=${nft.did}`, `nft=${nft.address}`, `nft=${nft.address.toLowerCase()}`]) assert.deepEqual(await state(query), s)
  }
  test('encrypted for somebody else', () => aside(encrypt(w.stranger.publicKey.slice(2), toUtf8Bytes('{}')), 2,
    /^Provider exception on decrypt DDO\. Status: /))
  test('noise', () => aside(noise(500, 'x'), 2, /^Provider exception on decrypt DDO\. Status: /))
  test('noise that says it is packed', () => aside(noise(500, 'x'), 1, /LZMA|unpack/))
  test('a bomb', () => aside(lzma(`{"id":"${' '.repeat(20 << 20)}"}`), 1, /unpacks to more than/))
  test('no JSON', () => aside('not a document', 0, /not JSON/))
  test('text that is none', () => aside(new Uint8Array([0x7b, 0xff, 0x7d]), 0, /not JSON/))
  test('another hash', async () => aside('{}', 0, 'Unencrypted DDO hash does not match metadata hash.', hashOf('x')))
  test("another asset's document", async () => {
    const text = (await deploy()).document('Copied')
    await aside(text, 0, 'Decrypted DDO ID does not match generated DID.', hexHashOf(text))
  })
  test('a peer that cannot be reached', async () => {
    const nft = await deploy()
    const tx = await nft.write({ url: '16Uiu2HAmExample', flags: 2, data: 'x', hash: hashOf('x') })
    assert.match((await attempt(tx)).error, /16Uiu2HAmExample.*cannot reach/)
  })
})

describe('what decryptDDO refuses', () => {
  const refuses = (r: Reply, status: number, text: string): void => { assert.deepEqual([r.status, r.text], [status, text]) }
  let nft: Nft
  let tx: string
  let text: string
  before(async () => {
    nft = await deploy()
    text = nft.document('Secret')
    tx = await nft.write({ url: w.url, flags: 2, data: encrypt(hexlify(key).slice(2), toUtf8Bytes(text)), hash: hashOf(text) })
    await attempt(tx)
  })

  test('what is not this node, this NFT, or this document', async () => {
    refuses(await decryptDdo(nft, { chainId: 1 }), 400, 'Decrypt DDO: Unsupported chain id')
    refuses(await decryptDdo(nft, { transactionId: tx, dataNftAddress: w.chain.ocean }), 400,
      'Decrypt DDO: Asset not deployed by the data NFT factory')
    const other = await deploy()
    refuses(await decryptDdo(other, { transactionId: tx }), 400, 'Decrypt DDO: Failed to process transaction id')
    refuses(await decryptDdo(nft, { transactionId: `0x${'0'.repeat(64)}` }), 400, 'Decrypt DDO: Failed to process transaction id')
    refuses(await decryptDdo(nft, {}), 400, 'Decrypt DDO: Failed to convert input args to bytes')
    refuses(await decryptDdo(nft, { encryptedDocument: '0x00', flags: 2, documentHash: hashOf(text) }), 400, 'Decrypt DDO: Failed to decrypt')
    refuses(await decryptDdo(nft, { encryptedDocument: '0x00', flags: 1, documentHash: hashOf(text) }), 400,
      'Decrypt DDO: Failed to lzma decompress')
    const given = hexlify(toUtf8Bytes(text))
    refuses(await decryptDdo(nft, { encryptedDocument: given, flags: 0, documentHash: hashOf('x') }), 400, 'Decrypt DDO: checksum does not match')
    refuses(await decryptDdo(other, { encryptedDocument: given, flags: 0, documentHash: hashOf(text) }), 400, 'Decrypt DDO: did does not match')
  })

  test('by the state of the metadata, and the other way round', async () => {
    for (const [now, status] of [[4, 200], [5, 200], [2, 403], [3, 403], [1, 200], [0, 200]] as const) {
      await nft.setState(now)
      const r = await decryptDdo(nft, { transactionId: tx })
      assert.equal(r.status, status, `${now}: ${r.text}`)
      if (status === 403) assert.equal(r.text, 'Decrypt DDO: invalid metadata state')
    }
  })
})

describe('encrypt', () => {
  test('is read by eciesjs with the key of the node', async () => {
    for (const size of [1, 1000, 10 << 20]) {
      const blob = noise(size, 'encrypt').toString('latin1')
      const nonce = await ProviderInstance.getNonce(w.url, w.consumer.address) + 1
      const query = new URLSearchParams({ nonce: String(nonce), consumerAddress: w.consumer.address, signature: sign(w.consumer, nonce, 'encrypt') })
      const r = await fetch(`${w.url}/api/services/encrypt?${query}`,
        { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: Buffer.from(blob, 'latin1') })
      const hex = await r.text()
      assert.equal(r.status, 200, hex.slice(0, 200))
      assert.ok(Buffer.from(decrypt(w.wallet.privateKey, getBytes(hex))).equals(Buffer.from(blob, 'latin1')))
    }
  })
})

describe('validate', () => {
  const send = (body: unknown, headers: Record<string, string> = {}): Promise<Reply> => http(`${w.url}/api/aquarius/assets/ddo/validate`,
    { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  let nft: Nft
  let ddo: any
  before(async () => {
    nft = await deploy()
    ddo = JSON.parse(nft.document('Valid'))
  })
  const good = (r: Reply): void => {
    assert.equal(r.status, 200, r.text)
    const v = JSON.parse(r.text)
    assert.deepEqual(Object.keys(v), ['hash', 'publicKey', 'r', 's', 'v'])
    assert.equal(v.hash, hashOf(JSON.stringify(ddo)))
    assert.equal(v.publicKey, w.wallet.address)
  }

  test('unsigned, signed, with a token; by route and by command', async () => {
    good(await send({ ddo }))
    good(await post(`${w.url}/directCommand`, { command: 'validateDDO', ddo }))
    const nonce = await ProviderInstance.getNonce(w.url, w.publisher.address) + 1
    const signed = { publisherAddress: w.publisher.address, nonce, signature: sign(w.publisher, nonce, 'validateDDO') }
    good(await send({ ddo, ...signed }))
    assert.equal((await send({ ddo, ...signed })).status, 401, 'the same once more')
    const token = await ProviderInstance.generateAuthToken(w.publisher, w.url)
    good(await send({ ddo, publisherAddress: w.publisher.address }, { authorization: token }))
  })

  test('half a signature is none', async () => {
    for (const part of [{ publisherAddress: w.publisher.address }, { signature: '0x12' }, { nonce: '1' }]) {
      assert.equal((await send({ ddo, ...part })).status, 401, JSON.stringify(part))
    }
    assert.equal((await send({ ddo }, { authorization: 'no.token.at.all' })).status, 401)
  })

  test('each fault is named by its place', async () => {
    const bad = structuredClone(ddo)
    delete bad.metadata.author
    bad.metadata.name = 'abc'
    bad.chainId = 1
    const r = await send({ ddo: bad })
    assert.equal(r.status, 400)
    assert.match(r.text, /^Validation error: \{/)
    const errors = JSON.parse(r.text.slice('Validation error: '.length)) as Record<string, string[]>
    assert.deepEqual(Object.keys(errors).sort(), ['id', 'metadata.author', 'metadata.name'])
    for (const messages of Object.values(errors)) assert.ok(messages.length && messages.every((m) => m.length))
  })

  test('what is no document', async () => {
    const says = async (r: Promise<Reply>, status: number, text: string | RegExp): Promise<void> => {
      const { status: s, text: t } = await r
      assert.equal(s, status, t)
      if (typeof text === 'string') assert.equal(t, text)
      else assert.match(t, text)
    }
    await says(http(`${w.url}/api/aquarius/assets/ddo/validate`, { method: 'POST' }), 400, 'Missing DDO object')
    await says(send({}), 400, 'Missing one ( "ddo" ) or more required field(s) for command: "validateDDO". Required fields: ddo')
    await says(send({ ddo: { ...ddo, id: undefined } }), 400, ' Missing or invalid required parameter "id')
    await says(send({ ddo: { ...ddo, id: 'did:web:x' } }), 400, ' Missing or invalid required parameter "id')
    await says(send({ ddo: { ...ddo, version: undefined } }), 400, 'Missing DDO version')
    await says(send({ ddo: { ...ddo, version: '4.2.0' } }), 500, 'Unknown error: Unsupported DDO version: 4.2.0')
    await says(send({ ddo: [] }), 400, /ddo/)
  })

  test('a document of 10 MiB has a verdict', async () => {
    const large = { ...ddo, filler: 'x'.repeat(10 << 20) }
    const r = await send({ ddo: large })
    assert.equal(r.status, 200, r.text.slice(0, 300))
    assert.equal(JSON.parse(r.text).hash, hashOf(JSON.stringify(large)))
    const worse = await send({ ddo: { ...ddo, metadata: { ...ddo.metadata, description: 'x'.repeat(10 << 20) } } })
    assert.equal(worse.status, 400)
    assert.match(worse.text, /must have 10 to 7000 characters/)
    assert.equal((await send({ ddo: { ...ddo, filler: 'x'.repeat(20 << 20) } })).status, 413)
  })
})

describe('getDDO, findDDO and the state', () => {
  let nft: Nft
  let tx: string
  before(async () => {
    nft = await deploy()
    tx = await nft.publish('Found')
    await attempt(tx)
  })
  const command = (body: object): Promise<Reply> => post(`${w.url}/directCommand`, body)
  const answers = async (r: Promise<Reply>, status: number, text: string): Promise<void> => {
    const { status: s, text: t } = await r
    assert.deepEqual([s, t], [status, text])
  }

  test('two routes and a command give the same', async () => {
    const one = await http(`${w.url}/api/aquarius/assets/ddo/${nft.did}`)
    for (const path of [`ddo/${nft.did}/true`, `metadata/${nft.did}`, `metadata/${nft.did}/true`]) {
      assert.equal((await http(`${w.url}/api/aquarius/assets/${path}`)).text, one.text)
    }
    assert.equal((await command({ command: 'getDDO', id: nft.did })).text, one.text)
    assert.equal(JSON.parse(one.text).indexedMetadata.event.txid, tx)
  })

  test('findDDO tells that it is here, or nowhere', async () => {
    const { nodeId } = JSON.parse((await http(w.url)).text)
    const r = await command({ command: 'findDDO', id: nft.did, force: true })
    assert.deepEqual(JSON.parse(r.text), [{ id: nft.did, lastUpdateTx: tx, lastUpdateTime: '2026-01-01T00:00:00Z', provider: nodeId }])
    await answers(command({ command: 'findDDO', id: `did:op:${'0'.repeat(64)}` }), 200, '[]')
    await answers(command({ command: 'findDDO', id: 'x' }), 400, ' Missing or invalid required parameter "id')
    await answers(command({ command: 'findDDO' }), 400,
      'Missing one ( "id" ) or more required field(s) for command: "findDDO". Required fields: id')
  })

  test('what is not there', async () => {
    const nowhere = `did:op:${'0'.repeat(64)}`
    await answers(http(`${w.url}/api/aquarius/assets/ddo/${nowhere}`), 404, 'DDO not found')
    await answers(http(`${w.url}/api/aquarius/assets/ddo/x`), 400, 'Missing or invalid required parameter: "did"')
    await answers(command({ command: 'getDDO', id: nowhere }), 404, 'Not found')
    await answers(command({ command: 'getDDO', id: 'x' }), 400, ' Missing or invalid required parameter "id')
    await answers(http(`${w.url}/api/aquarius/state/ddo`), 400,
      'Missing or invalid required parameters, you need to specify one of: "did", "txId", "nft"')
    for (const query of ['did=x', 'nft=x', 'txId=x']) await answers(http(`${w.url}/api/aquarius/state/ddo?${query}`), 404, 'Not found')
  })

  test('of several keys the transaction counts, then the NFT', async () => {
    const s = await attempt(tx)
    assert.deepEqual(await state(`did=x&nft=x&txId=${tx}`), s)
    assert.deepEqual(await state(`did=x&nft=${nft.address}`), s)
  })
})

describe('other nodes decrypt', () => {
  let other: Program
  let url: string
  let wallet: Person
  before(async () => {
    wallet = await w.chain.newAccount()
    url = `http://127.0.0.1:${await freePort()}`
    other = new Program(atoll, ['node', '--data', join(w.dir, 'other')], {
      PATH: process.env.PATH, ASAN_OPTIONS: process.env.ASAN_OPTIONS, UBSAN_OPTIONS: process.env.UBSAN_OPTIONS,
      PRIVATE_KEY: wallet.privateKey, ADDRESS_FILE: w.chain.addressFile, HTTP_API_PORT: new URL(url).port,
      INTERFACES: '["HTTP"]', INDEXER_INTERVAL: '200', AUTHORIZED_DECRYPTERS: JSON.stringify([w.wallet.address]),
      RPCS: JSON.stringify({ [CHAIN]: { rpc: w.chain.url, chainId: CHAIN } }) // private URLs are refused there
    })
    await other.line(/listening/i)
  })
  after(async () => { assert.equal(await other.stop(), 0) })

  const seal = async (nft: Nft, text: string, node: string): Promise<string> => {
    const { nodePublicKey } = JSON.parse((await http(node)).text)
    const data = encrypt(hexlify(Uint8Array.from(Object.values(nodePublicKey) as number[])).slice(2), toUtf8Bytes(text))
    return nft.write({ url: `${node}/`, flags: 2, data, hash: hashOf(text) })
  }
  const settled = (tx: string, node = w.url): Promise<State> => until('an answer of the decryptor', async () => {
    const s = await state(`txId=${tx}`, node)
    return s && !/is being asked/.test(s.error) ? s : null
  }, 60_000)

  test('a second node, to whom it may', async () => {
    const nft = await deploy()
    const tx = await seal(nft, nft.document('Elsewhere'), url)
    assert.deepEqual((await settled(tx)).error, '')
    assert.equal((await get(nft.did)).metadata.name, 'Elsewhere')
    const r = await decryptDdo(nft, { transactionId: tx }, w.consumer, url)
    assert.deepEqual([r.status, r.text], [403, 'Decrypt DDO: Decrypter not authorized'])
  })

  test('a private address is not asked unless that is allowed', async () => {
    const nft = await deploy()
    const tx = await seal(nft, nft.document('Inside'), w.url)
    assert.match((await settled(tx, url)).error, /^Provider exception on decrypt DDO\. Status: .*loopback/)
    assert.equal((await attempt(tx)).valid, true, 'its own node has it')
  })

  test('answers that are none: slow, broken, garbage, huge, elsewhere', async () => {
    let asked = 0
    const bad: Record<string, [(res: import('node:http').ServerResponse, text: string) => void, RegExp]> = {
      broken: [(res) => res.writeHead(500).end('oh'), /Provider validation failed: 500 oh/],
      refused: [(res) => res.writeHead(403).end('not you'), /Provider validation failed: 403 not you/],
      garbage: [(res) => res.end('\u0000\u0001'), /not JSON/],
      another: [(res) => res.end('{"id":"did:op:1"}'), /does not have the hash/],
      huge: [(res) => { res.on('error', () => {}); res.end(Buffer.alloc(17 << 20, ' ')) }, /larger than|too large|more than/i],
      loop: [(res) => res.writeHead(307, { location: w.files.url('loop/api/services/decrypt') }).end(), /redirect/i],
      cut: [(res) => { res.writeHead(200, { 'content-length': 1000 }); res.write('{'); res.destroy() }, /./]
    }
    const txs: Array<[string, string]> = []
    for (const name of Object.keys(bad)) {
      w.files.on(`${name}/api/services/nonce`, (_, res) => res.end('{"nonce":"5"}'))
      w.files.on(`${name}/api/services/decrypt`, (_, res) => { asked++; bad[name]?.[0](res, '') })
      const nft = await deploy()
      txs.push([name, await nft.write({ url: w.files.url(name), flags: 2, data: 'x', hash: hashOf('x') })])
    }
    for (const [name, tx] of txs) {
      const s = await settled(tx)
      assert.equal(s.valid, false)
      assert.match(s.error, bad[name]?.[1] as RegExp, name)
    }
    assert.ok(asked >= txs.length)
  })

  test('a decryptor that never answers holds nobody up', async () => {
    w.files.on('silent/api/services/nonce', () => {})
    const silent = await deploy()
    await silent.write({ url: w.files.url('silent'), flags: 2, data: 'x', hash: hashOf('x') })
    const started = Date.now()
    const nft = await deploy()
    await attempt(await nft.publish('Behind it'))
    assert.ok(Date.now() - started < 15_000, 'before the silent one is given up')
    const queue = JSON.parse((await http(`${w.url}/api/services/indexQueue`)).text).queue as Array<{ txId: string }>
    assert.ok(queue.length > 0)
  })
})
