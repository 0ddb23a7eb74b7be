// SPDX-License-Identifier: Apache-2.0
// The browser's wallet (EIP-1193): login with a signed message (EIP-4361), and the three transactions of a wallet pool.
import type { SiweParts } from './api/shapes.ts'
import { checksum } from './keccak.ts'
import { t } from './texts.ts'

interface Provider { request(call: { method: string; params?: unknown[] }): Promise<unknown> }

const provider = (): Provider | undefined => (window as unknown as { ethereum?: Provider }).ethereum
export const hasWallet = (): boolean => provider() !== undefined

async function ask<T>(method: string, ...params: unknown[]): Promise<T> {
  const p = provider()
  if (!p) throw new Error(t.wallet.none)
  try {
    return await p.request({ method, params }) as T
  } catch (e) {
    const { code, message } = e as { code?: number; message?: string }
    throw new Error(code === 4001 ? t.wallet.refused : message || t.wallet.failed)
  }
}

const hex = (n: bigint | number): string => `0x${n.toString(16)}`
const utf8 = (s: string): string => '0x' + [...new TextEncoder().encode(s)].map((b) => b.toString(16).padStart(2, '0')).join('')

export async function connect(): Promise<string> {
  const [address] = await ask<string[]>('eth_requestAccounts')
  if (!address) throw new Error(t.wallet.none)
  return checksum(address)
}

/** The text of EIP-4361, made of what the server gave. */
export function message(address: string, p: SiweParts): string {
  return [`${p.domain} wants you to sign in with your Ethereum account:`, address, '', p.statement, '', `URI: ${p.uri}`,
    `Version: ${p.version ?? '1'}`, `Chain ID: ${p.chainId}`, `Nonce: ${p.nonce}`, `Issued At: ${p.issuedAt}`,
    `Expiration Time: ${p.expirationTime}`].join('\n')
}

export async function signIn(address: string, p: SiweParts): Promise<{ message: string; signature: string }> {
  const text = message(address, p)
  return { message: text, signature: await ask<string>('personal_sign', utf8(text), address) }
}

async function useChain(chain: number): Promise<void> {
  if (Number(await ask<string>('eth_chainId')) !== chain) await ask('wallet_switchEthereumChain', { chainId: hex(chain) })
}

const word = (v: string | bigint): string => (typeof v === 'bigint' ? v.toString(16) : v.slice(2).toLowerCase()).padStart(64, '0')

/** Sends a call of a contract and waits until it is mined; throws when it reverts. */
async function transact(from: string, to: string, selector: string, args: Array<string | bigint>): Promise<string> {
  const hash = await ask<string>('eth_sendTransaction', { from, to, data: selector + args.map(word).join('') })
  for (;;) {
    const receipt = await ask<{ status: string } | null>('eth_getTransactionReceipt', hash)
    if (receipt && Number(receipt.status) === 1) return hash
    if (receipt) throw new Error(t.wallet.reverted)
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

export interface Funding {
  chain: number; payer: string; token: string; escrow: string; node: string
  deposit: bigint; allowed: bigint; seconds: bigint; locks: bigint
}

/** Puts money into the escrow: approve, deposit, authorise. `step` is told which of the three is next. */
export async function fund(f: Funding, step: (n: 0 | 1 | 2) => void): Promise<void> {
  const from = await connect()
  if (from.toLowerCase() !== f.payer.toLowerCase()) throw new Error(t.wallet.other(f.payer))
  await useChain(f.chain)
  if (f.deposit > 0n) {
    step(0)
    await transact(from, f.token, '0x095ea7b3', [f.escrow, f.deposit]) // approve(address,uint256)
    step(1)
    await transact(from, f.escrow, '0x47e7ef24', [f.token, f.deposit]) // deposit(address,uint256)
  }
  step(2)
  await authorize(from, f)
}

/** authorize(address token, address payee, uint256 amount, uint256 seconds, uint256 locks) */
const authorize = (from: string, f: Funding): Promise<string> =>
  transact(from, f.escrow, '0x15fac1cc', [f.token, f.node, f.allowed, f.seconds, f.locks])
