// SPDX-License-Identifier: Apache-2.0
// A policy server that decides: what it is asked, what its answers do, what its silence does.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ProviderInstance, type ComputeAlgorithm, type ComputeEnvironment } from '@oceanprotocol/lib'
import { Wallet } from 'ethers'
import { World } from './fixtures.ts'
import { CHAIN, atoll } from './lib/chain.ts'
import { fileInput, rawAlgorithm, smallest } from './lib/compute.ts'
import { noise, type ServedFile } from './lib/files.ts'
import { http, post, type Reply } from './lib/http.ts'
import { asDataset, trustAll, type Published } from './lib/market.ts'
import { PolicyServer, allow, broken, deny, type Question } from './lib/policy.ts'
import { Program, until } from './lib/process.ts'
import { sign } from './lib/sign.ts'

const KEY = 'the key of the policy server'
const METADATA_CREATED = '0x5463569dcc320958360074a9ab27e809e8a6942c394fb151d139b5f7b4ecb1bd'
const policy = new PolicyServer()
let w: World
let file: ServedFile
let open: Published // no credentials
let closed: Published // the node itself would let nobody in
let order: string
before(async () => {
  await policy.start()
  w = await World.start({ env: { POLICY_SERVER_URL: policy.url, POLICY_SERVER_API_KEY: KEY, POLICY_SERVER_TIMEOUT: '700' } })
  file = w.files.add('data.bin', noise(5000, 'policy'))
  open = await w.market.publish({ name: 'Open', files: [file.object] })
  closed = await w.market.publish({ name: 'Closed', files: [file.object], credentials: { deny: [{ type: 'address', values: ['*'] }] } })
  order = await w.market.order(closed, w.consumer)
  await until('the order in the index', async () => {
    closed.indexed = await (await fetch(`${w.url}/api/aquarius/assets/ddo/${closed.did}`)).json() as any
    return (closed.indexed as any).indexedMetadata.stats[0].orders === 1
  })
})
after(async () => {
  try { await w?.stop() } finally { policy.stop() }
})

type Fields = Record<string, unknown>
const command = (name: string, fields: Fields): Promise<Reply> => post(`${w.url}/directCommand`, { command: name, ...fields })
const nextNonce = async (address: string): Promise<number> => await ProviderInstance.getNonce(w.url, address) + 1
const signed = async (name: string, field = 'consumerAddress'): Promise<Fields> => {
  const nonce = await nextNonce(w.consumer.address)
  return { [field]: w.consumer.address, nonce: String(nonce), signature: sign(w.consumer, nonce, name) }
}
const refused = (r: Reply, status: number, text: string | RegExp): void => {
  const said = r.text.startsWith('"') ? JSON.parse(r.text) as string : r.text
  assert.equal(r.status, status, said)
  if (typeof text === 'string') assert.equal(said, text)
  else assert.match(said, text)
}
const only = (list: Question[]): Question => {
  assert.equal(list.length, 1, list.map((q) => q.text.slice(0, 200)).join('\n'))
  return list[0] as Question
}
/** One question with these members in this order; what each holds is compared where it is known. */
const asked = (q: Question, members: Fields): void => {
  assert.equal(q.method, 'POST')
  assert.equal(q.headers['content-type'], 'application/json')
  assert.equal(q.headers['x-api-key'], KEY)
  assert.deepEqual(Object.keys(q.body), [...Object.keys(members), 'nodeAddress'])
  assert.equal(q.body.nodeAddress, w.wallet.address)
  for (const [name, value] of Object.entries(members)) if (value !== undefined) assert.deepEqual(q.body[name], value, name)
}
const download = async (asset = closed, tx = order, more = ''): Promise<Reply> =>
  http(await w.market.downloadUrl(asset, tx, w.consumer) + more)
const denied = (asset = closed): string => `Error: Access to asset ${asset.did} was denied`

