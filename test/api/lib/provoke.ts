// SPDX-License-Identifier: Apache-2.0
// How each error that a command lists in api/*.json is provoked. A command that gets a new error
// gets a row here, or a reason in `exempt` below.
import { encrypt } from 'eciesjs'
import { rawAlgorithm } from './compute.ts'
import { asDataset, type Published } from './market.ts'
import type { Args } from './api.ts'
import { CHAIN } from './chain.ts'
import { administration, administrationExempt } from './provoke_admin.ts'
import { bucketsExempt, inBuckets, inFileInfo, inJobs } from './provoke_buckets.ts'
import { onDemand, onDemandExempt } from './provoke_demand.ts'
import type { Stage } from './stage.ts'

export interface Provocation {
  args: Args | (() => Args | Promise<Args>)
  /** what the text's %s stand for */
  says?: Array<string | number | RegExp>
  token?: string
  /** a body that is not made from the arguments, and its type */
  raw?: string
  type?: string
  /** at a node without chains and engines */
  bare?: boolean
}
export type Table = Record<string, Record<string, Provocation>>

const nowhere = `did:op:${'0'.repeat(64)}`
const noTx = `0x${'2'.repeat(64)}`
const noSignature = `0x${'1'.repeat(130)}`

/** The ways to be nobody; `args` are those of a request that would be right otherwise. */
function nobody(s: Stage, args: Args, field = 'consumerAddress'): Record<string, Provocation> {
  const who = { [field]: s.w.consumer.address }
  const none = { ...args, ...who, nonce: '', signature: '' }
  return {
    AUTH_MISSING: { args: none, raw: 'x' },
    AUTH_TOKEN: { args: none, token: 'not.a.token', raw: 'x' },
    AUTH_NONCE: { args: { ...args, ...who, nonce: '0', signature: noSignature }, says: [0], raw: 'x' },
    AUTH_SIGNATURE: { args: { ...args, ...who, nonce: '9007199254740990', signature: noSignature }, raw: 'x' },
    AUTH_COMPUTE: { args: { ...args, ...who, nonce: '0', signature: noSignature } }
  }
}
const p2p: Record<string, Provocation> = {
  P2P_DISABLED: { args: { id: 'x', peerId: 'x', input: 'x' } }
}

// ---- documents

function documents(s: Stage): Table {
  const ddo = { id: nowhere, version: '4.1.0' }
  const unknown = { STATE_KEY: { args: {} }, DDO_NOT_FOUND: { args: { did: nowhere } } }
  return {
    getDDO: {
      DDO_ID: { args: { id: 'nonsense' } }, DDO_DID: { args: { id: 'nonsense' } }, DDO_NOT_FOUND: { args: { id: nowhere } },
      DDO_NOT_HERE: { args: { id: nowhere } }
    },
    query: { INVALID: { args: { query: { query: { nonsense: {} } } }, says: [/.+/] } },
    getDDOState: unknown,
    validateDDO: {
      ...nobody(s, { ddo }, 'publisherAddress'), DDO_ID: { args: { ddo: {} } }, DDO_VERSION: { args: { ddo: { id: nowhere } } },
      DDO_INVALID: { args: { ddo }, says: [/\{.+\}/] },
      DDO_ERROR: { args: { ddo: { ...ddo, version: '4.2.0' } }, says: ['Unsupported DDO version: 4.2.0'] }
    },
    findDDO: { DDO_ID: { args: { id: 'nonsense' } } },
    initializePSVerification: {
      POLICY_FIELD: { args: { documentId: nowhere, serviceId: '1', consumerAddress: s.w.consumer.address } },
      DDO_NOT_FOUND: { args: { documentId: nowhere, serviceId: '1', consumerAddress: s.w.consumer.address, policyServer: {} } }
    },
    PolicyServerPassthrough: { POLICY_PASSTHROUGH: { args: {} } },
    decryptDDO: decrypt(s)
  }
}

