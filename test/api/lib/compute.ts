// SPDX-License-Identifier: Apache-2.0
// Jobs: environments, quotes, start, status, results; again an unmodified ocean.js.
import assert from 'node:assert/strict'
import {
  EscrowContract, ProviderInstance, type ComputeAlgorithm, type ComputeAsset, type ComputeEnvironment,
  type ComputeJob, type ComputeOutput, type ComputeResourceRequest, type ProviderComputeInitializeResults
} from '@oceanprotocol/lib'
import { Contract } from 'ethers'
import { CHAIN, type Chain } from './chain.ts'
import { digest, registry } from './docker.ts'
import { sha256 } from './files.ts'
import type { Algorithm, Person } from './market.ts'
import { until } from './process.ts'

/** A shell script run by the busybox image of the registry. */
export async function shellAlgorithm(over: Partial<Algorithm['container']> = {}): Promise<Algorithm> {
  const container = {
    entrypoint: 'sh $ALGO', image: `${registry().address}/bb`, tag: '1', checksum: await digest('bb', '1'), ...over
  }
  return { language: 'sh', version: '0.1', container }
}

export const containerSum = (a: Algorithm): string => sha256(a.container.entrypoint + a.container.checksum)

/** A line a second, then all inputs concatenated into copy.bin, and the exit status. */
export const script = (seconds: number, exit = 0): string => `echo algorithm-start
i=0
while [ $i -lt ${seconds} ]; do echo tick $i; i=$((i+1)); sleep 1; done
for f in /data/inputs/*; do case $f in */algoCustomData.json) ;; *) cat "$f";; esac; done > /data/outputs/copy.bin
cat /data/inputs/algoCustomData.json > /data/outputs/custom.json 2>/dev/null
echo algorithm-end
exit ${exit}
`

/** Raw code on that image. */
export const rawAlgorithm = async (
  code: string, over: Partial<Algorithm['container']> = {}
): Promise<ComputeAlgorithm> =>
  ({ meta: { rawcode: code, ...await shellAlgorithm(over) } }) as unknown as ComputeAlgorithm

/** A dataset that is only a file object. */
export const fileInput = (object: unknown): ComputeAsset =>
  ({ fileObject: object, documentId: '', serviceId: '' }) as unknown as ComputeAsset

/** The least request that makes sense. */
export function smallest(list: ComputeEnvironment['resources'] | undefined): ComputeResourceRequest[] {
  return (list ?? []).filter((r) => ['cpu', 'ram', 'disk'].includes(r.id))
    .map((r) => ({ id: r.id, amount: r.min || (r.id === 'disk' ? 0 : Math.min(1, r.max ?? 1)) }))
}

/** The job's id without the cluster's hash. */
export const bare = (jobId: string): string => jobId.slice(jobId.indexOf('-') + 1)

export type Job = ComputeJob & Record<string, any>

export interface Start {
  who: Person
  datasets: ComputeAsset[]
  algorithm: ComputeAlgorithm
  duration?: number
  resources?: ComputeResourceRequest[]
  /** a storage for the results */
  output?: ComputeOutput
}

export class Compute {
  constructor(readonly chain: Chain, readonly node: string) {}

  async environments(): Promise<ComputeEnvironment[]> {
    return ProviderInstance.getComputeEnvironments(this.node)
  }

  /** The environment that takes payment here. */
  async environment(): Promise<ComputeEnvironment> {
    const found = (await this.environments()).find((e) => e.fees?.[CHAIN]?.length)
    assert.ok(found, 'no environment with fees')
    return found
  }

  token(e: ComputeEnvironment): string {
    return e.fees[CHAIN]?.[0]?.feeToken ?? ''
  }

  async quote(e: ComputeEnvironment, s: Start): Promise<ProviderComputeInitializeResults> {
    return ProviderInstance.initializeCompute(s.datasets, s.algorithm, e.id, this.token(e), s.duration ?? 60, this.node,
      s.who.address, s.resources ?? smallest(e.resources), CHAIN)
  }

  async start(e: ComputeEnvironment, s: Start): Promise<Job> {
    return one(await ProviderInstance.computeStart(this.node, s.who, e.id, s.datasets, s.algorithm, s.duration ?? 60,
      this.token(e), s.resources ?? smallest(e.resources), CHAIN, undefined, undefined, s.output))
  }

  async startFree(e: ComputeEnvironment, s: Start): Promise<Job> {
    return one(await ProviderInstance.freeComputeStart(this.node, s.who, e.id, s.datasets, s.algorithm,
      s.resources ?? smallest(e.free?.resources), undefined, undefined, s.output))
  }

