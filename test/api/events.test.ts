// SPDX-License-Identifier: Apache-2.0
// Escrow events and access lists, as the index saw them on the chain.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AccessListContract, AccesslistFactory, EscrowContract } from '@oceanprotocol/lib'
import { World } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { http, post, type Reply } from './lib/http.ts'
import { until } from './lib/process.ts'

let w: World
before(async () => { w = await World.start({ compute: false }) })
after(async () => { await w.stop() })

const get = (path: string): Promise<Reply> => http(`${w.url}/api/services/${path}`)
const list = async (path: string): Promise<any[]> => {
  const r = await get(path)
  assert.equal(r.status, 200, r.text)
  assert.match(r.headers.get('content-type') ?? '', /application\/json/)
  return JSON.parse(r.text) as any[]
}
const command = (body: Record<string, unknown>): Promise<Reply> => post(`${w.url}/directCommand`, body)
const refused = async (reply: Promise<Reply>, status: number, text: string): Promise<void> => {
  const r = await reply
  assert.deepEqual([r.status, r.text], [status, text])
}

describe('escrow events', () => {
  let escrow: EscrowContract
  before(async () => {
    const address = String(w.chain.addresses.Escrow)
    await (await w.chain.erc20(w.chain.ocean, w.chain.account(0)).getFunction('transfer')(w.consumer.address, 10n ** 19n)).wait()
    await (await w.chain.erc20(w.chain.ocean, w.consumer).getFunction('approve')(address, 10n ** 19n)).wait()
    escrow = new EscrowContract(address, w.consumer, CHAIN)
    await escrow.deposit(w.chain.ocean, '3')
    await escrow.authorize(w.chain.ocean, w.wallet.address, '2', '600', '5')
    await escrow.withdraw([w.chain.ocean], ['1'])
    await until('three events', async () => (await list('escrow/events')).length === 3)
  })

  test('come newest first, each with what its type has', async () => {
    const all = await list('escrow/events')
    assert.deepEqual(all.map((e) => e.eventType), ['Withdraw', 'Auth', 'Deposit'])
    const [, auth, deposit] = all
    assert.equal(deposit.payer.toLowerCase(), w.consumer.address.toLowerCase())
    assert.equal(deposit.token.toLowerCase(), w.chain.ocean.toLowerCase())
    assert.equal(deposit.amount, String(3n * 10n ** 18n))
    assert.equal(deposit.chainId, CHAIN)
    assert.equal(deposit.contract.toLowerCase(), String(w.chain.addresses.Escrow).toLowerCase())
    assert.match(deposit.id, new RegExp(`^${deposit.txHash}-\\d+$`))
    assert.equal(typeof deposit.block, 'number')
    assert.equal(auth.payee.toLowerCase(), w.wallet.address.toLowerCase())
    // ocean.js takes all three numbers for amounts of the token
    assert.equal(auth.maxLockedAmount, String(2n * 10n ** 18n))
    assert.equal(auth.maxLockSeconds, String(600n * 10n ** 18n))
    assert.equal(auth.maxLockCounts, String(5n * 10n ** 18n))
  })

  test('are filtered, in any letter case, and paged', async () => {
    const types = async (query: string): Promise<string[]> => (await list(`escrow/events?${query}`)).map((e) => e.eventType)
    const [newest] = await list('escrow/events')
    assert.deepEqual(await types('eventType=Auth'), ['Auth'])
    assert.deepEqual(await types(`payee=${w.wallet.address}`), ['Auth'])
    assert.deepEqual(await types(`payer=${w.consumer.address.toUpperCase().replace('0X', '0x')}&token=${w.chain.ocean}`),
      ['Withdraw', 'Deposit'])
    assert.deepEqual(await types(`txId=${newest.txHash}`), ['Withdraw'])
    assert.deepEqual(await types(`payer=${w.stranger.address}`), [])
    assert.deepEqual(await types(`chainId=${CHAIN}&offset=1&size=1`), ['Auth'])
    assert.deepEqual(await types('chainId=1'), [])
    assert.deepEqual(await types('jobId=1'), [])
    assert.equal((await types('size=100000')).length, 3)
  })

  test('the command answers the same', async () => {
    const r = await command({ command: 'getEscrowEvents', chainId: CHAIN, eventType: 'Deposit' })
    assert.deepEqual(JSON.parse(r.text), await list('escrow/events?eventType=Deposit'))
  })

  test('bad input', async () => {
    await refused(get('escrow/events?chainId=x'), 400, 'chainId must be a number')
    await refused(get('escrow/events?eventType=lock'), 400,
      'eventType must be one of: Auth, Lock, Claimed, Canceled, Deposit, Withdraw')
    assert.equal((await get('escrow/events?size=-1')).status, 400)
    assert.equal((await get('escrow/events?offset=-1')).status, 400)
    assert.equal((await get('escrow/events?offset=x')).status, 400)
  })
})

