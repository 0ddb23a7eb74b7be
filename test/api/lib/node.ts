// SPDX-License-Identifier: Apache-2.0
// A node without a chain: what is asked of it is answered by the frame around the commands.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atoll } from './chain.ts'
import { Program, freePort } from './process.ts'

export class BareNode {
  readonly dir = mkdtempSync(join(tmpdir(), 'atoll-bare-'))
  port = 0
  program!: Program

  static async start(env: Record<string, string> = {}): Promise<BareNode> {
    const n = new BareNode()
    await n.launch(env)
    await n.program.line(/listening on port/)
    return n
  }

  /** Without waiting for it to listen. */
  async launch(env: Record<string, string> = {}): Promise<void> {
    this.port = await freePort()
    this.program = new Program(atoll, ['node', '--data', join(this.dir, 'node')], {
      PATH: process.env.PATH,
      ASAN_OPTIONS: process.env.ASAN_OPTIONS,
      UBSAN_OPTIONS: process.env.UBSAN_OPTIONS,
      PRIVATE_KEY: `0x${'17'.repeat(32)}`,
      HTTP_API_PORT: String(this.port),
      HTTP_BIND: '127.0.0.1',
      MAX_REQ_PER_MINUTE: '0',
      MAX_CONNECTIONS_PER_MINUTE: '0',
      MAX_PAGE_REQ_PER_MINUTE: '0',
      MAX_LOGIN_REQ_PER_MINUTE: '0',
      ...env
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async stop(): Promise<void> {
    if (this.program.running) await this.program.stop()
    rmSync(this.dir, { recursive: true, force: true })
  }
}