function decrypt(s: Stage): Table[string] {
  const data = s.published('data')
  const signed = (args: Args) => async (): Promise<Args> => ({
    chainId: CHAIN, dataNftAddress: data.nft, ...await s.signed('decryptDDO', undefined, 'decrypterAddress'), ...args
  })
  const given = (encryptedDocument: string, flags: number) => signed({ encryptedDocument, flags, documentHash: noTx })
  const hex = (text: string): string => `0x${Buffer.from(text).toString('hex')}`
  return {
    ...nobody(s, { chainId: CHAIN, dataNftAddress: data.nft }, 'decrypterAddress'),
    DECRYPT_CHAIN: { args: signed({ chainId: 424242 }) },
    DECRYPT_ERROR: { args: signed({ dataNftAddress: 'x' }), says: [/.+/] },
    DECRYPT_NFT: { args: signed({ dataNftAddress: s.w.consumer.address }) },
    DECRYPT_TX: { args: signed({ transactionId: noTx }) },
    DECRYPT_INPUT: { args: signed({ encryptedDocument: 'no hex', flags: 2, documentHash: noTx }) },
    DECRYPT_STATE: { args: signed({ dataNftAddress: s.published('revoked').nft, encryptedDocument: '0x00', flags: 0, documentHash: noTx }) },
    DECRYPT_FAILED: { args: given('0xdeadbeef', 2) },
    DECRYPT_LZMA: { args: given('0x5d0000', 1) },
    DECRYPT_DID: { args: given(hex('{"id":"x"}'), 0) },
    DECRYPT_CHECKSUM: { args: given(hex(JSON.stringify({ id: data.did })), 0) }
  }
}

// ---- files

function files(s: Stage): Table {
  const { address } = s.w.consumer
  const of = (a: Published, more: Args = {}): Args => ({ did: a.did, serviceId: a.serviceId, ...more })
  const fee = (a: Published, more: Args = {}): Args => ({ ddoId: a.did, serviceId: a.serviceId, consumerAddress: address, ...more })
  const gone = { type: 'url', url: 'http://127.0.0.1:1/x', method: 'GET' }
  return {
    encrypt: {
      ...nobody(s, { blob: 'x' }), ENCRYPT_TYPE: { args: { blob: 'x', encryptionType: 'DES' }, raw: 'x' },
      ENCRYPT_ENCODING: { args: { blob: 'x', encoding: 'hex' } }, MISSING_FIELD: { args: {}, says: ['blob', 'encrypt', 'blob'] },
      INVALID: { args: { blob: '0OIl', encoding: 'base58' }, says: ['blob is not base58, or longer than it may be'] }
    },
    encryptFile: {
      ...nobody(s, { rawData: 'x' }), ENCRYPT_METHOD: { args: { rawData: 'x', encryptionType: 'DES' }, raw: 'x' },
      ENCRYPT_BODY: { args: {}, raw: 'x', type: 'text/plain' }, ENCRYPT_DATA: { args: {} },
      BODY_MALFORMED: { args: {}, raw: '{', type: 'application/json', says: [/.+/] },
      STORAGE: { args: { files: { type: 'nonsense' } }, raw: '{"type":"nonsense"}', type: 'application/json', says: [/.+/] },
      ENCRYPT_FETCH: {
        args: async () => ({ files: gone, ...await s.signed('encryptFile') }), raw: JSON.stringify(gone), type: 'application/json'
      }
    },
    getFees: {
      NOT_AN_ADDRESS: { args: fee(s.published('data'), { consumerAddress: 'x' }), says: ['consumerAddress'] },
      FEES_DID: { args: fee(s.published('data'), { ddoId: nowhere }) }, ASSET_NOT_ORDERABLE: { args: fee(s.published('paused')) },
      ASSET_SERVICE: { args: fee(s.published('data'), { serviceId: 'none' }) }, FEES_COMPUTE: { args: fee(s.published('compute')) },
      FEES_VALID_UNTIL: { args: fee(s.published('data'), { validUntil: 99999999999 }) }
    },
    fileInfo: {
      ...inFileInfo(s),
      FILE_INFO_FIELDS: { args: {} }, FILE_INFO_ARGUMENTS: { args: { type: 'url' } }, FILE_INFO_PARAMETERS: { args: { checksum: true } },
      FILE_INFO_SERVICE: { args: { did: nowhere } }, FILE_INFO_DID: { args: { did: 'x', serviceId: '1' } },
      FILE_INFO_TYPE: { args: { type: 'nonsense' } }, FILE_INFO_CONSUMER: { args: { type: 'nodePersistentStorage' } },
      FILE_INFO_FAILED: { args: { type: 'url', file: { type: 'url', url: 'nonsense', method: 'GET' } }, says: [/.+/] },
      FILE_INFO_KEY: { args: of(s.published('unreadable')) }, ASSET_FILES_OTHER: { args: of(s.published('forged')) },
      ASSET_UNKNOWN: { args: { did: nowhere, serviceId: '1' } }, ASSET_SERVICE: { args: of(s.published('data'), { serviceId: 'none' }) },
      FILE_INDEX: { args: of(s.published('data'), { fileIndex: 7 }), says: [7, 1] }
    },
    download: download(s)
  }
}