describe('access lists', () => {
  let contract: string
  before(async () => {
    const factory = new AccesslistFactory(String(w.chain.addresses.AccessListFactory), w.publisher, CHAIN)
    contract = await factory.deployAccessListContract('Friends', 'FRI', ['one'], false, w.publisher.address, [w.consumer.address])
    await until('the list', async () => (await list(`accesslists?wallet=${w.consumer.address}`)).length)
  })

  test('one list', async () => {
    const r = await get(`accesslists/${CHAIN}/${contract}`)
    assert.equal(r.status, 200, r.text)
    const one = JSON.parse(r.text)
    assert.equal(one.contractAddress, contract.toLowerCase())
    assert.deepEqual([one.chainId, one.name, one.symbol, one.transferable], [CHAIN, 'Friends', 'FRI', false])
    assert.deepEqual(one.users.map((u: any) => [u.wallet.toLowerCase(), typeof u.tokenId, typeof u.block]),
      [[w.consumer.address.toLowerCase(), 'number', 'number']])
    assert.match(one.users[0].txId, /^0x[0-9a-f]{64}$/)
    assert.match(one.deploymentTxId, /^0x[0-9a-f]{64}$/)
    const same = await command({ command: 'getAccessList', chainId: CHAIN, contractAddress: contract })
    assert.deepEqual(JSON.parse(same.text), one)
    const found = await command({ command: 'searchAccessList', wallet: w.consumer.address, chainId: CHAIN })
    assert.deepEqual(JSON.parse(found.text), [one])
  })

  test('follow who comes and goes', async () => {
    const access = new AccessListContract(contract, w.publisher, CHAIN)
    const wallet = w.stranger.address
    assert.deepEqual(await list(`accesslists?wallet=${wallet}`), [])
    await access.mint(wallet, 'two')
    const [found] = await until('the new member', async () => {
      const lists = await list(`accesslists?wallet=${wallet.toLowerCase()}&chainId=${CHAIN}`)
      return lists.length ? lists : null
    })
    assert.equal(found.users.length, 2)
    assert.deepEqual(await list(`accesslists?wallet=${wallet}&chainId=1`), [])
    const { tokenId } = found.users.find((u: any) => u.wallet.toLowerCase() === wallet.toLowerCase())
    await access.burn(tokenId)
    await until('the member has left', async () => (await list(`accesslists?wallet=${wallet}`)).length === 0)
  })

  test('bad input', async () => {
    await refused(get('accesslists'), 400, 'Missing required query param: wallet')
    await refused(get('accesslists?wallet=0x12'), 400, 'Invalid wallet address')
    await refused(get(`accesslists?wallet=${w.consumer.address}&chainId=x`), 400, 'chainId must be a number')
    await refused(get(`accesslists/x/${contract}`), 400, 'chainId must be a number')
    await refused(get(`accesslists/${CHAIN}/${w.chain.ocean}`), 404, 'AccessList not found')
    await refused(get(`accesslists/1/${contract}`), 404, 'AccessList not found')
    await refused(get(`accesslists/${CHAIN}/0x12`), 400, 'Parameter : "contractAddress" is not a valid web3 address')
    await refused(command({ command: 'searchAccessList' }), 400,
      'Missing one ( "wallet" ) or more required field(s) for command: "searchAccessList". Required fields: wallet')
  })
})