describe('a download', () => {
  test('of an asset with credentials is what the policy server says, not what they say', async () => {
    const [yes, questions] = await policy.during(allow, () => download())
    assert.equal(yes.status, 200, yes.text)
    asked(only(questions), {
      action: 'download', documentId: closed.did, ddo: closed.indexed, serviceId: closed.serviceId, consumerAddress: w.consumer.address, policyServer: null
    })
    for (const status of [201, 204, 400, 401, 403, 404, 500, 503]) {
      const [no] = await policy.during((_q, res) => { res.writeHead(status).end(status === 204 ? undefined : 'why') }, () => download())
      refused(no, 403, denied())
    }
  })

  test('passes on what the client has for it, as ocean.js sends it', async () => {
    const session = { sessionId: 'ab"c', successRedirectUri: 'https://example.com/?a=b&c=d' }
    const url = String(await ProviderInstance.getDownloadUrl(closed.did, closed.serviceId, 0, order, w.url, w.consumer, session))
    const [r, questions] = await policy.during(allow, () => http(url))
    assert.equal(r.status, 200, r.text)
    // in a query it is a text, for ocean-node as for us
    assert.match(JSON.stringify(only(questions).body.policyServer), /sessionId/)
    const direct = { ...await signed('download'), fileIndex: 0, documentId: closed.did, serviceId: closed.serviceId, transferTxId: order, policyServer: session }
    const [, more] = await policy.during(allow, () => command('download', direct))
    assert.deepEqual(only(more).body.policyServer, session)
  })

  test('with credentials of the service alone is one question, without any is none', async () => {
    const half = await w.market.publish({ name: 'Half', files: [file.object], version: '4.7.0', serviceCredentials: { allow: [{ type: 'address', values: ['*'] }] } })
    const tx = await w.market.order(half, w.consumer)
    const [no, questions] = await policy.during(deny(), () => download(half, tx))
    refused(no, 403, denied(half))
    assert.equal(only(questions).body.action, 'download')
    const plain = await w.market.order(open, w.consumer)
    const [yes, none] = await policy.during(deny(), () => download(open, plain))
    assert.equal(yes.status, 200)
    assert.deepEqual(none, [])
  })

  test('of a token\'s owner names the owner', async () => {
    const authorization = await ProviderInstance.generateAuthToken(w.consumer, w.url)
    const [r, questions] = await policy.during(allow, () => command('download', {
      authorization, fileIndex: 0, documentId: closed.did, serviceId: closed.serviceId, transferTxId: order
    }))
    assert.equal(r.status, 200)
    assert.equal(only(questions).body.consumerAddress, w.consumer.address)
  })

  test('is not asked about before the signature is right', async () => {
    const [r, questions] = await policy.during(allow, async () => http(`${await w.market.downloadUrl(closed, order, w.consumer)}0`))
    assert.equal(r.status, 401)
    assert.deepEqual(questions, [])
  })
})

describe('a silent policy server denies, and the answer says so', () => {
  const text = (why: RegExp): RegExp => new RegExp(`^${denied()}: ${why.source}`)
  for (const [name, [mood, why]] of Object.entries(broken)) {
    test(`when it ${name}`, async () => {
      const [r] = await policy.during(mood, () => download())
      refused(r, 403, text(why))
    })
  }

  test('when it is down', async () => {
    refused(await policy.without(() => download()), 403, text(/the policy server cannot be reached$/))
    assert.equal((await download()).status, 200)
  })

  test('when it sends elsewhere', async () => {
    for (const status of [301, 302, 307]) {
      const [r, questions] = await policy.during((_q, res) => { res.writeHead(status, { location: '/elsewhere' }).end() }, () => download())
      refused(r, 403, text(/the policy server answered with a redirect$/))
      only(questions)
    }
  })

  test('when many wait for it; others are served meanwhile', async () => {
    const urls: string[] = []
    for (let i = 0; i < 14; i++) urls.push(await w.market.downloadUrl(closed, order, w.chain.account(10 + i)))
    const [all] = await policy.during(broken['is slow']?.[0] ?? allow, async () => {
      const waiting = urls.map((url) => http(url))
      assert.equal((await http(`${w.url}/api/services/computeEnvironments`)).status, 200)
      return Promise.all(waiting)
    })
    for (const r of all) refused(r, 403, text(/the policy server did not answer in time$/))
    // what is asked by those who need nobody else has more workers than may wait for it
    const ask = () => post(`${w.url}/api/services/PolicyServerPassthrough`, { policyServerPassthrough: { action: 'x' } })
    const [many] = await policy.during(broken['is slow']?.[0] ?? allow, () => Promise.all(urls.map(ask)))
    assert.equal(many.some((r) => r.text.includes('too many questions')), true, many.map((r) => r.text).join('\n'))
    assert.ok(!w.log.includes(KEY), 'the key is in the log')
  })
})

