// SPDX-License-Identifier: Apache-2.0
// Who is asking: every form of signature, smart accounts, tokens, and nonces that are used once.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ProviderInstance } from '@oceanprotocol/lib'
import { Wallet, getAddress, id } from 'ethers'
import { World } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { deployAccount, deployOther } from './lib/evm.ts'
import { http, post, type Reply } from './lib/http.ts'
import { Program } from './lib/process.ts'
import { BareChain, Endpoint } from './lib/rpc.ts'
import { accountForms, forms, hashOf, jwt, sign } from './lib/sign.ts'

const SECOND = 31337
const MISMATCH = 'consumer address and nonce signature mismatch'
const MISSING = 'Invalid authentication, you need to provide either a token or an address, signature, message and nonce'

let w: World
let second: BareChain
let endpoint: Endpoint
before(async () => {
  second = await BareChain.start(SECOND)
  endpoint = await new Endpoint(second.url).start()
  w = await World.start({
    env: (x) => ({ RPCS: JSON.stringify({ [CHAIN]: { rpc: x.chain.url, chainId: CHAIN }, [SECOND]: { rpc: endpoint.url, chainId: SECOND } }) })
  })
})
after(async () => {
  endpoint?.stop()
  try { await w?.stop() } finally { await second?.stop() }
})

type Fields = Record<string, unknown>
const someone = (): Wallet => new Wallet(Wallet.createRandom().privateKey)
const command = (name: string, fields: Fields): Promise<Reply> => post(`${w.url}/directCommand`, { command: name, ...fields })
const encrypt = (fields: Fields): Promise<Reply> => command('encrypt', { blob: 'x', ...fields })
const nonceOf = async (address: string): Promise<number> =>
  Number(JSON.parse((await http(`${w.url}/api/services/nonce?userAddress=${address}`)).text).nonce)
const accepted = (r: Reply): void => { assert.equal(r.status, 200, r.text) }
const refused = (r: Reply, text: string | RegExp, status = 401): void => {
  assert.equal(r.status, status, r.text)
  if (typeof text === 'string') assert.equal(r.text, text)
  else assert.match(r.text, text)
}
const signed = (who: Wallet, nonce: number | string, name: string, address = who.address): Fields =>
  ({ consumerAddress: address, nonce: String(nonce), signature: sign(who, nonce, name, address) })

describe('a signature', () => {
  for (const [name, form] of Object.entries(forms)) {
    test(`over and as ${name}, with a leading zero too`, async () => {
      const who = someone()
      let zero = 2
      while (!hashOf(who.address, zero, 'encrypt').startsWith('0x00')) zero++
      for (const nonce of [1, zero]) {
        accepted(await encrypt({ consumerAddress: who.address, nonce, signature: form(who, hashOf(who.address, nonce, 'encrypt')) }))
        assert.equal(await nonceOf(who.address), nonce)
      }
    })
  }

  test('over the address as it is sent; a wrong checksum is nobody', async () => {
    const who = someone()
    const lower = who.address.toLowerCase()
    accepted(await encrypt(signed(who, 1, 'encrypt', lower)))
    refused(await encrypt({ ...signed(who, 2, 'encrypt', lower), consumerAddress: who.address }), MISMATCH)
    const wrong = `0x${who.address.slice(2).replace(/[a-f]/i, (c) => c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())}`
    refused(await encrypt(signed(who, 2, 'encrypt', wrong)), MISMATCH)
    accepted(await encrypt(signed(who, 2, 'encrypt', `0x${who.address.slice(2).toUpperCase()}`)))
  })

  test('of another command, nonce, person, form is refused and uses up nothing', async () => {
    const [who, other] = [someone(), someone()]
    const good = signed(who, 7, 'encrypt')
    const raw = accountForms['the hash']?.(who, `${who.address}7encrypt`)
    for (const bad of [
      signed(who, 7, 'encryptFile'), { ...good, nonce: '8' }, { ...good, signature: sign(other, 7, 'encrypt', who.address) },
      { ...good, signature: raw }, { ...good, signature: '0x' }, { ...good, signature: 'x' }, { ...good, signature: `0x${'00'.repeat(65)}` },
      { ...good, consumerAddress: other.address }, { ...good, consumerAddress: '0x12' }, { ...good, consumerAddress: '*' }
    ]) refused(await encrypt(bad), MISMATCH)
    assert.equal(await nonceOf(who.address), 0)
    accepted(await encrypt(good))
    refused(await encrypt(good), 'nonce: 7 is not a valid nonce')
    refused(await encrypt(signed(who, '9007199254740993', 'encrypt')), 'nonce: 9007199254740993 is not a valid nonce')
  })

  test('of which a part is missing, or undefined, or null, is none', async () => {
    const who = someone()
    const good = signed(who, 1, 'encrypt')
    for (const none of [undefined, null, '', 'undefined', 'null']) {
      for (const key of Object.keys(good)) refused(await encrypt({ ...good, [key]: none }), MISSING)
    }
    accepted(await encrypt({ ...good, authorization: 'undefined' }))
  })

  test('by the route: nonce and signature in the query', async () => {
    const who = someone()
    const query = new URLSearchParams(signed(who, 1, 'encrypt') as Record<string, string>)
    const send = (q: string): Promise<Reply> =>
      http(`${w.url}/api/services/encrypt?${q}`, { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: 'x' })
    accepted(await send(String(query)))
    refused(await send(String(query)), 'nonce: 1 is not a valid nonce')
    refused(await send('consumerAddress=undefined&nonce=undefined&signature=undefined'), MISSING)
  })
})

