// SPDX-License-Identifier: Apache-2.0
// EIP-712 digests and key files, made with ethers: typed<TAB>json<TAB>digest, key<TAB>json<TAB>password<TAB>key
// Run in a folder that has ethers installed:  node typed.mjs > test/unit/vectors/typed.tsv
import { createRequire } from 'node:module'
import { pbkdf2Sync, createCipheriv, createHash } from 'node:crypto'

const require = createRequire(process.cwd() + '/')
const { TypedDataEncoder, Wallet, encryptKeystoreJsonSync, keccak256, getBytes } = require('ethers')

const mail = {
  Person: [{ name: 'name', type: 'string' }, { name: 'wallet', type: 'address' }],
  Mail: [{ name: 'from', type: 'Person' }, { name: 'to', type: 'Person[]' }, { name: 'contents', type: 'string' },
    { name: 'tags', type: 'bytes4[2][]' }]
}
const cow = { name: 'Cow', wallet: '0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826' }
const bob = { name: 'Bob é𝒳', wallet: '0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB' }
const all = {
  Zed: [{ name: 'a', type: 'Alpha' }],
  Alpha: [{ name: 'u8', type: 'uint8' }, { name: 'i8', type: 'int8' }, { name: 'i256', type: 'int256' },
    { name: 'u256', type: 'uint256' }, { name: 'yes', type: 'bool' }, { name: 'raw', type: 'bytes' },
    { name: 'b32', type: 'bytes32' }, { name: 'grid', type: 'uint16[][2]' }],
  Outer: [{ name: 'z', type: 'Zed[]' }, { name: 'first', type: 'Alpha' }]
}
const alpha = { u8: 255, i8: -128, i256: '-57896044618658097711785492504343953926634992332820282019728792003956564819968',
  u256: '0x' + 'f'.repeat(64), yes: true, raw: '0x00ff', b32: '0x' + '12'.repeat(32), grid: [[1, 2], []] }
const cases = [
  [{ name: 'Ether Mail', version: '1', chainId: 1, verifyingContract: '0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC' },
    mail, 'Mail', { from: cow, to: [bob, cow], contents: 'Hello, Bob!', tags: [['0x01020304', '0xffffffff']] }],
  [{ name: 'x' }, mail, 'Person', bob],
  [{ version: '2', salt: '0x' + 'ab'.repeat(32), chainId: '8996' }, mail, 'Mail',
    { from: cow, to: [], contents: '', tags: [] }],
  [{}, all, 'Outer', { z: [{ a: alpha }, { a: { ...alpha, u8: 0, i8: 127, yes: false } }], first: { ...alpha, i256: 5 } }]
]
for (const [domain, types, primaryType, message] of cases) {
  const used = {}
  const visit = (name) => {
    if (used[name] || !types[name]) return
    used[name] = types[name]
    for (const m of types[name]) visit(m.type.replace(/\[.*/, ''))
  }
  visit(primaryType)
  console.log(['typed', JSON.stringify({ types: used, primaryType, domain, message }),
    TypedDataEncoder.hash(domain, used, message)].join('\t'))
}

const key = '0x' + createHash('sha256').update('atoll key').digest('hex')
const account = { address: new Wallet(key).address, privateKey: key }
const fixed = { iv: '0x' + '0a'.repeat(16), salt: '0x' + '0b'.repeat(32), uuid: '0x' + '0c'.repeat(16) }
console.log(['key', encryptKeystoreJsonSync(account, 'pass wörd', { scrypt: { N: 1024, r: 8, p: 1 }, ...fixed }),
  'pass wörd', key].join('\t'))
console.log(['key', encryptKeystoreJsonSync(account, '', { scrypt: { N: 2, r: 1, p: 3 }, ...fixed }), '', key].join('\t'))
const derived = pbkdf2Sync('secret', Buffer.alloc(32, 7), 4096, 32, 'sha256')
const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), Buffer.alloc(16, 9))
const text = Buffer.concat([cipher.update(getBytes(key)), cipher.final()])
console.log(['key', JSON.stringify({ version: 3, crypto: { cipher: 'aes-128-ctr', ciphertext: text.toString('hex'),
  cipherparams: { iv: '09'.repeat(16) }, kdf: 'pbkdf2', kdfparams: { c: 4096, dklen: 32, prf: 'hmac-sha256', salt: '07'.repeat(32) },
  mac: keccak256(Buffer.concat([derived.subarray(16), text])).slice(2) } }), 'secret', key].join('\t'))
