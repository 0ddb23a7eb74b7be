// SPDX-License-Identifier: Apache-2.0
// A proxy in front of an origin that injects faults into its answers, on the level of bytes.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Fault {
  /** the connection ends after so many bytes of the answer */
  cutAfter?: number
  /** as many bytes come, and then nothing any more */
  stallAfter?: number
  /** ms before anything is passed on */
  delay?: number
  /** sent instead of the answer */
  instead?: string
}

export class Faults {
  private current: Fault = {}
  /** bytes that origins have sent through here */
  passed = 0
  connections = 0
  private readonly sockets = new Set<Socket>()
  private readonly server = createServer((client) => this.serve(client))

  private constructor(private readonly target: URL) {}

  static async start(target: string): Promise<Faults> {
    const p = new Faults(new URL(target))
    p.server.listen(0, '127.0.0.1')
    await once(p.server, 'listening')
    return p
  }

  /** What happens from now on; connections that clients have kept end. */
  set fault(f: Fault) {
    this.current = f
    for (const s of this.sockets) s.destroy()
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.server.close()
    for (const s of this.sockets) s.destroy()
  }

  private keep(s: Socket): Socket {
    this.sockets.add(s)
    return s.on('close', () => this.sockets.delete(s)).on('error', () => s.destroy())
  }

  private serve(client: Socket): void {
    const fault = this.current
    this.connections++
    this.keep(client)
    const { instead } = fault
    if (instead !== undefined) {
      client.once('data', () => client.end(instead))
      return
    }
    const origin = this.keep(connect(Number(this.target.port), this.target.hostname))
    let left = fault.cutAfter ?? fault.stallAfter ?? Infinity
    client.pipe(origin)
    const pass = (): void => {
      origin.on('data', (bytes: Buffer) => {
        const part = bytes.subarray(0, Math.min(bytes.length, left))
        left -= part.length
        this.passed += part.length
        if (part.length > 0 && !client.write(part)) origin.pause()
        if (left === 0 && fault.cutAfter !== undefined) client.end(() => client.destroy())
        if (left === 0) origin.pause()
      })
      client.on('drain', () => origin.resume())
      origin.on('end', () => { if (fault.stallAfter === undefined) client.end() })
    }
    if (fault.delay) setTimeout(pass, fault.delay)
    else pass()
    origin.on('close', () => { if (fault.stallAfter === undefined) client.destroySoon() })
    client.on('close', () => origin.destroy())
  }
}