describe('a smart account', () => {
  const owner = someone()
  let account: string
  let elsewhere: string
  before(async () => {
    account = await deployAccount(owner.address, w.chain.account(5))
    elsewhere = await deployAccount(owner.address, w.chain.account(6).connect(second.provider))
    const bytecode = await w.chain.provider.getCode(account)
    assert.ok(bytecode.length > 100)
  })

  for (const [name, form] of Object.entries(accountForms)) {
    test(`whose owner signs ${name}, on either chain`, async () => {
      for (const address of [account, elsewhere]) {
        const nonce = await nonceOf(address) + 1
        const good = { consumerAddress: address, nonce, signature: form(owner, `${address}${nonce}encrypt`) }
        refused(await encrypt({ ...good, signature: form(someone(), `${address}${nonce}encrypt`) }), MISMATCH)
        accepted(await encrypt(good))
        refused(await encrypt(good), `nonce: ${nonce} is not a valid nonce`)
        assert.equal(await nonceOf(address), nonce)
      }
    })
  }

  test('gets a token on its chain, which then speaks for it', async () => {
    const nonce = await nonceOf(account) + 1
    const ask = { address: account, nonce: String(nonce), signature: accountForms['the message']?.(owner, `${account}${nonce}createAuthToken`) }
    const wrong = await post(`${w.url}/api/services/auth/token`, { ...ask, chainId: SECOND })
    refused(wrong, JSON.stringify({ error: MISMATCH }))
    refused(await post(`${w.url}/api/services/auth/token`, { ...ask, chainId: 5 }), JSON.stringify({ error: MISMATCH }))
    const made = await post(`${w.url}/api/services/auth/token`, { ...ask, chainId: CHAIN })
    accepted(made)
    const { token } = JSON.parse(made.text)
    accepted(await encrypt({ authorization: token, consumerAddress: account }))
    accepted(await encrypt({ authorization: token }))
  })

  test('that is no good contract is nobody', async () => {
    const who = w.chain.account(5)
    for (const name of ['reverting', 'silent', 'short', 'otherWord', 'endless'] as const) {
      const address = await deployOther(name, who)
      refused(await encrypt({ consumerAddress: address, nonce: 1, signature: `0x${'11'.repeat(65)}` }), MISMATCH)
    }
    refused(await encrypt({ consumerAddress: w.chain.ocean, nonce: 1, signature: `0x${'11'.repeat(65)}` }), MISMATCH)
    const agreeable = await deployOther('agreeable', who)
    accepted(await encrypt({ consumerAddress: agreeable, nonce: 1, signature: '0x00' }))
    refused(await encrypt({ consumerAddress: agreeable, nonce: 2, signature: `0x${'11'.repeat(20_000)}` }), MISMATCH)
  })

  test('that is no contract is asked about once, however often it is tried', async () => {
    const nobody = someone()
    const before = endpoint.asked
    for (let i = 1; i <= 20; i++) refused(await encrypt({ ...signed(nobody, i, 'encrypt'), nonce: i + 1 }), MISMATCH)
    assert.equal(endpoint.asked - before, 1)
  })

  test('is served while another chain is dead, which is not asked again and again', async () => {
    try {
      for (const mood of ['gone', 'broken', 'silent'] as const) {
        endpoint.mood = mood
        const nonce = await nonceOf(account) + 1
        const good = { consumerAddress: account, nonce, signature: accountForms['the hash']?.(owner, `${account}${nonce}encrypt`) }
        accepted(await encrypt(good))
      }
      // the dead chain comes last: only what no other chain knows makes the node ask it
      const before = endpoint.all
      for (let i = 0; i < 10; i++) refused(await encrypt({ ...signed(someone(), 1, 'encrypt'), nonce: 2 }), MISMATCH)
      assert.ok(endpoint.all - before <= 6, `${endpoint.all - before} requests`)
    } finally {
      endpoint.mood = 'good'
    }
    const nonce = await nonceOf(account) + 1
    accepted(await encrypt({ consumerAddress: account, nonce, signature: accountForms['the hash']?.(owner, `${account}${nonce}encrypt`) }))
  })
})