describe('encrypting', () => {
  test('encrypt', async () => {
    const [yes, questions] = await policy.during(allow, async () => command('encrypt', { ...await signed('encrypt'), blob: 'x', policyServer: { a: 1 } }))
    assert.equal(yes.status, 200)
    asked(only(questions), { action: 'encrypt', consumerAddress: w.consumer.address, policyServer: { a: 1 } })
    const route = async (): Promise<Reply> => http(`${w.url}/api/services/encrypt?${new URLSearchParams(await signed('encrypt') as Record<string, string>)}`,
      { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: 'x' })
    const [no, more] = await policy.during(deny(), route)
    refused(no, 403, `Error: Encrypt for ${w.consumer.address} was denied`)
    asked(only(more), { action: 'encrypt', consumerAddress: w.consumer.address })
    const [silent] = await policy.during((_q, res) => { res.destroy() }, route)
    refused(silent, 403, `Error: Encrypt for ${w.consumer.address} was denied: the policy server cannot be reached`)
  })

  test('encryptFile; a file is not fetched before', async () => {
    const hits = file.hits
    const [no, questions] = await policy.during(deny(), async () => command('encryptFile', { ...await signed('encryptFile'), files: file.object }))
    refused(no, 403, `Error: EncryptFile for ${w.consumer.address} was denied`)
    asked(only(questions), { action: 'encryptFile', consumerAddress: w.consumer.address, files: file.object })
    assert.equal(file.hits, hits)
    const [yes, more] = await policy.during(allow, async () => command('encryptFile', { ...await signed('encryptFile'), rawData: 'x', policyServer: 'p' }))
    assert.equal(yes.status, 200)
    asked(only(more), { action: 'encryptFile', consumerAddress: w.consumer.address, policyServer: 'p' })
  })
})

describe('validating', () => {
  const send = (more: Fields): Promise<Reply> => post(`${w.url}/api/aquarius/assets/ddo/validate`, { ddo: open.ddo, ...more })
  test('by somebody, by anybody', async () => {
    const [yes, questions] = await policy.during(allow, async () => send({ ...await signed('validateDDO', 'publisherAddress'), policyServer: { a: 1 } }))
    assert.equal(yes.status, 200, yes.text)
    asked(only(questions), { action: 'validateDDO', rawDDO: open.ddo, publisherAddress: w.consumer.address, policyServer: { a: 1 } })
    const [no] = await policy.during(deny(), async () => send(await signed('validateDDO', 'publisherAddress')))
    refused(no, 403, `Error: Validation for ${w.consumer.address} was denied`)
    const [anybody, more] = await policy.during(deny(), () => send({}))
    refused(anybody, 403, 'Error: Validation for undefined was denied')
    asked(only(more), { action: 'validateDDO', rawDDO: open.ddo })
  })

  test('what is not valid is not asked about', async () => {
    const [r, questions] = await policy.during(allow, () => send({ ddo: { ...open.ddo, services: [] } }))
    assert.equal(r.status, 400)
    assert.deepEqual(questions, [])
  })
})

