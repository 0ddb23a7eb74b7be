// SPDX-License-Identifier: Apache-2.0
// Publishing, indexing, ordering: compositions of calls of an unmodified ocean.js.
import assert from 'node:assert/strict'
import {
  Aquarius, Datatoken, Nft, NftFactory, ProviderInstance, ZERO_ADDRESS, approveWei, generateDid,
  getEventFromTx, orderAsset, type ComputeAlgorithm, type ComputeAsset, type DatatokenCreateParams, type ProviderFees
} from '@oceanprotocol/lib'
import { Contract, hexlify, toUtf8Bytes, type HDNodeWallet, type TransactionReceipt, type TransactionResponse, type Wallet } from 'ethers'
import { CHAIN, type Chain } from './chain.ts'
import { sha256 } from './files.ts'
import { until } from './process.ts'

export type Person = HDNodeWallet | Wallet

/** What ocean.js calls an asset: a DDO with what the indexer adds. */
export type Asset = Parameters<typeof orderAsset>[0] & Record<string, any>

async function mined(tx: TransactionResponse): Promise<TransactionReceipt> {
  const receipt = await tx.wait()
  assert.equal(receipt?.status, 1, `transaction ${tx.hash}`)
  return receipt as TransactionReceipt
}

export interface Algorithm {
  language: string
  version: string
  container: { entrypoint: string; image: string; tag: string; checksum: string }
}

/** What an asset lets its algorithms be; see the compute section of a service. */
export interface Trust {
  allowRawAlgorithm: boolean
  allowNetworkAccess: boolean
  publisherTrustedAlgorithmPublishers?: string[]
  publisherTrustedAlgorithms?: Array<Record<string, string>>
}

export const trustAll: Trust = { allowRawAlgorithm: true, allowNetworkAccess: true }

export interface Plan {
  name: string
  files: object[]
  owner?: Person
  type?: 'dataset' | 'algorithm'
  service?: 'access' | 'compute'
  trust?: Trust
  algorithm?: Algorithm
  /** in OCEAN: an exchange; 0: a dispenser; absent: the datatoken alone */
  price?: number
  template?: number
  timeout?: number
  version?: string
  credentials?: unknown
  /** the same for the service alone */
  serviceCredentials?: unknown
  /** orders that one use of the service takes */
  dtCost?: unknown
  /** the datatoken keeps the files (template 4) and gives them to nodes of this access list, or to all */
  kept?: { allow?: string }
  /** metadata goes on chain in the clear */
  clear?: boolean
  /** in place of what stands in the metadata otherwise */
  metadata?: Record<string, unknown>
  /** services[0].files, instead of the files encrypted for this asset */
  sealed?: string
}

export interface Published {
  did: string
  nft: string
  datatoken: string
  serviceId: string
  owner: Person
  ddo: Record<string, any>
  /** of the latest setMetadata */
  tx: string
  indexed: Asset
}

export class Market {
  readonly aquarius: Aquarius

  constructor(readonly chain: Chain, readonly node: string, readonly publisher: Person) {
    this.aquarius = new Aquarius(node)
  }

  datatoken(who: Person): Datatoken {
    return new Datatoken(who, CHAIN, this.chain.config)
  }

  /** NFT, datatoken, pricing, encrypted files and metadata; waits until the node has indexed it. */
  async publish(plan: Plan): Promise<Published> {
    const owner = plan.owner ?? this.publisher
    const made = await this.makeTokens(plan, owner)
    const nft = String(getEventFromTx(made, 'NFTCreated').args.newTokenAddress)
    const datatoken = String(getEventFromTx(made, 'TokenCreated').args.newTokenAddress)
    const payload = { nftAddress: nft, datatokenAddress: datatoken, files: plan.files }
    const files = plan.kept ? '' : plan.sealed ?? await ProviderInstance.encrypt(payload, CHAIN, this.node, owner)
    if (plan.kept) {
      const token = new Contract(datatoken, ['function setFilesObject(bytes)'], owner)
      await mined(await token.getFunction('setFilesObject')(toUtf8Bytes(JSON.stringify(payload))))
    } else {
      assert.match(files, /^0x[0-9a-f]+$/i, 'encrypt')
    }
    const asset = {
      did: generateDid(nft, CHAIN), nft, datatoken, serviceId: sha256(datatoken), owner, tx: '',
      ddo: {}, indexed: {} as Asset
    }
    asset.ddo = this.document(plan, asset, files)
    await this.writeMetadata(asset, plan.clear)
    await this.indexed(asset)
    return asset
  }