describe('a token', () => {
  const who = someone()
  let token: string
  const create = async (person: Wallet, more: Fields = {}): Promise<Reply> => {
    const nonce = await nonceOf(person.address) + 1
    return post(`${w.url}/api/services/auth/token`, {
      address: person.address, nonce: String(nonce), signature: sign(person, nonce, 'createAuthToken'), ...more
    })
  }
  const made = async (person: Wallet, more: Fields = {}): Promise<string> => {
    const r = await create(person, more)
    accepted(r)
    return JSON.parse(r.text).token as string
  }
  before(async () => { token = await made(who) })

  test('says whose it is, as ocean.js reads it', async () => {
    const [head, body] = token.split('.').map((x) => JSON.parse(Buffer.from(x, 'base64url').toString('latin1').replace(/[^}]*$/, '') || '{}'))
    assert.deepEqual(head, { alg: 'HS256', typ: 'JWT' })
    assert.deepEqual(Object.keys(body), ['address', 'nonce', 'createdAt', 'iat'])
    assert.equal(body.address, who.address)
    assert.equal(token, jwt(body, 'a secret of the tests'))
    const own = await ProviderInstance.generateAuthToken(w.consumer, w.url)
    await ProviderInstance.invalidateAuthToken(w.consumer, own, w.url)
    refused(await encrypt({ authorization: own }), 'Invalid token')
  })

  const job = `jobId=0xabc-${'0'.repeat(64)}&index=0`
  const routes: Array<[string, string, RequestInit]> = [
    ['validate', '/api/aquarius/assets/ddo/validate', { method: 'POST', body: '{"ddo":{"id":"did:op:1","version":"4.1.0"}}' }],
    ['download', `/api/services/download?fileIndex=0&documentId=did:op:1&serviceId=1&transferTxId=0x1`, {}],
    ['compute', '/api/services/compute', { method: 'POST', body: '{"environment":"x","algorithm":{},"datasets":[],"maxJobDuration":1,"payment":{}}' }],
    ['freeCompute', '/api/services/freeCompute', { method: 'POST', body: '{"environment":"x","algorithm":{},"datasets":[]}' }],
    ['stop', `/api/services/compute?${job}`, { method: 'PUT' }],
    ['result', `/api/services/computeResult?${job}`, {}],
    ['logs', `/api/services/computeStreamableLogs?${job}`, {}],
    ['encrypt', '/api/services/encrypt', { method: 'POST', body: 'x', headers: { 'content-type': 'application/octet-stream' } }],
    ['encryptFile', '/api/services/encryptFile', { method: 'POST', body: 'x', headers: { 'content-type': 'application/octet-stream' } }]
  ]
  for (const [name, path, init] of routes) {
    test(`is read from the header of ${name}`, async () => {
      const send = (authorization: string): Promise<Reply> =>
        http(w.url + path, { ...init, headers: { 'content-type': 'application/json', ...init.headers as object, authorization } })
      const known = await send(token)
      assert.doesNotMatch(known.text, /Invalid token|Invalid authentication/)
      assert.notEqual(known.status, 401)
      const unknown = await send(`${token}x`)
      assert.match(unknown.text, /Invalid token/)
      assert.equal(unknown.status, 401)
    })
  }

  test('stands for its own address only', async () => {
    accepted(await encrypt({ authorization: token }))
    accepted(await encrypt({ authorization: token, consumerAddress: who.address }))
    accepted(await encrypt({ authorization: token, consumerAddress: who.address.toLowerCase(), nonce: 'undefined', signature: 'undefined' }))
    for (const consumerAddress of [someone().address, w.wallet.address, '0x12', '*']) {
      refused(await encrypt({ authorization: token, consumerAddress }), 'Invalid token')
    }
    refused(await encrypt({ ...signed(who, 1, 'encrypt'), authorization: token }), 'nonce: 1 is not a valid nonce')
  })

  test('that was made elsewhere, or changed, is none', async () => {
    const body = { address: who.address, nonce: '1', createdAt: 1700000000000, iat: 1700000000 }
    const real = JSON.parse(Buffer.from(String(token.split('.')[1]), 'base64url').toString())
    for (const forged of [
      jwt(body, 'a secret of the tests'), jwt(body, 'ocean-node-secret'), jwt(real, 'ocean-node-secret'), jwt(real, '', 'none'),
      jwt(real, 'a secret of the tests', 'none'), jwt(real, 'a secret of the tests', 'HS512'), jwt({ ...real, address: w.consumer.address }, 'a secret of the tests'),
      token.slice(0, -1), `${token} `, `Bearer ${token}`, 'x', token.split('.').slice(0, 2).join('.'), 'x'.repeat(100_000)
    ]) refused(await encrypt({ authorization: forged }), 'Invalid token')
  })

  test('of another node is none, though both have one secret', async () => {
    const other = new Program(process.env.ATOLL_BIN ?? '', ['node', '--data', `${w.dir}/other`], {
      PATH: process.env.PATH, PRIVATE_KEY: Wallet.createRandom().privateKey, HTTP_API_PORT: '0', JWT_SECRET: 'a secret of the tests'
    })
    const [, port] = await other.line(/listening on port (\d+)/)
    const r = await post(`http://127.0.0.1:${port}/api/services/auth/token`, { address: who.address, nonce: '1', signature: sign(who, 1, 'createAuthToken') })
    accepted(r)
    const foreign = JSON.parse(r.text).token as string
    accepted(await post(`http://127.0.0.1:${port}/directCommand`, { command: 'encrypt', blob: 'x', authorization: foreign }))
    refused(await encrypt({ authorization: foreign }), 'Invalid token')
    assert.equal(await other.stop(), 0)
  })

  test('ends when it says', async () => {
    const soon = Date.now() + 1500
    const brief = await made(who, { validUntil: soon })
    const long = await made(who, { validUntil: Date.now() + 3_600_000 })
    const ever = await made(who, { validUntil: null })
    accepted(await encrypt({ authorization: brief }))
    while (Date.now() <= soon) await new Promise((resolve) => setTimeout(resolve, 50))
    refused(await encrypt({ authorization: brief }), 'Invalid token')
    refused(await encrypt({ authorization: await made(who, { validUntil: 1 }) }), 'Invalid token')
    accepted(await encrypt({ authorization: long }))
    accepted(await encrypt({ authorization: ever }))
    assert.equal((await create(who, { validUntil: 'tomorrow' })).status, 400)
  })

  test('is ended by whoever holds it, in each form of the request', async () => {
    for (const suffix of ['invalidateAuthToken', '', null]) {
      const mine = await made(who)
      const nonce = await nonceOf(who.address) + 1
      const signature = suffix === null ? '0x' : sign(who, nonce, suffix)
      const r = await post(`${w.url}/api/services/auth/token/invalidate`, { address: who.address, nonce: String(nonce), signature, token: mine })
      assert.deepEqual([r.status, r.text], [200, '{"success":true}'])
      refused(await encrypt({ authorization: mine }), 'Invalid token')
    }
    accepted(await encrypt({ authorization: token }))
    const missing = await post(`${w.url}/api/services/auth/token/invalidate`, { address: who.address, signature: '0x' })
    refused(missing, JSON.stringify({ error: 'Missing required parameters' }), 400)
  })

  test('is not made without a right signature, nor with a token', async () => {
    refused(await create(who, { signature: sign(someone(), 1, 'createAuthToken') }), JSON.stringify({ error: MISMATCH }))
    refused(await create(who, { nonce: '1' }), JSON.stringify({ error: 'nonce: 1 is not a valid nonce' }))
    refused(await create(who, { signature: undefined }), JSON.stringify({ error: 'Missing required parameters' }), 400)
    refused(await command('createAuthToken', { address: who.address, signature: 'undefined', authorization: token }), MISSING)
  })

  test('outlives the node\'s process, as its end does', async () => {
    const ended = await made(who)
    accepted(await command('invalidateAuthToken', { address: who.address, signature: '0x', token: ended }))
    w.node.kill('SIGKILL')
    await w.node.end()
    await w.startNode()
    accepted(await encrypt({ authorization: token }))
    refused(await encrypt({ authorization: ended }), 'Invalid token')
  })
})