describe('computing', () => {
  let e: ComputeEnvironment
  let data: Published
  let code: ComputeAlgorithm
  before(async () => {
    e = await w.compute.environment()
    code = await rawAlgorithm('true')
    data = await w.market.publish({
      name: 'Data', service: 'compute', files: [file.object], price: 0, timeout: 0, trust: trustAll, credentials: { deny: [{ type: 'address', values: ['*'] }] }
    })
  })
  const body = (more: Fields = {}): Fields => {
    const resources = smallest(e.resources)
    return {
      consumerAddress: w.consumer.address, environment: e.id, algorithm: code, datasets: [asDataset(data)], maxJobDuration: 60, resources,
      payment: { chainId: CHAIN, token: w.compute.token(e), resources }, policyServer: { sessionId: 's' }, ...more
    }
  }
  const question = (): Fields => ({
    action: 'startCompute', documentId: data.did, ddo: data.indexed, serviceId: data.serviceId, consumerAddress: w.consumer.address, policyServer: { sessionId: 's' }
  })

  test('a quote', async () => {
    const send = (): Promise<Reply> => post(`${w.url}/api/services/initializeCompute`, body())
    const [yes, questions] = await policy.during(allow, send)
    assert.equal(yes.status, 200, yes.text)
    asked(only(questions), question())
    refused((await policy.during(deny(), send))[0], 403, denied(data))
    refused((await policy.during((_q, res) => { res.destroy() }, send))[0], 403, `${denied(data)}: the policy server cannot be reached`)
  })

  test('a paid and a free job', async () => {
    for (const [path, name] of [['compute', 'startCompute'], ['freeCompute', 'freeStartCompute']] as const) {
      const send = async (more: Fields = {}): Promise<Reply> => post(`${w.url}/api/services/${path}`, { ...body(more), ...await signed(name) })
      const [no, questions] = await policy.during(deny(), send)
      refused(no, 403, denied(data))
      asked(only(questions), question())
      const [on] = await policy.during(allow, send) // it fails later: nobody has ordered
      assert.doesNotMatch(on.text, /denied/)
      const [, none] = await policy.during(allow, () => send({ datasets: [fileInput(file.object)], environment: 'none' }))
      assert.deepEqual(none, [], 'nothing to ask about')
    }
  })

  test('each part of a job is asked about', async () => {
    const other = await w.market.publish({
      name: 'Other', service: 'compute', files: [file.object], price: 0, timeout: 0, trust: trustAll, credentials: { allow: [] }
    })
    const send = (): Promise<Reply> => post(`${w.url}/api/services/initializeCompute`, body({ datasets: [asDataset(data), asDataset(other)] }))
    const [no, questions] = await policy.during((q, res) => { res.writeHead(q.body.documentId === other.did ? 403 : 200).end() }, send)
    refused(no, 403, denied(other))
    assert.deepEqual(questions.map((q) => q.body.documentId), [data.did, other.did])
  })
})

