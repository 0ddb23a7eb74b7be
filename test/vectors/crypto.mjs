// SPDX-License-Identifier: Apache-2.0
// Writes test/unit/vectors/crypto.txt from ethers, eciesjs and Node's crypto.
// Run where node_modules has ethers 6 and eciesjs 0.4:  node crypto.mjs > ../unit/vectors/crypto.txt
// One vector a line, fields between blanks; "-" is the empty text, texts are hex of UTF-8.
// Deterministic: all "random" bytes are sha256 of a counter.
import { createRequire } from 'node:module'
import crypto from 'node:crypto'
import path from 'node:path'

const require = createRequire(path.join(process.cwd(), 'x.js'))
const { ethers } = require('ethers')
const { encrypt, decrypt, PrivateKey } = require('eciesjs')
const jwt = require('jsonwebtoken')

let counter = 0
function bytes(n) {
    const parts = []
    for (let have = 0; have < n; have += 32)
        parts.push(crypto.createHash('sha256').update(`vector ${counter++}`).digest())
    return Buffer.concat(parts).subarray(0, n)
}
const hex = (b) => Buffer.from(b).toString('hex') || '-'
const out = (...fields) => console.log(fields.join(' '))

for (const n of [0, 1, 31, 32, 55, 64, 135, 136, 137, 271, 272, 273, 1000]) {
    const b = bytes(n)
    out('keccak', hex(b), ethers.keccak256(b))
    out('sha256', hex(b), ethers.sha256(b))
    out('eip191', hex(b), ethers.hashMessage(b))
}
for (const [k, n] of [[0, 0], [1, 10], [32, 0], [63, 100], [64, 64], [65, 1], [200, 300]]) {
    const key = bytes(k)
    const b = bytes(n)
    out('hmac', hex(key), hex(b), '0x' + crypto.createHmac('sha256', key).update(b).digest('hex'))
}
const keys = [Buffer.alloc(32, 1), Buffer.alloc(32, 2), Buffer.from('1'.padStart(64, '0'), 'hex'),
    Buffer.from('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140', 'hex')]
for (let i = 0; i < 8; i++) keys.push(bytes(32))
for (const key of keys) {
    const wallet = new ethers.Wallet('0x' + hex(key))
    out('key', hex(key), wallet.signingKey.publicKey, wallet.signingKey.compressedPublicKey, wallet.address)
    for (const n of [0, 5, 32, 300]) {
        const message = bytes(n)
        const sig = ethers.Signature.from(await wallet.signMessage(message))
        out('sign', hex(key), hex(message), sig.serialized, sig.compactSerialized, wallet.address)
    }
    const digest = bytes(32)
    out('raw', hex(key), '0x' + hex(digest), wallet.signingKey.sign(digest).serialized)
}
// Texts of signatures and what ethers makes of them for one digest: the signer or "refused".
const signer = new ethers.Wallet('0x' + hex(keys[1]))
const digest = bytes(32)
const good = signer.signingKey.sign(digest)
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const s = BigInt(good.s)
const hex32 = (v) => v.toString(16).padStart(64, '0')
const forms = []
for (const v of [0, 1, 2, 26, 27, 28, 29, 34, 35, 36, 37, 38, 254, 255])
    forms.push(good.r + good.s.slice(2) + v.toString(16).padStart(2, '0'))
for (const v of [27, 28]) {
    const flip = 55 - good.v
    forms.push(good.r + hex32(order - s) + (v === 27 ? good.v : flip).toString(16)) // high s
    forms.push('0x' + hex32(0n) + good.s.slice(2) + v.toString(16))                 // r = 0
    forms.push(good.r + hex32(0n) + v.toString(16))                                 // s = 0
    forms.push('0x' + hex32(order) + good.s.slice(2) + v.toString(16))              // r = n
    forms.push('0x' + hex32((1n << 256n) - 1n) + good.s.slice(2) + v.toString(16))
}
forms.push(good.compactSerialized, good.compactSerialized.slice(0, -2), good.serialized + '00',
    good.serialized.slice(0, -1), good.serialized.slice(2), '0x', good.serialized.toUpperCase().replace('0X', '0x'),
    good.serialized.replace('0x', '0X'), good.serialized.slice(0, -3) + 'g1b')
for (const text of forms) {
    let who = 'refused'
    try {
        who = ethers.recoverAddress(digest, text)
    } catch {}
    out('form', '0x' + hex(digest), text, who)
}
for (let i = 0; i < 30; i++) {
    const a = ethers.getAddress('0x' + hex(bytes(20)))
    out('checksum', a.toLowerCase(), a)
}
// ECIES made by eciesjs (its ephemeral key and nonce are its own randomness).
for (const n of [1, 15, 16, 17, 100, 5000]) {
    const key = keys[n % 4]
    const b = bytes(n)
    const blob = encrypt(PrivateKey.fromHex(hex(key)).publicKey.toHex(), b)
    if (!decrypt(hex(key), blob).equals(b)) throw new Error('eciesjs disagrees with itself')
    out('ecies', hex(key), hex(b), hex(blob))
}
for (const n of [0, 1, 15, 16, 17, 300]) {
    const [key, iv, b] = [bytes(32), bytes(16), bytes(n)]
    const c = crypto.createCipheriv('aes-256-cbc', key, iv)
    out('aescbc', hex(key), hex(iv), hex(b), hex(Buffer.concat([c.update(b), c.final()])))
}
for (const secret of ['ocean-node-secret', 'ключ', 'x'.repeat(100)]) {
    const payload = { address: signer.address, nonce: '7', createdAt: 1700000000001, iat: 1700000000, note: 'ü/\u2028' }
    out('jwt', hex(secret), hex(JSON.stringify(payload)), jwt.sign(payload, secret, { algorithm: 'HS256' }))
}
