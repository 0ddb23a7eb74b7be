// SPDX-License-Identifier: Apache-2.0
// Packages of the tests' own: a busybox that serves what it was told, in versions that are well or not.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { World, type Env } from '../fixtures.ts'
import { CHAIN } from './chain.ts'
import { engine, registry, socketPath } from './docker.ts'
import { until } from './process.ts'
import { Session, type Answer } from './session.ts'
import { Solutions, Tenant } from './solutions.ts'

/** A large machine of small pieces: 1 OCEAN a minute for a core. */
export const manySmall = (token: string, cores = 16): unknown[] => [{
  socketPath,
  environments: [{
    id: 'services', storageExpiry: 604800, maxJobDuration: 3600, minJobDuration: 60, billing: 'second',
    resources: [{ id: 'cpu', total: cores, max: 2, min: 0.05 }, { id: 'ram', total: 24, max: 4, min: 0.03 }, { id: 'disk', total: 200, max: 20 }],
    fees: { [CHAIN]: [{ feeToken: token, prices: [{ id: 'cpu', price: 1 }, { id: 'ram', price: 0.5 }] }] }
  }]
}]

export interface Kind {
  version?: string
  /** what the container runs, a line of busybox's shell */
  script?: string
  image?: string
  /** seconds that the first success of the check may take */
  start?: number
  /** a raw port of the host leads to it as well */
  raw?: boolean
  /** the marketplace's login stands before its page */
  login?: boolean
  /** lines of package.toml */
  more?: string
}

