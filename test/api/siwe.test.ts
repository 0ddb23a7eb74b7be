// SPDX-License-Identifier: Apache-2.0
// Login by wallet (EIP-4361): what is accepted, every way in which it must not be, smart accounts on a real chain.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { HDNodeWallet, Mnemonic, Wallet } from 'ethers'
import { deployAccount, deployList, deployOther } from './lib/evm.ts'
import { BareNode } from './lib/node.ts'
import { BareChain, Endpoint } from './lib/rpc.ts'
import { Session, refusedAs, siweText } from './lib/session.ts'

const CHAIN = 31337
const ENDED = 'this login has ended, or began in another browser: try again'
const UNSIGNED = 'the message is not signed by the account it names'
const someone = (): Wallet => new Wallet(Wallet.createRandom().privateKey)

let chain: BareChain
let endpoint: Endpoint
let node: BareNode
let funded: HDNodeWallet
const listed = someone()
before(async () => {
  chain = await BareChain.start(CHAIN)
  endpoint = await new Endpoint(chain.url).start()
  funded = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase('test test test test test test test test test test test junk')).connect(chain.provider)
  const list = await deployList(listed.address, funded)
  node = await BareNode.start({
    RPCS: JSON.stringify({ [CHAIN]: { rpc: endpoint.url, chainId: CHAIN } }), HAS_INDEXER: 'false', ALLOWED_ADMINS: JSON.stringify([funded.address]),
    ALLOWED_ADMINS_LIST: JSON.stringify({ [CHAIN]: [list] })
  })
})
after(async () => {
  await node?.stop()
  endpoint?.stop()
  await chain?.stop()
})

