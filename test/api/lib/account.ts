// SPDX-License-Identifier: Apache-2.0
// Signatures of commands, made fast and without a node: for tests and figures with many of them.
import { SigningKey, computeAddress, getBytes, hashMessage, id as keccakText } from 'ethers'

export class Account {
  readonly address: string
  private readonly key: SigningKey

  constructor(seed: string) {
    this.key = new SigningKey(keccakText(seed))
    this.address = computeAddress(this.key)
  }

  sign(nonce: number, command: string): string {
    return this.key.sign(hashMessage(getBytes(keccakText(`${this.address}${nonce}${command}`)))).serialized
  }
}
