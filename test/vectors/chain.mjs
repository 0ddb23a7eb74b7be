// SPDX-License-Identifier: Apache-2.0
// Vectors of src/chain, made with ethers: tab-separated lines "kind<TAB>fields".
// Run in a folder that has ethers installed:  node chain.mjs > test/unit/vectors/chain.tsv
import { createRequire } from 'node:module'
import { createHash } from 'node:crypto'

const require = createRequire(process.cwd() + '/')
const { AbiCoder, Transaction, Wallet, encodeRlp, formatUnits, parseUnits, getCreateAddress, hexlify, id } =
  require('ethers')

// A generator with a seed, so that the file does not change from run to run.
let drawn = 0
let pool = Buffer.alloc(0)
function bytes (n) {
  while (pool.length < n) pool = Buffer.concat([pool, createHash('sha256').update(`atoll ${drawn++}`).digest()])
  const out = pool.subarray(0, n)
  pool = pool.subarray(n)
  return out
}
const below = (n) => bytes(6).readUIntBE(0, 6) % n
const pick = (list) => list[below(list.length)]
const big = (n) => BigInt('0x' + (n ? bytes(n).toString('hex') : '0'))
const line = (...fields) => console.log(fields.join('\t'))
const MAX = (1n << 256n) - 1n

const edges = [0n, 1n, 9n, 10n, 255n, 1n << 63n, (1n << 64n) - 1n, 1n << 64n, 10n ** 18n, 10n ** 19n, 10n ** 38n,
  10n ** 77n, 1n << 128n, 1n << 255n, MAX - 1n, MAX]
const number = () => below(4) ? big(below(33)) : pick(edges)
const orNone = (v) => v >= 0n && v <= MAX ? v.toString() : '-'

for (let i = 0; i < 400; i++) {
  const a = number()
  const b = number()
  line('u256', a, b, '0x' + a.toString(16), orNone(a + b), orNone(a - b), orNone(a * b),
    b ? a / b : '-', b ? a % b : '-', a < b ? -1 : a > b ? 1 : 0)
}
for (const [text, decimals] of [['1.5', 18], ['0', 18], ['1', 0], ['1.0', 0], ['1.', 6], ['.5', 6], ['0.000001', 6],
  ['0.0000010', 6], ['0.0000001', 6], ['1.23456789', 6], ['', 18], ['.', 18], ['-1', 18], ['1e3', 18], ['1,5', 18],
  [' 1', 18], ['1.2.3', 18], ['115792089237316195423570985008687907853269984665640564039457.584007913129639935', 18],
  ['115792089237316195423570985008687907853269984665640564039457.584007913129639936', 18]]) {
  let v = '-'
  try { v = parseUnits(text, decimals) } catch {}
  line('parse', text, decimals, v === '-' || v < 0n || v > MAX ? '-' : v)
}
for (let i = 0; i < 100; i++) {
  const v = number()
  const d = pick([0, 1, 6, 8, 18, 24])
  line('units', v, d, formatUnits(v, d))
}

function rlpItem (depth) {
  if (depth && below(2)) return Array.from({ length: below(5) }, () => rlpItem(depth - 1))
  return hexlify(bytes(pick([0, 1, 1, 2, 20, 32, 54, 55, 56, 57, 255, 256, 300])))
}
for (const item of ['0x', '0x00', '0x7f', '0x80', [], [[]], ['0x', []]]) line('rlp', JSON.stringify(item), encodeRlp(item))
for (let i = 0; i < 60; i++) {
  const item = rlpItem(4)
  line('rlp', JSON.stringify(item), encodeRlp(item))
}

function abiType (depth) {
  const kind = below(depth ? 12 : 8)
  if (kind === 0) return 'address'
  if (kind === 1) return 'bool'
  if (kind === 2) return 'string'
  if (kind === 3) return 'bytes'
  if (kind === 4) return 'bytes' + (1 + below(32))
  if (kind < 7) return 'uint' + 8 * (1 + below(32))
  if (kind === 7) return 'int' + 8 * (1 + below(32))
  if (kind === 8) return abiType(depth - 1) + '[]'
  if (kind === 9) return abiType(depth - 1) + `[${1 + below(3)}]`
  return '(' + Array.from({ length: 1 + below(4) }, () => abiType(depth - 1)).join(',') + ')'
}
function members (text) {
  const out = []
  let level = 0
  let from = 1
  for (let i = 1; i < text.length; i++) {
    if (level === 0 && (text[i] === ',' || i === text.length - 1)) {
      if (i > from) out.push(text.slice(from, i))
      from = i + 1
    }
    level += text[i] === '(' ? 1 : text[i] === ')' ? -1 : 0
  }
  return out
}
// A value for ethers, and the text that the C test prints for it.
function abiValue (type) {
  const array = type.match(/^(.*)\[(\d*)\]$/)
  if (array) {
    const list = Array.from({ length: array[2] === '' ? below(4) : +array[2] }, () => abiValue(array[1]))
    return [list.map((v) => v[0]), '[' + list.map((v) => v[1]).join(',') + ']']
  }
  if (type[0] === '(') {
    const list = members(type).map(abiValue)
    return [list.map((v) => v[0]), '[' + list.map((v) => v[1]).join(',') + ']']
  }
  if (type === 'address') { const v = hexlify(bytes(20)); return [v, v] }
  if (type === 'bool') { const v = !!below(2); return [v, v ? '1' : '0'] }
  if (type === 'string') { const v = 'é𝒳"\n'.repeat(below(12)); return [v, hexlify(Buffer.from(v))] }
  if (type.startsWith('bytes')) {
    const v = hexlify(bytes(type === 'bytes' ? below(100) : +type.slice(5)))
    return [v, v]
  }
  const bits = +type.replace(/\D/g, '')
  const v = BigInt.asUintN(bits, number())
  if (type[0] === 'u') return [v, v.toString()]
  const signed = BigInt.asIntN(bits, v)
  return [signed, BigInt.asUintN(256, signed).toString()]
}
for (let i = 0; i < 300; i++) {
  const type = '(' + Array.from({ length: below(5) }, () => abiType(3)).join(',') + ')'
  const [value, text] = abiValue(type)
  line('abi', type, text, AbiCoder.defaultAbiCoder().encode(members(type), value))
}
for (const s of ['transfer(address,uint256)', 'startOrder(address,uint256,(address,address,uint256))', 'name()']) {
  line('topic', s, id(s))
}

for (let i = 0; i < 60; i++) {
  const wallet = new Wallet(hexlify(bytes(32)))
  const type = pick([0, 2, 2])
  const tx = { type, chainId: pick([1n, 137n, 8996n, 11155111n]), nonce: pick([0, 1, 127, 128, 70000]),
    gasLimit: big(4), to: below(8) ? hexlify(bytes(20)) : null, value: below(3) ? big(below(12)) : 0n,
    data: hexlify(bytes(pick([0, 1, 4, 68, 300]))) }
  const price = big(5)
  const priority = price / 3n
  if (type === 2) Object.assign(tx, { maxFeePerGas: price, maxPriorityFeePerGas: priority })
  else tx.gasPrice = price
  const raw = await wallet.signTransaction(tx)
  line('tx', wallet.privateKey, type, tx.chainId, tx.nonce, tx.gasLimit, priority, price, tx.to ?? '-', tx.value,
    tx.data, raw, Transaction.from(raw).hash)
}
for (const nonce of [0, 1, 127, 128, 255, 256, 70000]) {
  const from = hexlify(bytes(20))
  line('create', from, nonce, getCreateAddress({ from, nonce }).toLowerCase())
}
