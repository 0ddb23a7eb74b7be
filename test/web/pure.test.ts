// SPDX-License-Identifier: Apache-2.0
// What the page computes by itself, against ethers: amounts, addresses, the message to sign in, calls of contracts.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Interface, formatUnits, getAddress, hexlify, id, keccak256 as theirs, parseUnits as parseTheirs, randomBytes } from 'ethers'
import { ago, bytes, parseUnits, sentence, span, units } from '../../web/src/format.ts'
import { checksum, keccak256 } from '../../web/src/keccak.ts'
import { message } from '../../web/src/wallet.ts'

const random = (n: number): bigint => BigInt(hexlify(randomBytes(n)))

describe('amounts', () => {
  test('are written as ethers writes them, with all digits', () => {
    for (let i = 0; i < 500; i++) {
      const amount = random(1 + i % 20)
      const decimals = i % 19
      const ours = units(amount, decimals, decimals).replace(/\s/g, '')
      assert.equal(ours, formatUnits(amount, decimals).replace(/\.0$/, ''), `${amount} ${decimals}`)
    }
  })

  test('are never shown as more than they are, and small ones never as nothing', () => {
    assert.equal(units(1_999_999_999_999_999_999n, 18), '1.999999')
    assert.equal(units(1n, 18), '0.000000000000000001')
    assert.equal(units(123_456_789n * 10n ** 18n, 18).replace(/\s/g, ' '), '123 456 789')
    assert.equal(units(-1_500_000n, 6), '−1.5')
    assert.equal(units(0n, 18), '0')
    assert.equal(units(7n, 0), '7')
  })

  test('that are typed are read as ethers reads them, or refused', () => {
    for (let i = 0; i < 500; i++) {
      const text = formatUnits(random(1 + i % 12), 18)
      assert.equal(parseUnits(text, 18), parseTheirs(text, 18), text)
    }
    assert.equal(parseUnits('1,5', 18), 1_500_000_000_000_000_000n)
    assert.equal(parseUnits('0.1', 6), 100_000n)
    for (const text of ['', '-1', '1e18', '0x10', '1.2.3', '.5', 'NaN', 'Infinity', '0.1234567', '9'.repeat(31)]) assert.equal(parseUnits(text, 6), null, text)
  })
})

test('times and sizes read well', () => {
  assert.equal(ago(1000 + 3 * 86_400_000, 1000), 'in 3 days')
  assert.equal(ago(0, 90_000), '1 minute ago')
  assert.equal(span(5400), '1 hour 30 minutes')
  assert.equal(span(3600), '1 hour')
  assert.equal(bytes(1536), '1.5 KiB')
  assert.equal(bytes(0), '0 B')
})

test('keccak and checksums of addresses', () => {
  for (let i = 0; i < 200; i++) {
    const data = randomBytes(1 + i % 135)
    assert.equal(hexlify(keccak256(data)), theirs(data))
    const address = hexlify(randomBytes(20))
    assert.equal(checksum(address), getAddress(address))
  }
})

test('the message to sign in has the lines of EIP-4361', () => {
  const text = message('0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1', {
    nonce: 'ab12cd34ef', domain: 'market.example.org', uri: 'https://market.example.org/marketplace/', chainId: 8996, statement: 'Log in.',
    issuedAt: '2026-01-01T00:00:00.000Z', expirationTime: '2026-01-01T00:05:00.000Z'
  })
  assert.equal(text, `market.example.org wants you to sign in with your Ethereum account:
0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1

Log in.

URI: https://market.example.org/marketplace/
Version: 1
Chain ID: 8996
Nonce: ab12cd34ef
Issued At: 2026-01-01T00:00:00.000Z
Expiration Time: 2026-01-01T00:05:00.000Z`)
})

test('the selectors of the three transactions are those of the contracts', () => {
  const source = readFileSync(new URL('../../web/src/wallet.ts', import.meta.url), 'utf8')
  const escrow = JSON.parse(readFileSync(new URL('../../devnet/node_modules/@oceanprotocol/contracts/artifacts/contracts/escrow/Escrow.sol/Escrow.json', import.meta.url), 'utf8')) as { abi: [] }
  const abi = new Interface(escrow.abi)
  for (const selector of [abi.getFunction('deposit')!.selector, abi.getFunction('authorize')!.selector, id('approve(address,uint256)').slice(0, 10)])
    assert.ok(source.includes(`'${selector}'`), selector)
})

test('what the node says is a sentence; a name at its start stays as it is', () => {
  assert.equal(sentence('the pool is empty'), 'The pool is empty.')
  assert.equal(sentence('container web ended with status 7. \n'), 'Container web ended with status 7.')
  assert.equal(sentence('www.example.org has no TXT record yet'), 'www.example.org has no TXT record yet.')
  assert.equal(sentence('stopped, its pool is empty!'), 'Stopped, its pool is empty!')
  assert.equal(sentence(''), '')
})
