// SPDX-License-Identifier: Apache-2.0
// Programs under test: started on free ports, their output kept, ended and looked at.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export { sleep }

/** Polls until fn returns something true, and returns that; an Error with `what` after limit ms. */
export async function until<T>(
  what: string, fn: () => Promise<T> | T, limit = 60_000, every = 50
): Promise<NonNullable<T>> {
  const end = Date.now() + limit
  for (;;) {
    const r = await fn()
    if (r) return r as NonNullable<T>
    if (Date.now() > end) throw new Error(`no ${what} within ${limit / 1000} s`)
    await sleep(every)
  }
}

const free = (port: number): Promise<boolean> => new Promise((resolve) => {
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
})

/** Below the ports that the system gives out by itself: nobody takes it before the program that is to have it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000)
    if (await free(port)) return port
  }
}

const alive = new Set<ChildProcess>()
process.on('exit', () => { for (const child of alive) child.kill('SIGKILL') })

export class Program {
  readonly name: string
  output = ''
  private readonly child: ChildProcess
  private readonly ended: Promise<void>

  constructor(command: string, args: string[], env: NodeJS.ProcessEnv = process.env) {
    this.name = args[0] ?? command
    this.child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    alive.add(this.child)
    this.ended = new Promise<void>((resolve) => {
      this.child.once('error', (e) => { this.output += `${e.message}\n`; resolve() })
      this.child.once('close', () => resolve())
    }).then(() => { alive.delete(this.child) })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => { this.output += text })
    }
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get running(): boolean {
    return alive.has(this.child)
  }

  /** Waits until a line of the output matches; fails at once when the program ends before. */
  async line(pattern: RegExp, limit = 60_000): Promise<RegExpExecArray> {
    return until(`${pattern} of ${this.name}`, () => {
      const m = pattern.exec(this.output)
      if (!m && !this.running) throw new Error(`${this.name} ended early:\n${this.output}`)
      return m
    }, limit, 5)
  }

  /** Waits for the end; the exit status, or the name of the signal that ended it. */
  async end(limit = 10_000): Promise<number | string> {
    await Promise.race([this.ended, sleep(limit, null, { ref: false })])
    if (this.running) throw new Error(`${this.name} does not end within ${limit / 1000} s`)
    return this.child.exitCode ?? this.child.signalCode ?? 'not started'
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  async stop(): Promise<number | string> {
    this.kill('SIGTERM')
    return this.end()
  }
}

/** Runs a command to its end: status and output. */
export async function run(
  command: string, args: string[], env: NodeJS.ProcessEnv = process.env, limit = 60_000
): Promise<{ status: number | string; output: string }> {
  const p = new Program(command, args, env)
  const status = await p.end(limit)
  return { status, output: p.output }
}
