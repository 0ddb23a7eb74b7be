// SPDX-License-Identifier: Apache-2.0
// atoll devnet: a chain of one's own with Ocean's contracts.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { NftFactory } from '@oceanprotocol/lib'
import { CHAIN, Chain, atoll } from './lib/chain.ts'
import { run } from './lib/process.ts'

const dir = mkdtempSync(join(tmpdir(), 'atoll-test-'))
after(() => rmSync(dir, { recursive: true, force: true }))

const names = ['Ocean', 'Router', 'FixedPrice', 'ERC721Factory', 'Dispenser', 'Escrow', 'BatchPayments',
  'AccessListFactory', 'OPFCommunityFeeCollector', 'MockDAI', 'MockUSDC']

test('it is ready within 3 s, with contracts and money, and keeps its state', async () => {
  const asked = Date.now()
  let chain = await Chain.start(dir)
  const took = Date.now() - asked
  assert.ok(took < 3000, `ready after ${took} ms`)
  assert.equal((await chain.provider.getNetwork()).chainId, BigInt(CHAIN))
  assert.equal(chain.addresses.chainId, CHAIN)
  for (const name of names) {
    const address = String(chain.addresses[name])
    assert.notEqual(await chain.provider.getCode(address), '0x', `${name} ${address} has no code`)
  }
  const templates = await new NftFactory(String(chain.addresses.ERC721Factory), chain.account(0), CHAIN)
    .getCurrentTokenTemplateCount()
  assert.equal(Number(templates), 4)
  for (let i = 0; i < 10; i++) {
    assert.ok(await chain.balance(chain.ocean, chain.account(i).address) >= 10n ** 21n, `account ${i}`)
  }

  const someone = chain.account(5).address
  const before = await chain.balance(chain.ocean, someone)
  await (await chain.erc20(chain.ocean, chain.account(1)).getFunction('transfer')(someone, 7n)).wait()
  assert.equal(await chain.stop(), 0)
  chain = await Chain.start(dir)
  assert.equal(await chain.balance(chain.ocean, someone), before + 7n)
  assert.equal(await chain.stop(), 0)
})

test('a port that is taken is named', async () => {
  const chain = await Chain.start(join(dir, 'taken'))
  const port = new URL(chain.url).port
  const r = await run(atoll, ['devnet', '--port', port])
  assert.notEqual(r.status, 0)
  assert.match(r.output, new RegExp(`port ${port} is taken`))
  assert.equal(await chain.stop(), 0)
})

test('wrong options are refused', async () => {
  for (const args of [['--port', 'x'], ['--port', '0'], ['--nonsense'], ['--block-time', '-1']]) {
    const r = await run(atoll, ['devnet', '--data', join(dir, 'none'), ...args])
    assert.notEqual(r.status, 0, args.join(' '))
    assert.match(r.output, /--/)
  }
})

test('a chain that mines by itself', async () => {
  const chain = await Chain.start(join(dir, 'slow'), ['--block-time', '1'])
  const first = await chain.provider.getBlockNumber()
  await new Promise((resolve) => setTimeout(resolve, 2500))
  assert.ok(await chain.provider.getBlockNumber() > first)
  assert.equal(await chain.stop(), 0)
})