  async status(jobId: string, who: Person): Promise<Job> {
    const list = await ProviderInstance.computeStatus(this.node, who, jobId)
    const job = [list].flat().find((j) => bare(j.jobId) === bare(jobId))
    assert.ok(job, `computeStatus does not know ${jobId}`)
    return job as Job
  }

  /** Waits for a status for which `wanted` holds. */
  async wait(jobId: string, who: Person, what: string, wanted: (j: Job) => boolean, limit = 60_000): Promise<Job> {
    let last: Job | undefined
    try {
      return await until(what, async () => {
        last = await this.status(jobId, who)
        return wanted(last) ? last : null
      }, limit, 100)
    } catch (e) {
      throw new Error(`${(e as Error).message}; the job is ${last?.status} ${last?.statusText}`)
    }
  }

  async end(jobId: string, who: Person, limit = 60_000): Promise<Job> {
    return this.wait(jobId, who, 'end of the job', (j) => Boolean(j.dateFinished), limit)
  }

  async result(jobId: string, index: number, who: Person): Promise<Buffer> {
    const r = await fetch(await ProviderInstance.getComputeResultUrl(this.node, who, jobId, index))
    const bytes = Buffer.from(await r.arrayBuffer())
    assert.equal(r.status, 200, bytes.toString('utf8', 0, 300))
    return bytes
  }

  /** name -> bytes of the output of an ended job. */
  async output(job: Job, jobId: string, who: Person): Promise<Map<string, Buffer>> {
    return untar(await this.result(jobId, indexOf(job, 'output'), who))
  }

  async log(job: Job, jobId: string, who: Person): Promise<string> {
    return (await this.result(jobId, indexOf(job, 'algorithmLog'), who)).toString()
  }

  escrow(who: Person): EscrowContract {
    return new EscrowContract(String(this.chain.addresses.Escrow), who, CHAIN)
  }

  async funds(who: Person, of: string, token: string): Promise<{ available: bigint; locked: bigint }> {
    const [available, locked] = await this.escrow(who).getUserFunds(of, token) as unknown as [bigint, bigint]
    return { available, locked }
  }

  /** Deposits and authorises so much that several jobs can be paid. */
  async fund(who: Person, e: ComputeEnvironment, ocean: number): Promise<void> {
    const token = this.token(e)
    const amount = BigInt(ocean) * 10n ** 18n
    const escrow = String(this.chain.addresses.Escrow)
    await (await this.chain.erc20(token, who).getFunction('approve')(escrow, amount)).wait()
    const contract = new Contract(escrow, [
      'function deposit(address,uint256)', 'function authorize(address,address,uint256,uint256,uint256)'
    ], who)
    await (await contract.getFunction('deposit')(token, amount)).wait()
    await (await contract.getFunction('authorize')(token, e.consumerAddress, amount, 1_000_000, 100)).wait()
  }

  get escrowLog(): Contract {
    return new Contract(String(this.chain.addresses.Escrow), [
      'event Lock(address payer, address payee, uint256 jobId, uint256 amount, uint256 expiry, address token)',
      'event Claimed(address indexed payee, uint256 jobId, address token, address indexed payer, uint256 amount, bytes proof)',
      'event Canceled(address indexed payee, uint256 jobId, address token, address indexed payer, uint256 amount)'
    ], this.chain.provider)
  }
}

function one(jobs: ComputeJob | ComputeJob[]): Job {
  const [job] = [jobs].flat()
  assert.ok(job?.jobId, `no job in ${JSON.stringify(jobs)}`)
  return job as Job
}

function indexOf(job: Job, type: string): number {
  const r = job.results.find((x: { type: string }) => x.type === type) as { index?: number } | undefined
  assert.ok(r?.index !== undefined, `no ${type} in ${JSON.stringify(job.results)}`)
  return r.index
}

/** name -> bytes of the regular files in a tar. */
export function untar(tar: Buffer): Map<string, Buffer> {
  const out = new Map<string, Buffer>()
  let long: string | undefined
  for (let at = 0; at + 512 <= tar.length && tar[at];) {
    const text = (from: number, n: number): string => tar.toString('utf8', at + from, at + from + n).replace(/\0.*$/s, '')
    const size = parseInt(text(124, 12).trim() || '0', 8)
    const type = text(156, 1) || '0'
    const body = tar.subarray(at + 512, at + 512 + size)
    const prefix = text(257, 5) === 'ustar' ? text(345, 155) : ''
    if (type === 'L') {
      long = body.toString('utf8').replace(/\0.*$/s, '')
    } else {
      if (type === '0') out.set((long ?? (prefix ? `${prefix}/` : '') + text(0, 100)).replace(/^(\.\/)?(outputs\/)?/, ''), body)
      long = undefined
    }
    at += 512 + Math.ceil(size / 512) * 512
  }
  return out
}
