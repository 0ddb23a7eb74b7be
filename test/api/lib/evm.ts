// SPDX-License-Identifier: Apache-2.0
// Small contracts, written in the EVM's own instructions: no compiler is needed for a page of them.
import type { BaseContract, Wallet, HDNodeWallet } from 'ethers'
import { ContractFactory } from 'ethers'

const opcodes: Record<string, number> = {
  EQ: 0x14, SHL: 0x1b, SHR: 0x1c, CALLDATALOAD: 0x35, CODECOPY: 0x39, POP: 0x50, MLOAD: 0x51, MSTORE: 0x52, JUMP: 0x56,
  JUMPI: 0x57, GAS: 0x5a, JUMPDEST: 0x5b, DUP1: 0x80, RETURN: 0xf3, STATICCALL: 0xfa, REVERT: 0xfd
}

/** Hex of a program: instructions, 0x.. to push, "name:" for a place and "@name" to push where it is. */
function assemble(program: string): string {
  const words = program.replace(/;.*$/gm, '').split(/\s+/).filter(Boolean)
  const places: Record<string, number> = {}
  const bytes: Array<number | string> = []
  for (const word of words) {
    if (word.endsWith(':')) {
      places[word.slice(0, -1)] = bytes.length
      bytes.push(opcodes.JUMPDEST as number)
    } else if (word.startsWith('@')) {
      bytes.push(0x60, word.slice(1)) // one byte is enough for a place
    } else if (word.startsWith('0x')) {
      const value = [...Buffer.from(word.slice(2), 'hex')]
      bytes.push(0x5f + value.length, ...value)
    } else {
      const code = opcodes[word]
      if (code === undefined) throw new Error(`no instruction ${word}`)
      bytes.push(code)
    }
  }
  return Buffer.from(bytes.map((b) => typeof b === 'number' ? b : places[b] as number)).toString('hex')
}

/** Before a program: what deploys it. */
function deployment(runtime: string): string {
  const size = (runtime.length / 2).toString(16).padStart(4, '0')
  const start = assemble(`0x${size} DUP1 0x00 0x00 CODECOPY 0x00 RETURN`)
  const offset = (start.length / 2).toString(16).padStart(2, '0')
  return `0x${assemble(`0x${size} DUP1 0x${offset} 0x00 CODECOPY 0x00 RETURN`)}${runtime}`
}

const answer = (value: string): string => `0x${value} 0xe0 SHL 0x00 MSTORE 0x20 0x00 RETURN`

/** A wallet of one owner: isValidSignature(bytes32 hash, bytes signature), ERC-1271. */
const account = (owner: string): string => `
  0x00 CALLDATALOAD 0xe0 SHR 0x1626ba7e EQ @asked JUMPI
  0x00 0x00 REVERT
  asked:
  0x04 CALLDATALOAD 0x00 MSTORE            ; hash
  0xa4 CALLDATALOAD 0xf8 SHR 0x20 MSTORE   ; v, behind r and s of the signature
  0x64 CALLDATALOAD 0x40 MSTORE            ; r
  0x84 CALLDATALOAD 0x60 MSTORE            ; s
  0x20 0x80 0x80 0x00 0x01 GAS STATICCALL POP   ; ecrecover
  0x80 MLOAD 0x${owner.slice(2).toLowerCase()} EQ @good JUMPI
  ${answer('ffffffff')}
  good: ${answer('1626ba7e')}`

/** Contracts that are no good wallets. */
const others = {
  agreeable: answer('1626ba7e'),
  reverting: '0x00 0x00 REVERT',
  silent: '0x00 0x00 RETURN',
  short: '0x1626ba7e 0xe0 SHL 0x00 MSTORE 0x04 0x00 RETURN', // four bytes are no bytes4
  otherWord: '0x01 0x00 MSTORE 0x20 0x00 RETURN',
  endless: 'again: @again JUMP'
}

async function deploy(program: string, who: Wallet | HDNodeWallet): Promise<string> {
  const contract: BaseContract = await new ContractFactory([], deployment(assemble(program)), who).deploy()
  await contract.waitForDeployment()
  return contract.getAddress()
}

/** An access list that has one member for ever: balanceOf(address). */
const list = (member: string): string => `
  0x04 CALLDATALOAD 0x${member.slice(2).toLowerCase()} EQ 0x00 MSTORE 0x20 0x00 RETURN`

export const deployList = (member: string, who: Wallet | HDNodeWallet): Promise<string> => deploy(list(member), who)

/** Deploys a smart account that the owner signs for; its address. */
export const deployAccount = (owner: string, who: Wallet | HDNodeWallet): Promise<string> => deploy(account(owner), who)
export const deployOther = (name: keyof typeof others, who: Wallet | HDNodeWallet): Promise<string> => deploy(others[name], who)
