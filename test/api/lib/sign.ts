// SPDX-License-Identifier: Apache-2.0
// Signatures and tokens as any client may make them, right and wrong.
import { createHmac } from 'node:crypto'
import { SigningKey, Signature, concat, getBytes, hashMessage, id, toBeArray, toUtf8Bytes, type BaseWallet, type HDNodeWallet } from 'ethers'

export type Signer = BaseWallet | HDNodeWallet

/** keccak256 of what is signed. */
export const hashOf = (address: string, nonce: number | string, command: string): string => id(`${address}${nonce}${command}`)

const raw = (who: Signer, digest: string): Signature => new SigningKey(who.privateKey).sign(digest)
const withV = (s: Signature, v: number): string => concat([s.r, s.s, new Uint8Array([v])])

/** Every form in which clients are known to sign, by name: what is signed, then how it is written. */
export const forms: Record<string, (who: Signer, k: string) => string> = {
  'the hash as 32 bytes': (who, k) => raw(who, hashMessage(getBytes(k))).serialized,
  'the hash as hex text': (who, k) => raw(who, hashMessage(k)).serialized,
  'the hash without leading zeros': (who, k) => raw(who, hashMessage(toBeArray(k))).serialized,
  '64 bytes, EIP-2098': (who, k) => raw(who, hashMessage(getBytes(k))).compactSerialized,
  'v 0 or 1': (who, k) => { const s = raw(who, hashMessage(getBytes(k))); return withV(s, s.yParity) },
  'v of EIP-155': (who, k) => { const s = raw(who, hashMessage(getBytes(k))); return withV(s, 35 + s.yParity) },
  'in capitals': (who, k) => `0x${raw(who, hashMessage(getBytes(k))).serialized.slice(2).toUpperCase()}`
}

/** As ocean.js signs. */
export function sign(who: Signer, nonce: number | string, command: string, address = who.address): string {
  return forms['the hash without leading zeros']?.(who, hashOf(address, nonce, command)) ?? ''
}

/** What the owner of a smart account signs: the hash itself, or the message as wallets show it. */
export const accountForms: Record<string, (owner: Signer, message: string) => string> = {
  'the hash': (owner, message) => raw(owner, id(message)).serialized,
  'the message': (owner, message) => raw(owner, hashMessage(toUtf8Bytes(message))).serialized
}

const base64 = (x: string): string => Buffer.from(x).toString('base64url')

/** A JSON web token; alg "none" has an empty signature. */
export function jwt(payload: unknown, secret: string, alg = 'HS256'): string {
  const text = `${base64(JSON.stringify({ alg, typ: 'JWT' }))}.${base64(JSON.stringify(payload))}`
  const hash = ({ HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as Record<string, string>)[alg]
  return `${text}.${hash ? createHmac(hash, secret).update(text).digest('base64url') : ''}`
}
