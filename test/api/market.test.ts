// SPDX-License-Identifier: Apache-2.0
// Datatokens, the market and the escrow by the client verbs, against the contracts themselves.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FixedRateExchange } from '@oceanprotocol/lib'
import { Contract, Wallet, parseUnits, type HDNodeWallet } from 'ethers'
import { Chain, atoll } from './lib/chain.ts'
import { run } from './lib/process.ts'

const dir = mkdtempSync(join(tmpdir(), 'atoll-test-'))
const one = 10n ** 18n
let chain: Chain
let alice: HDNodeWallet
let bob: HDNodeWallet

before(async () => {
  chain = await Chain.start(dir)
  alice = chain.account(1)
  bob = chain.account(2)
})
after(async () => {
  assert.equal(await chain.stop(), 0)
  rmSync(dir, { recursive: true, force: true })
})

interface Answer { status: number | string; output: string; value: Record<string, any> }

async function as(who: HDNodeWallet | Wallet | null, ...args: string[]): Promise<Answer> {
  const env = { PATH: process.env.PATH, RPC: chain.url, ADDRESS_FILE: chain.addressFile, ...(who ? { PRIVATE_KEY: who.privateKey } : {}) }
  const { status, output } = await run(atoll, args, env)
  const line = output.trim().split('\n').find((l) => l.startsWith('{'))
  return { status, output, value: line ? JSON.parse(line) as Record<string, any> : {} }
}

async function done(who: HDNodeWallet | Wallet, ...args: string[]): Promise<Record<string, any>> {
  const r = await as(who, ...args)
  assert.equal(r.status, 0, r.output)
  return r.value
}

async function refused(who: HDNodeWallet | Wallet | null, text: RegExp, ...args: string[]): Promise<void> {
  const r = await as(who, ...args)
  assert.equal(r.status, 1, r.output)
  assert.match(r.output, text)
}

const newToken = async (): Promise<string> => String((await done(alice, 'datatoken', 'create', 'A token', 'TOK')).datatoken)
const exchange = (): FixedRateExchange => new FixedRateExchange(String(chain.addresses.FixedPrice), alice)
const supply = (token: string): Promise<bigint> =>
  new Contract(token, ['function totalSupply() view returns (uint256)'], chain.provider).getFunction('totalSupply')() as Promise<bigint>

describe('the market sells what its owner approved', () => {
  let token: string
  let id: string

  test('approved first, then offered: that much is for sale, and nothing was made up', async () => {
    token = await newToken()
    await done(alice, 'datatoken', 'mint', token, '100')
    await done(alice, 'datatoken', 'approve', token, 'market', '20')
    const offer = await done(alice, 'market', 'offer', token, '2.5')
    id = String(offer.exchangeId)
    assert.equal(offer.availableWei, String(20n * one))
    assert.equal(await supply(token), 100n * one)
    assert.equal(await chain.balance(token, alice.address), 80n * one)
    const x = await exchange().getExchange(id)
    assert.equal(Number(x.fixedRate), 2.5)
    assert.equal(x.active, true)
    assert.equal(Number(x.dtSupply), 20)
  })
  test('the exchange can mint no more, and everybody may trade', async () => {
    const t = new Contract(token, ['function isMinter(address) view returns (bool)'], chain.provider)
    assert.equal(await t.getFunction('isMinter')(chain.addresses.FixedPrice), false)
    assert.equal(BigInt(await exchange().getAllowedSwapper(id)), 0n)
  })
  test('price and purchase agree to the wei', async () => {
    const price = await done(bob, 'market', 'price', token, '3')
    const before = await chain.balance(chain.ocean, bob.address)
    await done(bob, 'market', 'buy', token, '3')
    assert.equal(before - await chain.balance(chain.ocean, bob.address), BigInt(price.priceWei as string))
    assert.equal(await chain.balance(token, bob.address), 3n * one)
  })
  test('more than there is cannot be bought', () => refused(bob, /Only 17\.0 of 18 datatokens are for sale/, 'market', 'buy', token, '18'))
  test('approving another amount makes exactly that available, up and down', async () => {
    assert.equal((await done(alice, 'datatoken', 'approve', token, 'market', '30')).forSale, true)
    assert.equal((await done(bob, 'market', 'price', token)).availableWei, String(30n * one))
    await done(alice, 'datatoken', 'approve', token, 'market', '4.5')
    assert.equal((await done(bob, 'market', 'price', token)).availableWei, String(45n * one / 10n))
    assert.equal(await supply(token), 100n * one)
    assert.equal(Number((await exchange().getExchange(id)).fixedRate), 2.5)
  })
  test('a new price changes the price and nothing else', async () => {
    const offer = await done(alice, 'market', 'offer', token, '7')
    assert.equal(offer.availableWei, String(45n * one / 10n))
    assert.equal(Number((await exchange().getExchange(id)).fixedRate), 7)
  })
  test('nobody else can change the offer', () => refused(bob, /belongs to somebody else/, 'market', 'offer', token, '1'))
  test('an offer that was interrupted is not touched by an approval, and is finished by the next offer', async () => {
    const x = new Contract(String(chain.addresses.FixedPrice), ['function setAllowedSwapper(bytes32,address)', 'function setRate(bytes32,uint256)'], alice)
    await (await x.getFunction('setAllowedSwapper')(id, alice.address)).wait()
    await (await x.getFunction('setRate')(id, 10n ** 10n)).wait()
    await refused(bob, /not allowed to swap/, 'market', 'buy', token, '1')
    await refused(alice, /run `atoll market offer` again/, 'datatoken', 'approve', token, 'market', '5')
    await done(alice, 'market', 'offer', token, '3')
    assert.equal(Number((await exchange().getExchange(id)).fixedRate), 3)
    await done(bob, 'market', 'buy', token, '1')
  })
  test('a currency with six decimals', async () => {
    const usdc = String(chain.addresses.MockUSDC)
    const other = await newToken()
    await done(alice, 'datatoken', 'mint', other, '10')
    await done(alice, 'datatoken', 'approve', other, 'market', '10')
    await done(alice, 'market', 'offer', other, '1.5', '--currency', usdc)
    const before = await chain.balance(usdc, bob.address)
    await done(bob, 'market', 'buy', other, '10')
    const paid = before - await chain.balance(usdc, bob.address)
    assert.ok(paid >= parseUnits('15', 6) && paid <= parseUnits('15.1', 6), String(paid))
    assert.equal(await chain.balance(other, alice.address), 0n)
  })
})

