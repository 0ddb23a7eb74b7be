// SPDX-License-Identifier: Apache-2.0
// A registry of its own that asks for a login, filled with copies of the busybox image.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engine, registry } from './docker.ts'
import { sha256 } from './files.ts'
import { Program, freePort, until } from './process.ts'

export const login = { username: 'tester', password: 'open sesame' }
// bcrypt of the password, as htpasswd -B makes it
const line = 'tester:$2b$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy\n'
const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
const image = 'application/vnd.docker.distribution.manifest.v2+json'
const list = 'application/vnd.docker.distribution.manifest.list.v2+json'

interface Descriptor { mediaType: string; size: number; digest: string }
interface Manifest { schemaVersion: number; mediaType: string; config: Descriptor; layers: Descriptor[] }

export class PrivateRegistry {
  private readonly dir = mkdtempSync(join(tmpdir(), 'atoll-registry-'))
  private program!: Program
  address = ''

  static async start(): Promise<PrivateRegistry> {
    const r = new PrivateRegistry()
    const port = await freePort()
    r.address = `127.0.0.1:${port}`
    writeFileSync(join(r.dir, 'htpasswd'), line)
    writeFileSync(join(r.dir, 'config.yml'), [
      'version: 0.1', 'log: {level: error, accesslog: {disabled: true}}',
      `storage: {filesystem: {rootdirectory: ${r.dir}/data}}`, `http: {addr: "${r.address}"}`,
      `auth: {htpasswd: {realm: tests, path: ${r.dir}/htpasswd}}`, ''
    ].join('\n'))
    r.program = new Program('docker-registry', ['serve', join(r.dir, 'config.yml')])
    await until('registry with a login', async () =>
      (await fetch(`http://${r.address}/v2/`).catch(() => null))?.status === 401)
    return r
  }

  private async put(url: string, body: Uint8Array | string, type: string): Promise<Response> {
    const r = await fetch(url, { method: 'PUT', body: body as BodyInit, headers: { authorization: basic, 'content-type': type } })
    if (!r.ok) throw new Error(`PUT ${url}: ${r.status} ${await r.text()}`)
    return r
  }

  private async blob(name: string, bytes: Uint8Array): Promise<Descriptor> {
    const digest = `sha256:${sha256(bytes)}`
    const r = await fetch(`http://${this.address}/v2/${name}/blobs/uploads/`, { method: 'POST', headers: { authorization: basic } })
    const where = r.headers.get('location') ?? ''
    await this.put(`${where}${where.includes('?') ? '&' : '?'}digest=${digest}`, bytes, 'application/octet-stream')
    return { mediaType: '', size: bytes.length, digest }
  }

  private async manifest(name: string, tag: string, type: string, value: unknown): Promise<Descriptor> {
    const text = JSON.stringify(value)
    await this.put(`http://${this.address}/v2/${name}/manifests/${tag}`, text, type)
    return { mediaType: type, size: Buffer.byteLength(text), digest: `sha256:${sha256(text)}` }
  }

  /** busybox under another name, with a mark in its configuration so that no two images are the same. */
  async push(name: string, tag = '1', architecture?: string): Promise<Descriptor> {
    const from = `http://${registry().address}/v2/bb`
    const bytes = async (d: Descriptor): Promise<Buffer> => Buffer.from(await (await fetch(`${from}/blobs/${d.digest}`)).arrayBuffer())
    const m = await (await fetch(`${from}/manifests/1`, { headers: { accept: image } })).json() as Manifest
    const config = JSON.parse(String(await bytes(m.config)))
    config.config.Labels = { mark: `${this.address}/${name}` }
    if (architecture) config.architecture = architecture
    const text = JSON.stringify(config)
    m.config = { ...m.config, ...await this.blob(name, Buffer.from(text)), mediaType: m.config.mediaType }
    for (const layer of m.layers) await this.blob(name, await bytes(layer))
    return this.manifest(name, tag, image, m)
  }

  /** A list of images under one tag. */
  async pushList(name: string, tag: string, of: Array<[Descriptor, string]>): Promise<Descriptor> {
    const manifests = of.map(([d, architecture]) => ({ ...d, platform: { os: 'linux', architecture } }))
    return this.manifest(name, tag, list, { schemaVersion: 2, mediaType: list, manifests })
  }

  /** Ends it, and removes what the engine has pulled from it. */
  async stop(): Promise<void> {
    await this.program.stop()
    rmSync(this.dir, { recursive: true, force: true })
    // by their mark: a pull that was broken off may leave one without a name
    const all = await engine<Array<{ Id: string; Labels: Record<string, string> | null }>>('/v1.41/images/json')
    for (const i of all) {
      if (i.Labels?.mark?.startsWith(`${this.address}/`)) await engine(`/v1.41/images/${i.Id}?force=true`, 'DELETE').catch(() => null)
    }
  }
}