describe('indexing', () => {
  const state = async (did: string): Promise<any> => {
    const r = await http(`${w.url}/api/aquarius/state/ddo?did=${did}`)
    return r.status === 200 ? JSON.parse(r.text) : null
  }
  const shown = async (did: string): Promise<any> => {
    const r = await http(`${w.url}/api/aquarius/assets/ddo/${did}`)
    return r.status === 200 ? JSON.parse(r.text) : null
  }
  /** Publishes without waiting for the index; the questions about documents and the did. */
  const publish = async (name: string): Promise<string> => {
    const never = w.market.indexed
    let did = ''
    w.market.indexed = async (asset) => { did = asset.did }
    try {
      await w.market.publish({ name, files: [file.object] })
    } finally {
      w.market.indexed = never
    }
    return did
  }
  const documents = (list: Question[]): Question[] => list.filter((q) => /DDO$/.test(q.body.action) && q.body.action !== 'validateDDO')
  /** An answer for documents only; signing and encrypting go on. */
  const documentsOnly = (answer: (q: Question, res: any) => void): (q: Question, res: any) => void =>
    (q, res) => { (/^(new|update)DDO$/.test(q.body.action) ? answer : allow)(q, res) }

  test('a new asset: what is asked', async () => {
    const [asset, all] = await policy.during(allow, () => w.market.publish({ name: 'New', files: [file.object], price: 3 }))
    const q = only(documents(all))
    const [log] = await w.chain.provider.getLogs({ address: asset.nft, topics: [METADATA_CREATED] })
    asked(q, { action: 'newDDO', rawDDO: undefined, chainId: CHAIN, txId: asset.tx, eventRaw: JSON.parse(JSON.stringify(log)) })
    const { indexedMetadata, ...document } = asset.indexed as any
    const raw = { ...q.body.rawDDO }
    assert.deepEqual(raw.indexedMetadata, indexedMetadata)
    delete raw.indexedMetadata
    assert.deepEqual(raw, document)
    // the same once more is an update
    asset.ddo.metadata.name = 'Renamed'
    const [, more] = await policy.during(allow, async () => { await w.market.writeMetadata(asset); await w.market.indexed(asset) })
    assert.equal(only(documents(more)).body.action, 'updateDDO')
    assert.equal(asset.indexed.metadata.name, 'Renamed')
    // a denied update leaves what is there, and says why
    asset.ddo.metadata.name = 'Denied'
    await policy.during(documentsOnly(deny(403, 'no update: \u00fc')), async () => {
      await w.market.writeMetadata(asset)
      const s = await until('the denial', async () => { const x = await state(asset.did); return x?.txId === asset.tx && x })
      assert.deepEqual([s.valid, s.error], [false, 'no update: \u00fc'])
    })
    assert.equal((await shown(asset.did)).metadata.name, 'Renamed')
  })

  test('what is denied is not indexed, and the reason kept', async () => {
    await policy.during(documentsOnly(deny(401, 'unknown publisher')), async () => {
      const did = await publish('Unwanted')
      const s = await until('the denial', () => state(did))
      assert.deepEqual([s.valid, s.error], [false, 'unknown publisher'])
      assert.equal(await shown(did), null)
    })
    for (const [text, kept] of [['', /denies/], ['x'.repeat(5000), /^x{1000}$/]] as const) {
      await policy.during(documentsOnly(deny(403, text)), async () => {
        const did = await publish('Odd')
        assert.match((await until('the denial', () => state(did))).error, kept)
      })
    }
  })

  test('while the server is silent or fails nothing is indexed', async () => {
    for (const [answer, why] of [[deny(503, 'out of order'), /^out of order$/], [(_q: Question, res: any) => { res.destroy() }, /cannot be reached/]] as const) {
      await policy.during(documentsOnly(answer), async () => {
        const did = await publish('Patient')
        assert.match((await until('the failure', () => state(did))).error, why)
        assert.equal(await shown(did), null)
        const queue = JSON.parse((await http(`${w.url}/api/services/indexQueue`)).text).queue
        assert.ok(queue.length > 0, 'it is asked again later')
      })
    }
  })
})

