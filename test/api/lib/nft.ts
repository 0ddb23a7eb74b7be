// SPDX-License-Identifier: Apache-2.0
// Data NFTs by the contracts themselves, for metadata that no polite client writes.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { Contract, ZeroAddress, getAddress, hexlify, toUtf8Bytes, type TransactionReceipt, type TransactionResponse } from 'ethers'
import { sha256 } from './files.ts'
import type { Person } from './market.ts'

const factoryAbi = [
  'function deployERC721Contract(string,string,uint256,address,address,string,bool,address) returns (address)',
  'event NFTCreated(address newTokenAddress, address indexed templateAddress, string tokenName, address indexed admin, string symbol, string tokenURI, bool transferable, address indexed creator)'
]
export const nftAbi = [
  'function setMetaData(uint8,string,string,bytes,bytes,bytes32,tuple(address validatorAddress,uint8 v,bytes32 r,bytes32 s)[])',
  'function setMetaDataState(uint8)', 'function setTokenURI(uint256,string)', 'function safeTransferFrom(address,address,uint256)'
]

export const mined = async (tx: Promise<TransactionResponse>): Promise<TransactionReceipt> => {
  const receipt = await (await tx).wait()
  assert.equal(receipt?.status, 1)
  return receipt as TransactionReceipt
}

export interface Metadata {
  state?: number
  url: string
  flags: number
  data: string | Uint8Array
  hash: string
  proofs?: unknown[]
}

/** sha256 with 0x. */
export const hashOf = (x: string | Uint8Array): string => `0x${sha256(x)}`
/** How a hash is taken of a document in the clear: over the text of its hex. */
export const hexHashOf = (text: string): string => hashOf(hexlify(toUtf8Bytes(text)))

/** The ".lzma" format of old assets. */
export const lzma = (text: string): Buffer => execFileSync('python3',
  ['-c', 'import lzma,sys; sys.stdout.buffer.write(lzma.compress(sys.stdin.buffer.read(), format=lzma.FORMAT_ALONE))'],
  { input: text, maxBuffer: 1 << 26 })

export class Nft {
  readonly contract: Contract

  private constructor(readonly address: string, readonly chain: number, readonly owner: Person) {
    this.contract = new Contract(address, nftAbi, owner)
  }

  static async deploy(factory: string, chain: number, owner: Person): Promise<Nft> {
    const f = new Contract(factory, factoryAbi, owner)
    const receipt = await mined(f.getFunction('deployERC721Contract')('Raw', 'RAW', 1, ZeroAddress, ZeroAddress, 'data:', true, owner.address))
    const made = receipt.logs.map((l) => f.interface.parseLog(l)).find((l) => l?.name === 'NFTCreated')
    return new Nft(String(made?.args.newTokenAddress), chain, owner)
  }

  get did(): string {
    return `did:op:${sha256(getAddress(this.address) + this.chain)}`
  }

  /** A document without services, of a version with the fewest rules. */
  document(title: string, more: object = {}): string {
    return JSON.stringify({
      '@context': ['https://w3id.org/did/v1'], id: this.did, version: '4.7.0', chainId: this.chain, nftAddress: this.address,
      metadata: {
        created: '2026-01-01T00:00:00Z', updated: '2026-01-01T00:00:00Z', type: 'dataset', name: title,
        description: 'made by a test', author: 'test', license: 'MIT'
      },
      services: [], ...more
    })
  }

  /** The transaction's hash. */
  async write(m: Metadata): Promise<string> {
    return (await mined(this.contract.getFunction('setMetaData')(m.state ?? 0, m.url, '', hexlify(new Uint8Array([m.flags])),
      hexlify(typeof m.data === 'string' ? toUtf8Bytes(m.data) : m.data), m.hash, m.proofs ?? []))).hash
  }

  /** The same in the clear. */
  async publish(title: string, more: object = {}): Promise<string> {
    const text = this.document(title, more)
    return this.write({ url: 'http://127.0.0.1:1', flags: 0, data: text, hash: hexHashOf(text) })
  }

  async setState(state: number): Promise<void> {
    await mined(this.contract.getFunction('setMetaDataState')(state))
  }
}
