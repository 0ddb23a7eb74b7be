// SPDX-License-Identifier: Apache-2.0
// A bare second chain, and a JSON-RPC endpoint in front of a chain that counts and fails as told.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { JsonRpcProvider } from 'ethers'
import { watch } from './chain.ts'
import { Program, freePort } from './process.ts'

const anvil = fileURLToPath(new URL(
  `../../../devnet/node_modules/@foundry-rs/anvil-linux-${process.arch === 'arm64' ? 'arm64' : 'amd64'}/bin/anvil`, import.meta.url))

export class BareChain {
  private constructor(readonly id: number, readonly url: string, readonly provider: JsonRpcProvider, private readonly program: Program) {}

  static async start(id: number): Promise<BareChain> {
    const port = await freePort()
    const program = new Program(anvil, ['--port', String(port), '--chain-id', String(id)])
    await program.line(/Listening on/)
    const url = `http://127.0.0.1:${port}`
    const provider = new JsonRpcProvider(url, id, { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 })
    watch(provider)
    return new BareChain(id, url, provider, program)
  }

  async stop(): Promise<void> {
    this.provider.destroy()
    await this.program.stop()
  }
}

export type Mood = 'good' | 'silent' | 'broken' | 'gone'

export class Endpoint {
  /** HTTP requests that asked for an ERC-1271 signature */
  asked = 0
  /** requests of any kind */
  all = 0
  mood: Mood = 'good'
  url = ''
  private readonly server = createServer((req, res) => { void this.answer(req, res) })

  constructor(private readonly target: string) {}

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
    return this
  }

  stop(): void {
    this.server.close()
    this.server.closeAllConnections()
  }

  private async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let body = ''
    for await (const piece of req.setEncoding('utf8')) body += piece
    this.all++
    if (/"data":"0x1626ba7e/.test(body)) this.asked++
    if (this.mood === 'silent') return
    if (this.mood === 'gone') { res.destroy(); return }
    if (this.mood === 'broken') { res.writeHead(500).end('no'); return }
    const r = await fetch(this.target, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).catch(() => null)
    res.writeHead(r?.status ?? 502, { 'content-type': 'application/json' }).end(r ? await r.text() : '')
  }
}
