// SPDX-License-Identifier: Apache-2.0
// A development chain with all contracts, and people with money on it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigHelper, LoggerInstance, LogLevel, type Config } from '@oceanprotocol/lib'
import { Contract, HDNodeWallet, JsonRpcProvider, Mnemonic, Wallet, toBeHex } from 'ethers'
import { Program, freePort } from './process.ts'

export const CHAIN = 8996
const phrase = Mnemonic.fromPhrase('test test test test test test test test test test test junk')

export const atoll = process.env.ATOLL_BIN ??
  new URL('../../../build/atoll', import.meta.url).pathname

// ocean.js speaks on the console; a test has its own words
LoggerInstance.setLevel(LogLevel.None)

/**
 * Looks for blocks all the time. Without a listener ethers begins with each wait(), and forgets the
 * block that is mined between its question for the receipt and its first look: it waits for ever.
 */
export function watch(provider: JsonRpcProvider): void {
  provider.pollingInterval = 25
  void provider.on('block', () => {})
}

export class Chain {
  readonly url: string
  readonly addressFile: string
  readonly provider: JsonRpcProvider
  readonly addresses: Record<string, unknown>
  /** What ocean.js knows of the chain; it reads the addresses from the file of ADDRESS_FILE. */
  readonly config: Config
  readonly program: Program

  private constructor(program: Program, url: string, addressFile: string) {
    this.program = program
    this.url = url
    this.addressFile = addressFile
    this.provider = new JsonRpcProvider(url, CHAIN, { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 })
    watch(this.provider)
    process.env.ADDRESS_FILE = addressFile
    const file = JSON.parse(readFileSync(addressFile, 'utf8')) as { development: Record<string, unknown> }
    this.addresses = file.development
    this.config = new ConfigHelper().getConfig(CHAIN)
  }

  static async start(dir: string, options: string[] = []): Promise<Chain> {
    const port = await freePort()
    const data = join(dir, 'chain')
    const program = new Program(atoll, ['devnet', '--port', String(port), '--data', data, ...options])
    await program.line(/ready|listening/i)
    return new Chain(program, `http://127.0.0.1:${port}`, join(data, 'address.json'))
  }

  /** Accounts of anvil's mnemonic: 0 deploys, the others are free for tests. */
  account(i: number): HDNodeWallet {
    return HDNodeWallet.fromMnemonic(phrase, `m/44'/60'/0'/0/${i}`).connect(this.provider)
  }

  /** A new key with 10 ETH. */
  async newAccount(): Promise<Wallet> {
    const wallet = new Wallet(Wallet.createRandom().privateKey, this.provider)
    await this.provider.send('anvil_setBalance', [wallet.address, toBeHex(10n ** 19n)])
    return wallet
  }

  get ocean(): string {
    return String(this.addresses.Ocean)
  }

  erc20(address: string, who?: HDNodeWallet | Wallet): Contract {
    return new Contract(address, [
      'function balanceOf(address) view returns (uint256)',
      'function approve(address,uint256) returns (bool)',
      'function transfer(address,uint256) returns (bool)',
      'function decimals() view returns (uint8)'
    ], who ?? this.provider)
  }

  async balance(token: string, who: string): Promise<bigint> {
    return await this.erc20(token).getFunction('balanceOf')(who) as bigint
  }

  async stop(): Promise<number | string> {
    this.provider.destroy()
    return this.program.stop()
  }
}
