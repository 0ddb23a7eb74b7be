// SPDX-License-Identifier: Apache-2.0
// How the errors of the administrators' commands are provoked.
import { ZeroAddress } from 'ethers'
import type { Args } from './api.ts'
import { CHAIN } from './chain.ts'
import type { Provocation, Table } from './provoke.ts'
import type { Stage } from './stage.ts'

const tx = `0x${'2'.repeat(64)}`

export function administration(s: Stage): Table {
  const to = s.w.consumer.address
  const stranger = { address: to, nonce: '0', signature: `0x${'1'.repeat(130)}` }
  const denied = (args: Args = {}): Record<string, Provocation> =>
    ({ AUTH_ADMIN: { args: { id: 'x', ...args, ...stranger }, says: ['nonce: 0 is not a valid nonce'] } })
  const signed = (command: string, args: Args) => async (): Promise<Args> => ({ ...await s.signedByAdmin(command), ...args })
  const collect = (args: Args) => signed('collectFees', { chainId: CHAIN, tokenAddress: s.w.chain.ocean, destinationAddress: to, ...args })
  const job = { jobId: `0x12-${'0'.repeat(64)}` }
  return {
    stopNode: denied(),
    stopJob: {
      ...denied(job), ADMIN_JOB_ID: { args: signed('stopJob', { jobId: 'x' }) },
      ADMIN_NO_ENGINES: { args: signed('stopJob', job), bare: true }, ADMIN_ENVIRONMENT: { args: signed('stopJob', job) }
    },
    reindexTx: {
      ...denied({ chainId: CHAIN, txId: tx }), ADMIN_TX: { args: signed('reindexTx', { chainId: CHAIN, txId: 'x' }) },
      ADMIN_CHAIN: { args: signed('reindexTx', { chainId: 5, txId: tx }), says: [5] }
    },
    reindexChain: { ...denied({ chainId: CHAIN }), ADMIN_CHAIN: { args: signed('reindexChain', { chainId: 5 }), says: [5] } },
    handleIndexingThread: {
      ...denied(), ADMIN_THREAD: { args: signed('handleIndexingThread', { action: 'x' }), says: [/\{.+\}/] },
      ADMIN_NO_INDEXER: { args: signed('handleIndexingThread', { action: 'STOP_THREAD' }), bare: true },
      ADMIN_THREAD_START: { args: signed('handleIndexingThread', { action: 'START_THREAD', chainId: 5 }) },
      ADMIN_THREAD_STOP: { args: signed('handleIndexingThread', { action: 'STOP_THREAD', chainId: 5 }) }
    },
    collectFees: {
      ...denied({ chainId: CHAIN, tokenAddress: ZeroAddress, destinationAddress: to }),
      ADMIN_OTHER_NODE: { args: collect({ node: 'x' }), says: [/\{.+\}/] }, ADMIN_CHAIN: { args: collect({ chainId: 5 }), says: [5] },
      ADMIN_FEES_ADDRESS: { args: collect({ destinationAddress: 'x' }) },
      ADMIN_FEES_AMOUNT: { args: collect({ tokenAmount: 'x' }), says: ['x', 18] },
      ADMIN_FEES_NATIVE_HIGH: { args: collect({ tokenAddress: ZeroAddress, tokenAmount: 1000 }), says: [/\d+/, `1${'0'.repeat(21)}`] },
      ADMIN_FEES_HIGH: { args: collect({ tokenAmount: 1000000 }), says: [/\d+/, `1${'0'.repeat(24)}`] },
      ADMIN_FEES: { args: collect({ tokenAddress: s.w.publisher.address, tokenAmount: 1 }), says: [/.+/] }
    },
    getLogs: {
      ...denied(), LOGS_TIME: { args: signed('getLogs', { startTime: 'x', id: undefined }), says: ['startTime', 'x'] },
      LOG_NOT_FOUND: { args: signed('getLogs', { logId: '999999999999', id: 'x' }) }, LOG_ID: { args: { id: ':id', ...stranger } }
    },
    fetchConfig: denied(),
    pushConfig: {
      ...denied({ config: {} }), CONFIG_OBJECT: { args: signed('pushConfig', { config: 'x' }) },
      CONFIG_PUSH_INVALID: { args: signed('pushConfig', { config: { rateLimit: -1 } }), says: [/rateLimit: .+/] }
    }
  }
}

const here = 'admin.test.ts'
export const administrationExempt: Record<string, string> = {
  'reindexTx ADMIN_NO_INDEXER': 'handleIndexingThread has the same case; without an indexer there is no chain here',
  'reindexChain ADMIN_NO_INDEXER': 'handleIndexingThread has the same case; without an indexer there is no chain here',
  'reindexTx ADMIN_TX_THREAD': `${here} stops the thread`, 'reindexChain ADMIN_CHAIN_THREAD': `${here} stops the thread`,
  'reindexTx ADMIN_TX_FAILED': 'only when the database fails', 'reindexChain ADMIN_CHAIN_FAILED': 'only when the database fails',
  'getLogs LOGS_FAILED': 'only when the database fails',
  'collectFees ADMIN_FEES_RECEIPT': `${here} holds up the chain`, 'collectFees ADMIN_FEES_REVERTED': 'only when the chain changes between the estimate and the block',
  'pushConfig CONFIG_PUSH_ERROR': `${here} breaks the file`, 'pushConfig CONFIG_PUSH_FAILED': `${here} keeps the file from being written`
}
