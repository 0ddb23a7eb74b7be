// SPDX-License-Identifier: Apache-2.0
// Buckets as raw requests: signed as ocean.js signs, or with a token, or with whatever a test wants.
import { ProviderInstance } from '@oceanprotocol/lib'
import { getBytes, id as keccakText } from 'ethers'
import { http, post, type Reply } from './http.ts'
import type { Person } from './market.ts'

export const buckets = '/api/services/persistentStorage/buckets'
export type Fields = Record<string, unknown>

export class Buckets {
  constructor(private readonly url: string) {}

  /** consumerAddress, nonce and signature of a command. */
  async signed(who: Person, command: string): Promise<Record<string, string>> {
    const nonce = String(await ProviderInstance.getNonce(this.url, who.address) + 1)
    const signature = await who.signMessage(getBytes(keccakText(who.address + nonce + command)))
    return { consumerAddress: who.address, nonce, signature }
  }

  /** The URL of a route below buckets/, signed; path parts are encoded. */
  async at(who: Person, command: string, ...path: string[]): Promise<string> {
    const query = new URLSearchParams(await this.signed(who, `persistentStorage${command}`))
    return `${this.url}${buckets}${path.map((p) => `/${encodeURIComponent(p)}`).join('')}?${query}`
  }

  async call(who: Person, command: string, path: string[], init?: RequestInit): Promise<Reply> {
    return http(await this.at(who, command, ...path), init)
  }

  async create(who: Person, accessLists: unknown = [], label?: unknown): Promise<Reply> {
    return post(this.url + buckets, { ...await this.signed(who, 'persistentStorageCreateBucket'), accessLists, label })
  }

  /** A new bucket's id. */
  async make(who: Person, accessLists: unknown = []): Promise<string> {
    const r = await this.create(who, accessLists)
    if (r.status !== 200) throw new Error(`${r.status} ${r.text}`)
    return JSON.parse(r.text).bucketId as string
  }

  /** By /directCommand. */
  async direct(who: Person, command: string, fields: Fields = {}): Promise<Reply> {
    const name = `persistentStorage${command}`
    return post(`${this.url}/directCommand`, { command: name, ...await this.signed(who, name), ...fields })
  }

  async upload(who: Person, bucket: string, name: string, body: BodyInit): Promise<Reply> {
    return this.call(who, 'UploadFile', [bucket, 'files', name], { method: 'POST', body })
  }

  async names(who: Person, bucket: string): Promise<string[]> {
    const r = await this.call(who, 'ListFiles', [bucket, 'files'])
    if (r.status !== 200) throw new Error(`${r.status} ${r.text}`)
    return (JSON.parse(r.text) as Array<{ name: string }>).map((f) => f.name)
  }

  async download(who: Person, bucket: string, name: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(await this.at(who, 'DownloadFile', bucket, 'files', name), { headers })
  }
}