  private async makeTokens(plan: Plan, owner: Person): Promise<TransactionReceipt> {
    const factory = new NftFactory(String(this.chain.addresses.ERC721Factory), owner, CHAIN)
    const nft = { name: 'Test NFT', symbol: 'TNFT', templateIndex: 1, tokenURI: 'data:', transferable: true, owner: owner.address }
    const token: DatatokenCreateParams = {
      templateIndex: plan.template ?? 1, cap: '100000', feeAmount: '0', paymentCollector: owner.address,
      feeToken: this.chain.ocean, minter: owner.address, mpFeeAddress: ZERO_ADDRESS, name: 'Test DT', symbol: 'TDT'
    }
    if (plan.kept) {
      Object.assign(token, {
        templateIndex: 4, accessListFactory: String(this.chain.addresses.AccessListFactory),
        filesObject: { nftAddress: ZERO_ADDRESS, datatokenAddress: ZERO_ADDRESS, files: [] },
        allowAccessList: plan.kept.allow ?? ZERO_ADDRESS, denyAccessList: ZERO_ADDRESS
      })
    }
    let tx: TransactionResponse
    if (plan.price === undefined) {
      tx = await factory.createNftWithDatatoken(nft, token)
    } else if (plan.price === 0) {
      tx = await factory.createNftWithDatatokenWithDispenser(nft, token, {
        dispenserAddress: String(this.chain.addresses.Dispenser), maxTokens: '1', maxBalance: '100', withMint: true,
        allowedSwapper: ZERO_ADDRESS
      })
    } else {
      tx = await factory.createNftWithDatatokenWithFixedRate(nft, token, {
        fixedRateAddress: String(this.chain.addresses.FixedPrice), baseTokenAddress: this.chain.ocean,
        owner: owner.address, marketFeeCollector: owner.address, baseTokenDecimals: 18, datatokenDecimals: 18,
        fixedRate: String(plan.price), marketFee: '0', allowedConsumer: ZERO_ADDRESS, withMint: true
      })
    }
    return mined(tx)
  }

  private document(plan: Plan, asset: Published, files: string): Record<string, any> {
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
    const service: Record<string, unknown> = {
      id: asset.serviceId, type: plan.service ?? 'access', files, datatokenAddress: asset.datatoken,
      serviceEndpoint: this.node, timeout: plan.timeout ?? 86400
    }
    if (plan.serviceCredentials) service.credentials = plan.serviceCredentials
    if (plan.dtCost !== undefined) service.additionalInformation = { dtCost: plan.dtCost }
    if (plan.service === 'compute') service.compute = plan.trust ?? trustAll
    return {
      '@context': ['https://w3id.org/did/v1'], id: asset.did, version: plan.version ?? '4.1.0', chainId: CHAIN,
      nftAddress: asset.nft,
      metadata: {
        created: now, updated: now, type: plan.type ?? 'dataset', name: plan.name,
        description: `${plan.name}, made by a test`, author: 'test', license: 'https://example.com/licence',
        tags: ['test'], additionalInformation: { termsAndConditions: true },
        ...(plan.algorithm ? { algorithm: plan.algorithm } : {}),
        ...plan.metadata
      },
      services: [service],
      ...(plan.credentials ? { credentials: plan.credentials } : {})
    }
  }