function download(s: Stage): Table[string] {
  const of = (name: string, more: Args = {}) => async (): Promise<Args> => ({
    fileIndex: 0, documentId: s.published(name).did, serviceId: s.published(name).serviceId, transferTxId: s.tx[name] ?? noTx,
    ...await s.signed('download'), ...more
  })
  const some = { fileIndex: 0, documentId: nowhere, serviceId: '1', transferTxId: noTx }
  return {
    ...nobody(s, some),
    ASSET_UNKNOWN: { args: of('data', { documentId: nowhere }) }, ASSET_NOT_ORDERABLE: { args: of('paused') },
    ASSET_DENIED: { args: of('closed'), says: [s.published('closed').did] }, ASSET_SERVICE: { args: of('data', { serviceId: 'none' }) },
    DOWNLOAD_COMPUTE: { args: of('compute') }, ORDER_NOT_MINED: { args: of('data', { transferTxId: noTx }), says: [noTx] },
    ORDER_MISMATCH: { args: of('data', { transferTxId: s.tx.other }) },
    ASSET_FILES_OTHER: { args: of('forged') }, FILE_INDEX: { args: of('data', { fileIndex: 7 }), says: [7, 1] },
    AES_KEY: { args: of('data', { aes_encrypted_key: 'no hex' }), says: ['it is not hex'] },
    DOWNLOAD_BUCKET: { args: of('bucket') }, DOWNLOAD_STORAGE: { args: of('odd'), says: [/.+/] },
    DOWNLOAD_FAILED: { args: of('gone'), says: [/.+/] }
  }
}

// ---- jobs

function results(s: Stage): Table {
  const { ended, running } = s.job
  const signed = (command: string, args: Args, stranger = false) => async (): Promise<Args> =>
    ({ ...await s.signed(command, stranger ? s.w.stranger : s.w.consumer), ...args })
  const none = { bare: true, args: { jobId: 'x', index: 0 } }
  const of = (command: string, more: Args): Record<string, Provocation> => ({
    ...nobody(s, { jobId: ended, ...more }), COMPUTE_NONE: none,
    COMPUTE_JOB: { args: signed(command, { jobId: 'none', ...more }), says: ['none'] },
    COMPUTE_OWNER: { args: signed(command, { jobId: ended, ...more }, true), says: [s.w.stranger.address, ended.slice(ended.indexOf('-') + 1)] }
  })
  return {
    jobs: { INVALID: { args: { fromTimestamp: 'x' }, says: ['Parameter : "fromTimestamp" is not a valid string'] } },
    getComputeStatus: { COMPUTE_NONE: { args: {}, bare: true } },
    stopCompute: { ...nobody(s, { jobId: ended }), COMPUTE_NONE: none },
    getComputeResult: {
      ...of('getComputeResult', { index: 0 }),
      COMPUTE_NOT_READY: { args: signed('getComputeResult', { jobId: running, index: 9 }), says: [/.+/, /.+/] },
      COMPUTE_RESULT_BAD_INDEX: { args: signed('getComputeResult', { jobId: ended, index: -1 }) },
      COMPUTE_RESULT_INDEX: { args: signed('getComputeResult', { jobId: ended, index: 99 }), says: [/.+/, 99] },
      INVALID: { args: signed('getComputeResult', { jobId: ended, index: 0, offset: 99999999 }), says: [/the result has only \d+ bytes/] }
    },
    getComputeStreamableLogs: {
      ...of('getComputeStreamableLogs', {}), COMPUTE_NOT_RUNNING: { args: signed('getComputeStreamableLogs', { jobId: ended }) }
    }
  }
}