describe('what clients ask it through the node', () => {
  const route = (body: unknown): Promise<Reply> => post(`${w.url}/api/services/PolicyServerPassthrough`, body)
  const initiate = (body: unknown): Promise<Reply> => post(`${w.url}/api/services/initializePSVerification`, body)

  test('passthrough: the object, the document, the node; and the answer as it is', async () => {
    const q = { action: 'getPD', documentId: closed.did, ddo: 'mine', nodeAddress: 'me', deep: { a: [1, 'x'] } }
    for (const send of [route, (x: any) => command('PolicyServerPassthrough', x)]) {
      const [r, questions] = await policy.during((_q, res) => { res.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}') },
        () => send({ policyServerPassthrough: q }))
      assert.deepEqual([r.status, r.text, r.headers.get('content-type')], [200, '{"ok":true}', 'application/json; charset=utf-8'])
      const { body, headers } = only(questions)
      assert.deepEqual(body, { ...q, ddo: closed.indexed, nodeAddress: w.wallet.address })
      assert.equal(headers['x-api-key'], KEY)
    }
    const [, questions] = await policy.during(allow, () => route({ policyServerPassthrough: { documentId: 'did:op:none' } }))
    assert.equal(only(questions).body.ddo, null)
  })

  test('passthrough: refusals come through with status and text, as does silence', async () => {
    for (const [status, text] of [[400, 'bad'], [401, '{"error":"who"}'], [404, 'nothing'], [500, ''], [599, '<b>']] as const) {
      const [r] = await policy.during(deny(status, text), () => route({ policyServerPassthrough: {} }))
      assert.deepEqual([r.status, r.text], [status, text])
      assert.equal(r.headers.get('content-type'), 'text/plain; charset=utf-8')
    }
    const [r] = await policy.during((_q, res) => { res.destroy() }, () => route({ policyServerPassthrough: {} }))
    refused(r, 400, 'the policy server cannot be reached')
  })

  test('passthrough: bad input', async () => {
    const text = 'Invalid Request: missing policyServerPassthrough field!'
    refused(await route({}), 400, text)
    refused(await route(''), 400, text)
    refused(await command('PolicyServerPassthrough', {}), 400, text)
    refused(await command('PolicyServerPassthrough', { policyServerPassthrough: null }), 400, text)
    refused(await route({ policyServerPassthrough: 'x' }), 400, /policyServerPassthrough/)
    refused(await route('{'), 400, /JSON/)
  })

  test('initiate', async () => {
    const body = { documentId: closed.did, serviceId: closed.serviceId, consumerAddress: w.consumer.address, policyServer: { sessionId: '' } }
    const [r, questions] = await policy.during(deny(200, '{"pd":1}'), () => initiate(body))
    assert.deepEqual([r.status, r.text], [200, '{"pd":1}'])
    const { documentId, serviceId, consumerAddress, policyServer } = body
    asked(only(questions), { action: 'initiate', documentId, serviceId, ddo: closed.indexed, consumerAddress, policyServer })
    const [byClient] = await policy.during(deny(200, '{"pd":2}'), () => ProviderInstance.initializePSVerification(w.url, body as never))
    assert.deepEqual(byClient, { pd: 2 })
    const [no] = await policy.during(deny(403, 'no'), () => command('initializePSVerification', body))
    refused(no, 403, 'no')
    refused(await initiate({ ...body, documentId: `did:op:${'0'.repeat(64)}` }), 404, 'Not found')
    for (const none of [undefined, null, '', 0, false]) {
      refused(await initiate({ ...body, policyServer: none }), 400, 'Invalid Request: missing policyServer field!')
    }
    refused(await initiate({ ...body, consumerAddress: undefined }), 400, /^Missing one \( "consumerAddress" \) or more required field\(s\)/)
  })
})

test('without a policy server both routes answer 404 and nothing', async () => {
  const node = new Program(atoll, ['node', '--data', `${w.dir}/none`], {
    PATH: process.env.PATH, PRIVATE_KEY: Wallet.createRandom().privateKey, HTTP_API_PORT: '0', JWT_SECRET: 'x'
  })
  const [, port] = await node.line(/listening on port (\d+)/)
  const r = await post(`http://127.0.0.1:${port}/api/services/PolicyServerPassthrough`, { policyServerPassthrough: { action: 'x' } })
  assert.deepEqual([r.status, r.text], [404, ''])
  assert.equal(await node.stop(), 0)
})