/** What a signed request of each kind looks like, and whether its answer means that it was let in. */
const kinds: Array<{ name: string; address: string; fields: Fields }> = [
  { name: 'encrypt', address: 'consumerAddress', fields: { blob: 'x' } },
  { name: 'encryptFile', address: 'consumerAddress', fields: { rawData: 'x' } },
  { name: 'createAuthToken', address: 'address', fields: {} },
  { name: 'validateDDO', address: 'publisherAddress', fields: { ddo: { id: 'did:op:1', version: '4.1.0' } } },
  { name: 'decryptDDO', address: 'decrypterAddress', fields: { chainId: CHAIN } },
  { name: 'download', address: 'consumerAddress', fields: { fileIndex: 0, documentId: 'did:op:1', serviceId: '1', transferTxId: '0x1' } }
]
const BAD_NONCE = /^nonce: \d+ is not a valid nonce$/
const request = (who: Wallet, kind: number, nonce: number, address = who.address): (() => Promise<Reply>) => {
  const k = kinds[kind % kinds.length] as typeof kinds[0]
  const body = JSON.stringify({ command: k.name, ...k.fields, [k.address]: address, nonce: String(nonce), signature: sign(who, nonce, k.name, address) })
  return () => post(`${w.url}/directCommand`, body)
}
const letIn = (r: Reply): boolean => {
  if (BAD_NONCE.test(r.text)) {
    assert.equal(r.status, 401)
    return false
  }
  assert.notEqual(r.status, 401, r.text)
  return true
}