/** The folder of a package "hello": httpd on 8080 with a volume, and a second container that it depends on. */
export function helloPackage(dir: string, kind: Kind = {}): string {
  const version = kind.version ?? '1'
  const folder = join(dir, `hello-${version}`)
  const image = kind.image ?? `${registry().address}/bb:1`
  const script = kind.script ?? `echo v${version} > /tmp/index.html; echo $GREETING >> /tmp/index.html; date >> /data/starts; echo started v${version}; /bin/busybox httpd -p 8081 -h /tmp; exec /bin/busybox httpd -f -p 8080 -h /tmp`
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.toml'), `
name = "hello"
version = "${version}"
title = "Hello"
summary = "A page that says what it was told"
category = "test"
permissions = ["root"${kind.raw ? ', "host-port"' : ''}]

[[sizes]]
name = "small"
label = "Small"
cpu = 0.1
ram = "64 MiB"
disk = "1 GiB"

[[sizes]]
name = "large"
label = "Large"
cpu = 0.2
ram = "128 MiB"
disk = "1 GiB"

[[questions]]
name = "greeting"
type = "string"
label = "What it says"
required = true

[[secrets]]
name = "password"
length = 24
label = "Password"
show = true

[[containers]]
name = "base"
image = "${image}"
command = ["/bin/busybox", "httpd", "-f", "-p", "9000", "-h", "/tmp"]
ports = [{ name = "inside", port = 9000, protocol = "tcp", public = false }]
[containers.health]
kind = "tcp"
port = "inside"
interval = 2
start = 20

[[containers]]
name = "web"
image = "${image}"
command = ["/bin/busybox", "sh", "-c", ${JSON.stringify(script)}]
after = ["base"]
ports = [{ name = "http", port = 8080, protocol = "http", public = true${kind.login ? ', login = true' : ''} }${kind.raw ? ', { name = "raw", port = 8081, protocol = "tcp", public = true }' : ''}]
volumes = [{ name = "data", path = "/data" }]
[containers.env]
GREETING = "\${answer.greeting}"
PASSWORD = "\${secret.password}"
[containers.health]
kind = "http"
port = "http"
path = "/index.html"
interval = 2
start = ${kind.start ?? 20}
${kind.more ?? ''}
`)
  return folder
}

/** A node with the package "hello", for people who deploy it. */
export class Services extends Solutions {
  static async begin(env: Env | ((w: World) => Env) = {}, kinds: Kind[] = [{ raw: true }]): Promise<Services> {
    const s = new Services(await World.start({
      env: (w) => ({
        DEV_LOGIN: 'true', MARKETPLACE_ADMINS: '["root"]', DEVELOP_PACKAGES: 'true', MAX_PAGE_REQ_PER_MINUTE: '0', MAX_LOGIN_REQ_PER_MINUTE: '0',
        DOCKER_COMPUTE_ENVIRONMENTS: JSON.stringify(manySmall(w.chain.ocean)), ...(typeof env === 'function' ? env(w) : env)
      })
    }))
    s.unit = { chain: CHAIN, token: s.w.chain.ocean }
    s.operator = await Session.dev(s.w.url, 'root')
    for (const kind of kinds) await s.addHello(kind)
    return s
  }

  async addHello(kind: Kind): Promise<void> {
    await s200(this.operator.post('/marketplace/api/admin/packages', { source: helloPackage(this.w.dir, kind) }))
  }

  /** Somebody with a pool, who deploys by one call. */
  async customer(name: string, whole = 1000): Promise<Customer> {
    const t = await this.tenant(name)
    return new Customer(t.session, await this.grant(t, whole))
  }

  /** What of this node is left in the engine: names of containers, volumes and networks. */
  async left(): Promise<string[]> {
    const label = JSON.stringify({ label: [`atoll.node=${this.w.wallet.address.toLowerCase()}`] })
    const filter = `filters=${encodeURIComponent(label)}`
    const boxes = await engine<Array<{ Names: string[] }>>(`/v1.41/containers/json?all=true&${filter}`)
    const volumes = await engine<{ Volumes: Array<{ Name: string }> | null }>(`/v1.41/volumes?${filter}`)
    const networks = await engine<Array<{ Name: string }>>(`/v1.41/networks?${filter}`)
    return [...boxes.map((c) => c.Names[0] ?? ''), ...(volumes.Volumes ?? []).map((v) => v.Name), ...networks.map((n) => n.Name)]
  }

  /** The node dies at once and is started again. */
  async crash(): Promise<void> {
    this.w.node.kill('SIGKILL')
    await until('end of the node', () => !this.w.node.running)
    await this.w.startNode()
  }

  override async stop(): Promise<void> {
    try {
      if (this.w.node.running) {
        for (const d of (await this.operator.read('/marketplace/api/admin/deployments')).deployments) {
          await this.operator.remove(`/marketplace/api/admin/deployments/${d.id}`, d.name)
        }
        assert.deepEqual(await this.left(), [], 'containers, volumes or networks that nobody removed')
      }
    } finally {
      await super.stop()
    }
  }
}

const s200 = async (a: Promise<Answer>): Promise<Answer> => {
  const r = await a
  assert.equal(r.status, 200, r.text)
  return r
}

export class Customer extends Tenant {
  constructor(session: Session, readonly poolId: string) { super(session) }

  try(name: string, more: Record<string, unknown> = {}): Promise<Answer> {
    return this.session.post('/marketplace/api/deployments',
      { package: 'hello', version: '1', name, size: 'small', pool: this.poolId, answers: { greeting: `hello from ${name}` }, ...more })
  }

  async hello(name: string, more: Record<string, unknown> = {}): Promise<string> {
    return (await s200(this.try(name, more))).json.deployment as string
  }

  async running(name: string, more: Record<string, unknown> = {}): Promise<string> {
    const id = await this.hello(name, more)
    await this.reaches(id, 'running')
    return id
  }

  ask(id: string, what: string, body: unknown = {}): Promise<Answer> { return this.session.post(`/marketplace/api/deployments/${id}/${what}`, body) }
  async asks(id: string, what: string, body: unknown = {}): Promise<any> { return (await s200(this.ask(id, what, body))).json }
  delete(id: string, confirm: string): Promise<Answer> { return this.session.remove(`/marketplace/api/deployments/${id}`, confirm) }
  async list(): Promise<any[]> { return (await this.session.read('/marketplace/api/deployments')).deployments }

  /** The page that the deployment serves on its raw port. */
  async page(id: string, path = '/index.html'): Promise<string> {
    const port = (await this.deployment(id)).ports.find((p: any) => p.name === 'raw')?.port as number
    return (await fetch(`http://127.0.0.1:${port}${path}`)).text()
  }

  /** Until the deployment is as `good` says; its states on the way. */
  async becomes(id: string, good: (d: any) => boolean): Promise<any> {
    return until('the deployment as wanted', async () => {
      const r = await this.session.get(`/marketplace/api/deployments/${id}`).catch(() => null)
      return r?.status === 200 && good(r.json) ? r.json : null
    }, 120_000)
  }
}

/** A call of the engine with a body; the answer's bytes. */
function call(path: string, body: unknown): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body)
    request({ socketPath, path, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } }, (res) => {
      const parts: Buffer[] = []
      res.on('data', (c: Buffer) => parts.push(c)).on('end', () => { resolve(Buffer.concat(parts)) })
    }).on('error', reject).end(text)
  })
}

/** Runs a command inside of a container: its status and what it wrote. */
async function exec(name: string, words: string[]): Promise<{ status: number; text: string }> {
  const { Id } = JSON.parse(String(await call(`/v1.41/containers${name}/exec`, { Cmd: words, AttachStdout: true, AttachStderr: true })))
  const frames = await call(`/v1.41/exec/${Id}/start`, { Detach: false, Tty: false })
  let text = ''
  for (let i = 0; i + 8 <= frames.length;) {
    const n = frames.readUInt32BE(i + 4)
    text += frames.subarray(i + 8, i + 8 + n).toString()
    i += 8 + n
  }
  return { status: (await engine<{ ExitCode: number }>(`/v1.41/exec/${Id}/json`)).ExitCode, text }
}

export async function command(name: string, words: string[]): Promise<string> {
  return (await exec(name, words)).text
}

/** Whether a program inside of a container can open a connection. */
export async function inside(name: string, host: string, port: string): Promise<boolean> {
  return (await exec(name, ['/bin/busybox', 'nc', '-w', '2', host, port, '-e', '/bin/busybox', 'true'])).status === 0
}