describe('a wallet', () => {
  test('logs in with what the node proposes, as the same person each time', async () => {
    const who = someone()
    const s = new Session(node.url)
    const m = await s.read('/auth/siwe/nonce')
    assert.equal(m.domain, new URL(node.url).host)
    assert.equal(m.uri, `${node.url}/marketplace/`)
    assert.deepEqual([m.chainId, m.chainIds], [CHAIN, [CHAIN]])
    const a = await s.siwe(who)
    assert.equal(a.status, 200, a.text)
    assert.deepEqual({ ...a.json, id: '' }, { id: '', kind: 'wallet', name: who.address, email: '', admin: false, terms: false })
    assert.deepEqual([...s.cookies.keys()], ['atoll_session'])
    const again = await Session.wallet(node.url, who)
    assert.equal(again.person?.id, s.person?.id)
    const other = await Session.wallet(node.url, someone())
    assert.notEqual(other.person?.id, s.person?.id)
  })

  test('is an administrator\'s when it is in allowedAdmins, or in a list on a chain', async () => {
    for (const who of [funded, listed]) assert.equal((await (await Session.wallet(node.url, who)).read('/auth/authorized')).admin, true)
    const s = await Session.wallet(node.url, someone())
    refusedAs(await s.get('/auth/authorized'), 403, 'only administrators may do this')
    assert.equal((await s.read('/auth/authenticated')).admin, false)
  })

  test('may sign all that the standard allows', async () => {
    const who = someone()
    for (const change of [
      (t: string) => t, (t: string) => t.replace(/\nExpiration Time: .*/, ''), (t: string) => t.replace('\n\nLog in to the marketplace.\n', '\n\n'),
      (t: string) => `http://${t}`, (t: string) => `${t}\nNot Before: 2020-01-01T00:00:00Z`, (t: string) => `${t}\nRequest ID: 7`,
      (t: string) => `${t}\nResources:`, (t: string) => `${t}\nRequest ID: \nResources:\n- ipfs://x/\n- https://example.org/?a=b`,
      (t: string) => t.replace(who.address, who.address.toLowerCase()), (t: string) => t.replace(/URI: (.*)\/marketplace\//, 'URI: $1')
    ]) {
      const a = await new Session(node.url).siwe(who, change)
      assert.equal(a.status, 200, a.text)
    }
  })

  const wrong: Array<[title: string, change: (text: string) => string, text: RegExp]> = [
    ['another domain: phishing', (t) => t.replace(/^\S+/, 'evil.test'), /for another site/],
    ['another port', (t) => t.replace(/^127.0.0.1:\d+/, '127.0.0.1:1'), /for another site/],
    ['another scheme', (t) => `https://${t}`, /for another site/],
    ['another URI', (t) => t.replace(/URI: .*/, 'URI: http://evil.test/'), /URI is of another site/],
    ['a URI that only begins like ours', (t) => t.replace(/URI: (.*)\/marketplace\//, 'URI: $1.evil.test/'), /URI is of another site/],
    ['another chain', (t) => t.replace(/Chain ID: .*/, 'Chain ID: 1'), /chain is not one of/],
    ['an end in the past', (t) => t.replace(/Expiration Time: .*/, 'Expiration Time: 2020-01-01T00:00:00Z'), /has expired/],
    ['a beginning in the past', (t) => t.replace(/Issued At: .*/, 'Issued At: 2020-01-01T00:00:00Z').replace(/\nExpiration Time: .*/, ''), /has expired/],
    ['a beginning in the future', (t) => t.replace(/Issued At: .*/, 'Issued At: 2120-01-01T00:00:00Z'), /not valid yet/],
    ['not before next century', (t) => `${t}\nNot Before: 2120-01-01T00:00:00Z`, /not valid yet/],
    ['version 2', (t) => t.replace('Version: 1', 'Version: 2'), /version is not 1/],
    ['no nonce', (t) => t.replace(/Nonce: .*\n/, ''), /no nonce/],
    ['a short nonce', (t) => t.replace(/Nonce: .*/, 'Nonce: 1234567'), /no nonce/],
    ['no time', (t) => t.replace(/Issued At: .*\n/, ''), /when it was issued/],
    ['a time of another form', (t) => t.replace(/Issued At: .*/, 'Issued At: Wed, 25 Nov 2026 10:30:00 GMT'), /RFC 3339/],
    ['two statements', (t) => t.replace('marketplace.\n', 'marketplace.\nAnd more.\n'), /blank line stands before the URI/],
    ['letters that are no ASCII', (t) => t.replace('marketplace.', 'märketplace.'), /characters that do not belong/],
    ['a line after the end', (t) => `${t}\n`, /lines that do not belong/],
    ['lines in another order', (t) => t.replace(/(Version: 1)\n(Chain ID: .*)/, '$2\n$1'), /version is not 1/],
    ['windows line ends', (t) => t.replaceAll('\n', '\r\n'), /first line/],
    ['no address', (t) => t.replace(/0x\w+/, '0x1234'), /no address/],
    ['nothing', () => 'hello', /first line/]
  ]
  for (const [title, change, text] of wrong) {
    test(`is refused with ${title}`, async () => {
      const s = new Session(node.url)
      refusedAs(await s.siwe(someone(), change), 400, text)
      assert.equal((await s.get('/auth/authenticated')).status, 401)
    })
  }

  test('is refused with somebody else\'s signature, a damaged one, none', async () => {
    const who = someone()
    const s = new Session(node.url)
    const good = async (): Promise<{ message: string; signature: string }> => {
      const message = siweText(await s.read('/auth/siwe/nonce'), who.address)
      return { message, signature: await who.signMessage(message) }
    }
    for (const change of [
      async (m: string) => someone().signMessage(m), async () => '0x', async () => 'x', async (m: string) => who.signMessage(`${m} `),
      async () => `0x${'00'.repeat(65)}`, async () => `0x${'11'.repeat(8000)}`
    ]) {
      const { message } = await good()
      refusedAs(await s.post('/auth/siwe', { message, signature: await change(message) }), 401, UNSIGNED)
    }
    const { message, signature } = await good()
    refusedAs(await s.post('/auth/siwe', { message: message.replace('Request', 'x'), signature: `${signature.slice(0, -4)}0000` }), 401, UNSIGNED)
  })

  test('is refused with a nonce that is used, of another browser, made up', async () => {
    const who = someone()
    const s = new Session(node.url)
    const message = siweText(await s.read('/auth/siwe/nonce'), who.address)
    const body = { message, signature: await who.signMessage(message) }
    const login = s.cookie
    refusedAs(await new Session(node.url).post('/auth/siwe', body), 401, ENDED)
    const other = new Session(node.url)
    await other.read('/auth/siwe/nonce')
    refusedAs(await other.post('/auth/siwe', body), 401, ENDED)
    assert.equal((await s.post('/auth/siwe', body)).status, 200)
    refusedAs(await new Session(node.url).ask('POST', '/auth/siwe', body, { cookie: login }), 401, ENDED)
    refusedAs(await new Session(node.url).siwe(who, (t) => t.replace(/Nonce: .*/, `Nonce: ${'0'.repeat(32)}`)), 401, ENDED)
  })

  test('a nonce is used up by a wrong signature, and by one of twenty at once', async () => {
    const who = someone()
    const s = new Session(node.url)
    const first = siweText(await s.read('/auth/siwe/nonce'), who.address)
    refusedAs(await s.post('/auth/siwe', { message: first, signature: await someone().signMessage(first) }), 401, UNSIGNED)
    refusedAs(await s.post('/auth/siwe', { message: first, signature: await who.signMessage(first) }), 401, ENDED)
    const second = siweText(await s.read('/auth/siwe/nonce'), who.address)
    const body = { message: second, signature: await who.signMessage(second) }
    const cookie = s.cookie
    const all = await Promise.all(Array.from({ length: 20 }, () => new Session(node.url).ask('POST', '/auth/siwe', body, { cookie })))
    assert.deepEqual(all.map((a) => a.status).sort(), [200, ...Array<number>(19).fill(401)])
  })

  test('does not log in from pages of other hosts, nor under other names', async () => {
    const who = someone()
    const s = new Session(node.url)
    const message = siweText(await s.read('/auth/siwe/nonce'), who.address)
    const body = { message, signature: await who.signMessage(message) }
    for (const headers of [{ origin: 'http://evil.test' }, { 'sec-fetch-site': 'cross-site' }, { 'content-type': 'text/plain' }]) {
      refusedAs(await s.ask('POST', '/auth/siwe', body, headers), 403, /does not come from the page/)
    }
    refusedAs(await s.ask('POST', '/auth/siwe', body, { host: 'evil.test', origin: 'http://evil.test' }), 400, /nobody logs in under this name/)
    refusedAs(await s.ask('GET', '/auth/siwe/nonce', undefined, { host: 'evil.test' }), 400, /nobody logs in under this name/)
    assert.equal((await s.post('/auth/siwe', body)).status, 200)
  })
})

describe('a smart account (ERC-1271)', () => {
  let owner: Wallet
  let account: string
  let reverting: string
  before(async () => {
    owner = someone()
    account = await deployAccount(owner.address, funded)
    reverting = await deployOther('reverting', funded)
  })
  const as = (address: string, signer = owner): { address: string; signMessage: (t: string) => Promise<string> } =>
    ({ address, signMessage: (t) => signer.signMessage(t) })

  test('logs in by what its contract says, and is a person of its own', async () => {
    const s = await Session.wallet(node.url, as(account))
    assert.equal(s.person?.name, account)
    assert.notEqual(s.person?.id, (await Session.wallet(node.url, owner)).person?.id)
  })

  test('does not when the contract says no, reverts, is not there', async () => {
    refusedAs(await new Session(node.url).siwe(as(account, someone())), 401, UNSIGNED)
    refusedAs(await new Session(node.url).siwe(as(reverting)), 401, UNSIGNED)
    refusedAs(await new Session(node.url).siwe(as(someone().address)), 401, UNSIGNED)
  })

  test('does not while its chain is silent; ordinary wallets do', async () => {
    endpoint.mood = 'gone'
    try {
      refusedAs(await new Session(node.url).siwe(as(account)), 401, UNSIGNED)
      assert.equal((await new Session(node.url).siwe(someone())).status, 200)
    } finally {
      endpoint.mood = 'good'
    }
  })
})
