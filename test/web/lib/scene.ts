// SPDX-License-Identifier: Apache-2.0
// A marketplace with everything around it: names with certificates of a real authority, a backup server, a small package in
// several versions, and a browser that knows the names.
import type { Browser } from 'playwright-core'
import { Surroundings } from '../../api/lib/gateway.ts'
import { until } from '../../api/lib/process.ts'
import { Services, type Kind } from '../../api/lib/services.ts'
import { Session } from '../../api/lib/session.ts'
import { caddies } from '../../api/lib/story.ts'
import { BackupHost } from '../../api/lib/sshd.ts'
import { Visitor, launch, type Options } from './browser.ts'

/** One volume is backed up. */
export const BACKED_UP = '[[backup]]\nvolume = "data"\ncontainer = "web"\n'
const QUIET = { BACKUP_SCHEDULE: 'none', NODE_BACKUP_SCHEDULE: 'none', BACKUP_TEST_DAYS: '0', BACKUP_CHECK_DAYS: '0' }

export class Scene {
  private readonly hosts: BackupHost[] = []
  browser!: Browser
  around!: Surroundings
  s!: Services

  static async start(kinds: Kind[], env: Record<string, string> = {}): Promise<Scene> {
    const scene = new Scene()
    try {
      scene.around = await Surroundings.start()
      scene.s = await Services.begin({ ...scene.around.env, ...QUIET, ...env }, kinds)
      scene.browser = await launch(['--host-resolver-rules=MAP *.test 127.0.0.1'])
      await until('the certificate of the marketplace', () => scene.around.ask('market.test', '/marketplace/').then((r) => r.status === 200, () => false), 60_000)
    } catch (e) {
      await scene.stop()
      throw e
    }
    return scene
  }

  /** The marketplace, as its visitors know it. */
  get url(): string { return `https://market.test:${this.around.ports.https}` }
  host = (name: string): string => `${name}.solutions.test`
  site = (name: string): string => `https://${this.host(name)}:${this.around.ports.https}/`

  /** Somebody who has logged in and looks at a page of the marketplace; the development login is for the node's own address. */
  async visitor(name: string, hash: string, o: Options = {}): Promise<Visitor> {
    const { cookies } = await Session.dev(this.s.w.url, name)
    const v = await Visitor.open(this.browser, this.url, { ...o, anyCertificate: true })
    await v.context.addCookies([...cookies].map(([key, value]) => ({ name: `__Host-${key}`, value, url: this.url, httpOnly: true, secure: true, sameSite: 'Lax' as const })))
    await v.go(hash)
    await v.page.getByRole('navigation', { name: 'Main' }).waitFor()
    return v
  }

  /** The gateway takes another configuration each time a name comes or goes: what is under way may be cut, and the page asks again. */
  forgive(v: Visitor): void {
    v.faults.splice(0, v.faults.length, ...v.faults.filter((f) => !/^console: Failed to load resource: net::ERR_(FAILED|SSL_PROTOCOL_ERROR|CONNECTION_|HTTP2_)/.test(f)))
  }

  /** A backup server that is ready and that the node is not told of. */
  async backupHost(name: string): Promise<BackupHost> {
    const host = await BackupHost.start(name)
    this.hosts.push(host)
    const made = host.prepare((await this.s.operator.read('/marketplace/api/admin/backup-servers')).publicKey)
    if (made.status !== 0) throw new Error(made.stderr)
    return host.up()
  }

  /** Deployments of hello are quiet when the gateway serves them. */
  served = (name: string, status = 200): Promise<unknown> => until(`${name} to be served`, () =>
    this.around.ask(this.host(name)).then((r) => r.status === status ? r : null, () => null), 60_000)

  async stop(): Promise<void> {
    const dir = this.s?.w.dir
    await this.browser?.close()
    try {
      await this.s?.stop()
    } finally {
      for (const pid of dir ? caddies(dir) : []) process.kill(pid, 'SIGKILL')
      for (const host of this.hosts) await host.stop()
      await this.around?.stop()
    }
  }
}
