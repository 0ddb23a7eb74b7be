// SPDX-License-Identifier: Apache-2.0
// Pools: what is left, what burns, vouchers, and money from a wallet.
import { signal } from '@preact/signals'
import { get, path, post } from '../api/client.ts'
import type { Offers, Pool, PoolFull } from '../api/shapes.ts'
import { go, link } from '../router.ts'
import { t } from '../texts.ts'
import { fund } from '../wallet.ts'
import { attempt } from './notices.ts'
import { keyed } from './remote.ts'

const at = (id: string): string => path`/marketplace/api/pools/${id}`

export const pools = () => keyed('pools', async (s) => (await get<{ pools: Pool[] }>('/marketplace/api/pools', s)).pools)
export const pool = (id: string) => keyed(`pool/${id}`, (s) => get<PoolFull>(at(id), s))
export const offers = () => keyed('offers', (s) => get<Offers>('/marketplace/api/offers', s))

export const redeem = async (code: string): Promise<boolean> => {
  const ok = await attempt(() => post('/marketplace/api/pools/voucher', { code: code.trim() }), t.pools.redeemed)
  if (ok) await pools().load()
  return ok
}

export async function makeWalletPool(name: string, chain: number, token: string): Promise<void> {
  await attempt(async () => {
    const p = await post<Pool>('/marketplace/api/pools', { name, kind: 'wallet', chain, token })
    await pools().load()
    go(link('pools', p.id))
  }, t.pools.made)
}

export const refresh = async (id: string): Promise<void> => {
  await attempt(() => post(`${at(id)}/refresh`))
  await pool(id).load()
}

/** Which of the three transactions runs; null: none. */
export const funding = signal<0 | 1 | 2 | null>(null)
/** Time and number of locks that the node is allowed at least: two periods at a time for some dozens of deployments. */
const LOCK_SECONDS = 7 * 86_400
const LOCKS = 100
const most = (a: bigint, b: bigint): bigint => a > b ? a : b

/** True when all three went through. */
export async function deposit(p: Pool, amount: bigint): Promise<boolean> {
  const e = p.escrow
  if (!e || !p.payer || funding.value !== null) return false
  const all = BigInt(p.balance.amount) + BigInt(p.locked.amount) + amount
  let done = false
  try {
    done = await attempt(() => fund({
      chain: p.balance.chain, token: p.balance.token, payer: p.payer!, escrow: e.contract, node: e.node,
      deposit: amount, allowed: most(all, BigInt(e.needed.amount.amount)),
      seconds: BigInt(Math.max(LOCK_SECONDS, e.needed.seconds)), locks: BigInt(Math.max(LOCKS, e.needed.locks))
    }, (n) => { funding.value = n }), t.pools.funded)
  } finally {
    funding.value = null
  }
  await refresh(p.id)
  return done
}
