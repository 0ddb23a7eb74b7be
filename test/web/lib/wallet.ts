// SPDX-License-Identifier: Apache-2.0
// A wallet in the page (EIP-1193): the page sees window.ethereum; signing and sending happen out here, with a real key.
import type { BrowserContext } from 'playwright-core'
import type { HDNodeWallet } from 'ethers'

export const script = `window.ethereum = { request: (call) => window.testWallet(call).then((r) => {
  if (r.error) throw Object.assign(new Error(r.error.message), r.error)
  return r.value
}) }`

export interface TestWallet { /** what the page asked for, in order */ readonly asked: string[]; refuse: boolean; /** another account than the key's */ account: string }

/** Before the page is opened: `script` belongs into its options as `init`. */
export async function give(context: BrowserContext, who: HDNodeWallet): Promise<TestWallet> {
  const state: TestWallet = { asked: [], refuse: false, account: who.address }
  const answers: Record<string, (params: any[]) => Promise<unknown>> = {
    eth_requestAccounts: async () => [state.account.toLowerCase()],
    eth_chainId: async () => `0x${(await who.provider!.getNetwork()).chainId.toString(16)}`,
    personal_sign: async ([text]) => who.signMessage(Buffer.from(String(text).slice(2), 'hex')),
    eth_sendTransaction: async ([tx]) => (await who.sendTransaction({ to: tx.to, data: tx.data })).hash,
    eth_getTransactionReceipt: async ([hash]) => {
      const r = await who.provider!.getTransactionReceipt(String(hash))
      return r && { status: `0x${r.status}` }
    }
  }
  await context.exposeFunction('testWallet', async ({ method, params }: { method: string; params?: unknown[] }) => {
    state.asked.push(method)
    if (state.refuse) return { error: { code: 4001, message: 'User rejected the request.' } }
    const answer = answers[method]
    return answer ? { value: await answer(params ?? []) } : { error: { code: 4200, message: `no ${method}` } }
  })
  return state
}