  /** Writes (or rewrites) the metadata on chain. */
  async writeMetadata(asset: Published, clear = false): Promise<void> {
    const valid = await this.aquarius.validate(asset.ddo as never, asset.owner, this.node)
    assert.ok(valid.hash, 'validate gives no hash')
    const data = clear
      ? hexlify(toUtf8Bytes(JSON.stringify(asset.ddo)))
      : await ProviderInstance.encrypt(asset.ddo, CHAIN, this.node, asset.owner)
    // in the clear the hash is over the hex text, as createAsset of ocean.js does
    const hash = clear ? `0x${sha256(data)}` : valid.hash
    const tx = await new Nft(asset.owner, CHAIN).setMetadata(
      asset.nft, asset.owner.address, 0, this.node, '', clear ? '0x00' : '0x02', data, hash)
    asset.tx = (await mined(tx as TransactionResponse)).hash
  }

  /** Waits until the node shows the asset as of its latest transaction. */
  async indexed(asset: Published): Promise<void> {
    asset.indexed = await until(`${asset.did} in the index`, async () => {
      const r = await fetch(`${this.node}/api/aquarius/assets/ddo/${asset.did}`)
      const ddo = r.ok ? await r.json() as any : null
      return ddo?.indexedMetadata?.event?.txid === asset.tx ? ddo as Asset : null
    })
  }

  /** Approves the provider fee to the datatoken, which pulls it with the order. */
  async payFee(who: Person, asset: Published, fee?: ProviderFees): Promise<void> {
    if (fee && BigInt(fee.providerFeeAmount || 0) > 0n) {
      await approveWei(who, this.chain.config, who.address, fee.providerFeeToken, asset.datatoken, fee.providerFeeAmount)
    }
  }

  /** The owner mints one datatoken for `who`, who orders with it; the order's transaction. */
  async mintAndOrder(asset: Published, who: Person, consumer = who.address, fee?: ProviderFees): Promise<string> {
    await (await this.datatoken(asset.owner).mint(asset.datatoken, asset.owner.address, '1', who.address)).wait()
    await this.payFee(who, asset, fee)
    const tx = await this.datatoken(who).startOrder(asset.datatoken, consumer, 0, fee as ProviderFees)
    return String(getEventFromTx(await mined(tx as TransactionResponse), 'OrderStarted').transactionHash)
  }

  /** Initialises, mints and orders: a transaction good for a download. */
  async order(asset: Published, who: Person, fileIndex = 0): Promise<string> {
    const init = await ProviderInstance.initialize(asset.did, asset.serviceId, fileIndex, who.address, this.node)
    return this.mintAndOrder(asset, who, undefined, init.providerFee)
  }

  /** Buys by the price in the index (exchange or dispenser) and orders. */
  async buy(asset: Published, who: Person, consumer?: string, fee?: ProviderFees): Promise<string> {
    const tx = await orderAsset(asset.indexed, who, this.chain.config, this.datatoken(who), this.node, consumer, undefined, fee as ProviderFees)
    return String(getEventFromTx(await mined(tx as TransactionResponse), 'OrderStarted').transactionHash)
  }

  /** One entry of initializeCompute's answer becomes a transaction that proves the order. */
  async orderForCompute(
    entry: { validOrder?: unknown; providerFee?: ProviderFees }, asset: Published, who: Person, consumer: string
  ): Promise<string> {
    if (entry.validOrder && !entry.providerFee) return String(entry.validOrder)
    if (!entry.validOrder) return this.buy(asset, who, consumer, entry.providerFee)
    await this.payFee(who, asset, entry.providerFee)
    const tx = await this.datatoken(who).reuseOrder(asset.datatoken, String(entry.validOrder), entry.providerFee as ProviderFees)
    return String(getEventFromTx(await mined(tx as TransactionResponse), 'OrderReused').transactionHash)
  }

  async downloadUrl(asset: Published, tx: string, who: Person, fileIndex = 0): Promise<string> {
    return String(await ProviderInstance.getDownloadUrl(asset.did, asset.serviceId, fileIndex, tx, this.node, who))
  }
}

export const asDataset = (a: Published, tx?: string): ComputeAsset =>
  ({ documentId: a.did, serviceId: a.serviceId, ...(tx ? { transferTxId: tx } : {}) }) as ComputeAsset

export const asAlgorithm = (a: Published, tx?: string): ComputeAlgorithm =>
  ({ ...asDataset(a, tx), meta: a.ddo.metadata.algorithm }) as ComputeAlgorithm
