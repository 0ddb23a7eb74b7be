// SPDX-License-Identifier: Apache-2.0
// A web server on localhost with the files that assets point to.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const sha256 = (x: string | Uint8Array): string => createHash('sha256').update(x).digest('hex')

/** n repeatable bytes that do not compress. */
export function noise(n: number, seed: string): Buffer {
  const parts: Buffer[] = []
  for (let i = 0; parts.length * 32 < n; i++) {
    parts.push(createHash('sha256').update(seed + i).digest())
  }
  return Buffer.concat(parts).subarray(0, n)
}

export interface FileObject { type: string; url: string; method: string }

export interface ServedFile {
  object: FileObject
  bytes: Buffer
  hits: number
  headers: IncomingMessage['headers']
}

export type Handler = (req: IncomingMessage, res: ServerResponse) => void

export class FileServer {
  private readonly files = new Map<string, ServedFile & { type: string }>()
  private readonly handlers = new Map<string, Handler>()
  private readonly prefixes = new Map<string, Handler>()
  private readonly server = createServer((req, res) => this.answer(req, res))
  private port = 0

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    this.port = (this.server.address() as AddressInfo).port
    return this
  }

  stop(): void {
    this.server.close()
    this.server.closeAllConnections()
  }

  url(name: string): string {
    return `http://localhost:${this.port}/${name}`
  }

  /** Serves the bytes under /name. */
  add(name: string, bytes: string | Uint8Array, type = 'application/octet-stream'): ServedFile {
    const object = { type: 'url', url: this.url(name), method: 'GET' }
    const file = { object, bytes: Buffer.from(bytes), type, hits: 0, headers: {} }
    this.files.set(`/${name}`, file)
    return file
  }

  /** Answers /name by a function: errors, delays, answers that never end. */
  on(name: string, handler: Handler): FileObject {
    this.handlers.set(`/${name}`, handler)
    return { type: 'url', url: this.url(name), method: 'GET' }
  }

  /** The same for everything below /name when it ends with a slash. */
  onPut(name: string, handler: Handler): void {
    this.prefixes.set(`/${name}`, handler)
  }

  private answer(req: IncomingMessage, res: ServerResponse): void {
    const path = new URL(req.url ?? '/', 'http://x').pathname
    const folder = [...this.prefixes.keys()].find((p) => p === path || (p.endsWith('/') && path.startsWith(p)))
    const handler = this.handlers.get(path) ?? this.prefixes.get(folder ?? '')
    const file = this.files.get(path)
    if (handler) {
      handler(req, res)
    } else if (!file) {
      res.writeHead(404).end('no such file')
    } else {
      file.hits++
      file.headers = req.headers
      res.writeHead(200, { 'content-type': file.type, 'content-length': file.bytes.length })
      res.end(req.method === 'HEAD' ? undefined : file.bytes)
    }
  }
}