describe('a nonce is used once', () => {
  const who = someone()
  const spellings = [who.address, who.address.toLowerCase(), `0x${who.address.slice(2).toUpperCase()}`]

  test('40 replays of one request at once, 100 rounds: one is let in', async () => {
    for (let nonce = 1; nonce <= 100; nonce++) {
      const send = request(who, nonce, nonce)
      const all = await Promise.all(Array.from({ length: 40 }, send))
      assert.equal(all.filter(letIn).length, 1, `round ${nonce}`)
    }
    assert.equal(await nonceOf(who.address), 100)
  })

  test('40 requests of all commands and spellings with one nonce, 20 rounds: one is let in', async () => {
    for (let nonce = 101; nonce <= 120; nonce++) {
      const sends = Array.from({ length: 40 }, (_, i) => request(who, i, nonce, spellings[i % 3]))
      const all = await Promise.all(sends.map((send) => send()))
      assert.equal(all.filter(letIn).length, 1, `nonce ${nonce}`)
    }
    for (const spelling of spellings) assert.equal(await nonceOf(spelling), 120)
  })

  test('after a kill -9 as before', async () => {
    const person = someone()
    let nonce = 0
    for (let round = 0; round < 6; round++) {
      const sends: Array<() => Promise<Reply>> = []
      const answered: boolean[] = []
      const running = Array.from({ length: 30 }, (_, i) => {
        const send = request(person, i, nonce + i + 1)
        sends.push(send)
        return send().then((r) => { answered[i] = letIn(r) }, () => { answered[i] = false })
      })
      await new Promise((resolve) => setTimeout(resolve, 5 + 10 * round))
      w.node.kill('SIGKILL')
      await Promise.all([w.node.end(), ...running])
      await w.startNode()
      const stored = await nonceOf(person.address)
      const best = Math.max(0, ...answered.map((yes, i) => yes ? nonce + i + 1 : 0))
      assert.ok(stored >= best, `${best} was accepted, ${stored} is known`)
      for (const [i, send] of sends.entries()) if (answered[i]) assert.equal(letIn(await send()), false, 'a replay')
      nonce += 30
    }
  })
})

test('addresses of the constants that the protocol publishes', async () => {
  const consumer = getAddress('0x5050A4F4b3f9338C3472dcC01A87C76A144b3c9c')
  const key = new Wallet(`0x${'02'.repeat(32)}`)
  assert.equal(key.address, consumer)
  assert.equal(id(`${consumer}1startCompute`), '0xe0425eed5c8dc4d34d12d61d6b8d25b1fb8ce2b7cee994e6c13d2802a99a2678')
  assert.equal(forms['the hash as 32 bytes']?.(key, hashOf(consumer, 1, 'startCompute')),
    '0x2e73b02bdb5bd77e6cdf773ab8ce6f27b762fab66b0daa136323df57b8061b773cd1e44cd0422b11ec5af379f6294d5376754a5def900bdf22cfcef5631593341b')
  assert.equal(forms['the hash as hex text']?.(key, hashOf(consumer, 1, 'startCompute')),
    '0x6b5530c59e979e818294b7d350c9ba2e0073873348afe09d17d2171e93fb0c1c50d6dc276c04e8e2a4daa0a10d8543d028ea431d8d6a671802ba9b1df69041361b')
})