type Kind = 'initializeCompute' | 'startCompute' | 'freeStartCompute'

function compute(s: Stage, kind: Kind): Table[string] {
  const { open, closed, paid, tight } = s.env
  const cpu = (n: number, ram = 1, disk = 0): unknown[] => [{ id: 'cpu', amount: n }, { id: 'ram', amount: ram }, { id: 'disk', amount: disk }]
  const token = s.w.compute.token(open)
  const pay = (resources: unknown[], over: Args = {}): Args => ({ resources, payment: { chainId: CHAIN, token, resources, ...over } })
  const dataset = (name: string, tx?: string): Args => ({ datasets: [asDataset(s.published(name), tx)] })
  const how = (args: Args, container: Record<string, string> = {}) => async (): Promise<Args> => ({
    environment: open.id, algorithm: await rawAlgorithm('true', container), datasets: [], maxJobDuration: 60, consumerAddress: s.w.consumer.address,
    ...pay(cpu(1)), ...(kind === 'initializeCompute' ? {} : await s.signed(kind)), ...args
  })
  const place = { type: 'url', url: 'http://127.0.0.1:1/x', method: 'post' }
  const output = (encryption: object, remoteStorage: object = place): string =>
    Buffer.from(encrypt(s.w.wallet.signingKey.publicKey, Buffer.from(JSON.stringify({ remoteStorage, encryption })))).toString('hex')
  const algorithm = { meta: { rawcode: 'true', container: { entrypoint: 'sh $ALGO', image: 'x', tag: 'x', checksum: 'x' } } }
  return {
    ...nobody(s, { environment: open.id, algorithm, datasets: [], maxJobDuration: 60, ...pay(cpu(1)) }),
    NOT_AN_ADDRESS: { args: how({ consumerAddress: 'x' }), says: ['consumerAddress'] },
    COMPUTE_PAYMENT: { args: how({ payment: { chainId: 'x', token, resources: cpu(1) } }) },
    COMPUTE_NONE: { args: how({}), bare: true }, COMPUTE_ENVIRONMENT: { args: how({ environment: 'none' }) },
    COMPUTE_OFF: { args: how({ environment: s.env.services.id }) }, COMPUTE_DURATION: { args: how({ maxJobDuration: 0 }) }, COMPUTE_NO_FREE_JOBS: { args: how({ environment: paid.id }) },
    COMPUTE_NO_RESOURCE: { args: how(pay([{ id: 'quantum', amount: 1 }])), says: ['quantum'] },
    COMPUTE_RESOURCES: { args: how(pay(cpu(4))), says: ['cpu', 4, kind === 'freeStartCompute' ? 1 : 3] },
    COMPUTE_CONSTRAINT: { args: how({ environment: tight.id, ...pay(cpu(1, 0.1)) }), says: [1, 'cpu', 1, 'ram', 0.5] },
    COMPUTE_TOO_MUCH: { args: how({ environment: tight.id, ...pay(cpu(1, 0.1, 1)) }), says: ['disk', 1, 'cpu', 0.5, 1] },
    COMPUTE_CHAIN: { args: how(pay(cpu(1), { chainId: 1 })), says: [1] },
    COMPUTE_TOKEN: { args: how(pay(cpu(1), { token: String(s.w.chain.addresses.MockDAI) })), says: [CHAIN, String(s.w.chain.addresses.MockDAI)] },
    COMPUTE_OUTPUT_BOTH: { args: how({ output: '00', outputBucketId: 'x' }) },
    ...inJobs(s, how), COMPUTE_OUTPUT: { args: how({ output: '00' }), says: [/.+/] },
    COMPUTE_OUTPUT_UPLOAD: { args: how({ output: output({}, { type: 'ipfs', hash: 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG' }) }) },
    COMPUTE_OUTPUT_KEY: { args: how({ output: output({}) }) },
    COMPUTE_OUTPUT_METHOD: { args: how({ output: output({ key: '00', encryptMethod: 'ECIES' }) }) },
    COMPUTE_OUTPUT_KEY_SHORT: { args: how({ output: output({ key: '00', encryptMethod: 'AES' }) }), says: [1] },
    COMPUTE_DDO: { args: how({ datasets: [{ documentId: nowhere, serviceId: '1' }] }), says: [nowhere] },
    ASSET_NOT_ORDERABLE: { args: how(dataset('paused')) },
    ASSET_DENIED: { args: how(dataset('closed')), says: [s.published('closed').did] },
    COMPUTE_SERVICE: { args: how({ datasets: [{ documentId: s.published('compute').did, serviceId: 'none' }] }), says: ['none', s.published('compute').did] },
    COMPUTE_FILES: { args: how(dataset('sealed')), says: [s.published('sealed').serviceId, s.published('sealed').did] },
    STORAGE: { args: how({ datasets: [{ fileObject: { type: 'nonsense' } }] }), says: [/.+/] },
    UNSAFE_URL: { args: how({ datasets: [{ fileObject: { type: 'url', url: 'http://localhost/forbidden', method: 'GET' } }] }), says: [/.+/] },
    COMPUTE_CHECKSUMS: { args: how({ algorithm: {} }) },
    COMPUTE_DATASET: { args: how({ datasets: [{}] }) },
    INVALID: { args: how({ datasets: Array(101).fill({}) }), says: ['a job takes at most 100 datasets'] },
    ASSET_FILES_KEY: { args: how({ datasets: [{ fileObject: '0xdeadbeef' }] }) },
    ASSET_FILES_OTHER: { args: how({ datasets: [{ fileObject: String(s.published('data').ddo.services[0].files) }] }) },
    COMPUTE_NOT_TRUSTED: { args: how(dataset('distrusting')), says: ['undefined', s.published('distrusting').did] },
    COMPUTE_REGISTRY_AUTH: { args: how({ encryptedDockerRegistryAuth: '00' }), says: ['failed to decrypt'] },
    COMPUTE_IMAGE: { args: how({}, { tag: 'none', checksum: '' }), says: [/.+/] },
    COMPUTE_NO_BUILD: { args: how({}, { dockerfile: 'FROM scratch' }) },
    COMPUTE_ACCESS: { args: how({ environment: closed.id }) },
    COMPUTE_NO_TX: { args: how(dataset('priced')), says: [s.published('priced').did] },
    COMPUTE_ORDER: { args: how(dataset('priced', noTx)), says: [noTx, s.published('priced').did, s.published('priced').serviceId] },
    COMPUTE_METADATA: { args: how({ metadata: 'x'.repeat(2000) }) },
    TOO_LARGE: { args: how({ algorithm: { meta: { ...algorithm.meta, rawcode: '#'.repeat(9 << 20) } } }), says: [/.+/] },
    ESCROW_FUNDS: { args: how(dataset('compute', s.tx.compute)), says: [s.w.consumer.address] }
  }
}

// ---- the rest

function others(s: Stage): Table {
  return {
    findPeer: p2p, getP2PPeer: p2p, getP2PPeers: p2p, getP2PNetworkStats: p2p, getProvidersForString: p2p,
    getProvidersForStrings: { P2P_DISABLED: { args: { input: ['x'] } }, P2P_STRINGS: { args: { input: ['x', 1] } } },
    computeDelete: { NOT_IMPLEMENTED: { args: {} } },
    createAuthToken: nobody(s, {}, 'address'),
    getEscrowEvents: {
      CHAIN_NUMBER: { args: { chainId: 'x' } },
      EVENT_TYPE: { args: { eventType: 'x' }, says: ['Auth, Lock, Claimed, Canceled, Deposit, Withdraw'] }
    },
    searchAccessList: { LIST_WALLET_INVALID: { args: { wallet: 'x' } }, CHAIN_NUMBER: { args: { wallet: s.w.consumer.address, chainId: 'x' } } },
    getAccessList: {
      CHAIN_NUMBER: { args: { chainId: 'x', contractAddress: s.w.consumer.address } },
      LIST_NOT_FOUND: { args: { chainId: CHAIN, contractAddress: s.w.consumer.address } }
    }
  }
}

export const provocations = (s: Stage): Table => ({
  ...others(s), ...administration(s), ...inBuckets(s, nobody), ...onDemand(s, nobody), ...documents(s), ...files(s), ...results(s), initializeCompute: compute(s, 'initializeCompute'),
  startCompute: compute(s, 'startCompute'), freeStartCompute: compute(s, 'freeStartCompute')
})

const policy = 'policy.test.ts has a policy server'
const escrow = 'errors.test.ts moves the money that this takes'
const kept = 'orders2.test.ts has datatokens that keep their files'
const full = 'unit test fit fills an environment with jobs'

/** Errors that this test does not provoke, and where they are tested. `*`: of every command. */
export const exempt: Record<string, string> = {
  ...administrationExempt, ...bucketsExempt, ...onDemandExempt,
  '* POLICY_SILENT': policy, '* VALIDATE_DENIED': policy, '* ENCRYPT_DENIED': policy, '* ENCRYPT_FILE_DENIED': policy,
  '* ESCROW_AUTHS': escrow, '* ESCROW_LIMIT': escrow, '* ESCROW_SECONDS': escrow, '* ESCROW_LOCKS': escrow, '* ESCROW_CONTRACT': escrow,
  '* NODE_IDENTITY': 'pools.test.ts has two nodes with one key', '* NODE_GAS': escrow, '* COMPUTE_ORDER_SHORT': 'orders.test.ts orders too few',
  '* COMPUTE_ORDER_FEE': 'orders2.test.ts pays other people', '* FILES_INACTIVE': kept, '* FILES_SIGNATURE': kept, '* FILES_KEPT': kept,
  '* COMPUTE_AVAILABLE': full, '* COMPUTE_AVAILABLE_GLOBALLY': full, '* COMPUTE_AVAILABLE_FREE': full, '* COMPUTE_MANY_JOBS': full,
  '* COMPUTE_MANY_FREE_JOBS': full,
  '* COMPUTE_BLOCKCHAIN': 'an asset of a chain that the node does not know is not in its index',
  'download DOWNLOAD_CHAIN': 'an asset of a chain that the node does not know is not in its index',
  'download DOWNLOAD_NO_COMPUTE': 'a node without engines has no compute assets of its own; unit test order',
  'download ORDER_SERVICE': 'unit test order makes such logs', 'download ORDER_NOT_DEPLOYED': 'unit test order makes such logs',
  'download ORDER_SHORT': 'orders.test.ts orders too few', 'download ORDER_EXPIRED': 'consume.test.ts waits for it',
  'download ORDER_FEES': 'consume.test.ts pays too little',
  'download ASSET_FILES_KEY': 'fileInfo FILE_INFO_KEY is the same case; an order of it needs fees of an unreadable asset',
  'encryptFile TOO_LARGE': 'encrypt_file.test.ts has a file of 26 MiB', 'getFees FEES_FAILED': 'unit test order has a chain that is silent',
  'decryptDDO DECRYPT_UNAUTHORIZED': 'start.test.ts has a node with such a list', 'decryptDDO DECRYPT_LIST': 'start.test.ts has a node with such a list',
  'decryptDDO DECRYPT_RPC': 'unit test rpc has a chain that is silent', 'decryptDDO DECRYPT_STATE_UNKNOWN': 'the contract knows no other states'
}