describe('what is refused, and how it is said', () => {
  test('an address that is no datatoken', () =>
    refused(alice, /is not a datatoken of this chain's factory/, 'datatoken', 'mint', chain.ocean, '1'))
  test('an address that is none', () => refused(alice, /"datatoken" is not a valid web3 address/, 'datatoken', 'mint', '0x12', '1'))
  test('amounts that are none', async () => {
    const token = await newToken()
    for (const amount of ['0', '-1', '1e3', '0.0000000000000000001', 'ten', '']) {
      await refused(alice, /is not an amount above zero|argument/, 'datatoken', 'mint', token, amount)
    }
  })
  test('a token that nobody offers', async () => refused(bob, /is not for sale/, 'market', 'price', await newToken()))
  test('too little money is named with both figures', async () => {
    const token = await newToken()
    await done(alice, 'datatoken', 'mint', token, '5')
    await done(alice, 'datatoken', 'approve', token, 'market', '5')
    await done(alice, 'market', 'offer', token, '1')
    const poor = await chain.newAccount()
    await refused(poor, /has 0\.0 OCEAN, but 2\.002 OCEAN is needed/, 'market', 'buy', token, '2')
  })
  test('no native coin for gas', async () => {
    const broke = new Wallet(Wallet.createRandom().privateKey, chain.provider)
    const r = await as(broke, 'datatoken', 'create', 'X token')
    assert.equal(r.status, 1)
    assert.match(r.output, /native coin|gas|insufficient funds/i)
  })
  test('no key', () => refused(null, /No private key/, 'datatoken', 'create', 'X token'))
  test('no chain', async () => {
    const { status, output } = await run(atoll, ['datatoken', 'balance', 'ocean'], { PATH: process.env.PATH, RPC: 'http://127.0.0.1:1', ADDRESS_FILE: chain.addressFile, PRIVATE_KEY: alice.privateKey })
    assert.equal(status, 1)
    assert.match(output, /127\.0\.0\.1:1/)
  })
})

describe('the escrow, from the payer\'s side', () => {
  const escrow = (): string => String(chain.addresses.Escrow)

  test('deposit, funds, withdraw', async () => {
    const before = await chain.balance(chain.ocean, bob.address)
    await done(bob, 'escrow', 'deposit', 'ocean', '12.5')
    const funds = await done(bob, 'escrow', 'funds', 'ocean')
    assert.equal(funds.availableWei, String(125n * one / 10n))
    assert.equal(funds.lockedWei, '0')
    await refused(bob, /Only 12\.5 of it is available/, 'escrow', 'withdraw', 'ocean', '13')
    await done(bob, 'escrow', 'withdraw', 'ocean', '12.5')
    assert.equal(await chain.balance(chain.ocean, bob.address), before)
  })
  test('an authorisation is what the contract says', async () => {
    await done(bob, 'escrow', 'authorize', 'ocean', alice.address, '3', '--seconds', '600', '--locks', '2')
    const c = new Contract(escrow(), ['function getAuthorizations(address,address,address) view returns (tuple(address payee,uint256 maxLockedAmount,uint256 currentLockedAmount,uint256 maxLockSeconds,uint256 maxLockCounts,uint256 currentLocks)[])'], chain.provider)
    const [a] = await c.getFunction('getAuthorizations')(chain.ocean, bob.address, alice.address) as Array<Record<string, bigint>>
    assert.equal(a?.maxLockedAmount, 3n * one)
    assert.equal(a?.maxLockSeconds, 600n)
    assert.equal(a?.maxLockCounts, 2n)
  })
})

test('a wallet\'s key file opens with its password and with no other', async () => {
  const file = join(dir, 'key.json')
  writeFileSync(file, await bob.encrypt('right'))
  const env = { PATH: process.env.PATH, RPC: chain.url, ADDRESS_FILE: chain.addressFile }
  const good = await run(atoll, ['datatoken', 'balance', 'ocean', '--get', 'account', '--key-file', file], { ...env, KEY_PASSWORD: 'right' })
  assert.equal(good.output.trim(), bob.address)
  const bad = await run(atoll, ['datatoken', 'balance', 'ocean', '--key-file', file], { ...env, KEY_PASSWORD: 'wrong' })
  assert.equal(bad.status, 1)
  assert.match(bad.output, /password is wrong/)
})
