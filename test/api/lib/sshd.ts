// SPDX-License-Identifier: Apache-2.0
// Backup servers: an sshd of the tests' own on loopback, prepared by scripts/backup-server.sh. As root it has a user of its own who is
// locked in; for an ordinary user it is that user's own account.
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Program, freePort, until } from './process.ts'

const script = join(import.meta.dirname, '../../../scripts/backup-server.sh')
export const isRoot = process.getuid?.() === 0

/** Runs scripts/backup-server.sh. */
export const prepare = (args: string[], env: NodeJS.ProcessEnv = process.env): SpawnSyncReturns<string> =>
  spawnSync(script, args, { encoding: 'utf8', env })

const answers = async (port: number): Promise<boolean> => {
  const s = connect(port, '127.0.0.1')
  const well = await Promise.race([once(s, 'connect').then(() => true), once(s, 'error').then(() => false)]).catch(() => false)
  s.destroy()
  return well
}

export class BackupHost {
  readonly dir: string
  readonly user: string
  readonly ordinary: boolean
  /** as `atoll backup server add --path` wants it */
  path = ''
  port = 0
  private sshd?: Program
  private mounted = false

  private constructor(name: string, ordinary: boolean) {
    this.ordinary = ordinary
    // sshd locks nobody in below a folder that others can write, such as /tmp
    this.dir = mkdtempSync(join(ordinary ? tmpdir() : '/srv', 'atoll-backup-'))
    this.user = ordinary ? userInfo().username : `atoll-${name}-${process.pid}`
  }

  /** `size`: bytes of a file system of its own for the repositories (root only). */
  static async start(name: string, o: { ordinary?: boolean; size?: number } = {}): Promise<BackupHost> {
    const h = new BackupHost(name, o.ordinary ?? !isRoot)
    mkdirSync(join(h.dir, 'sshd_config.d'), { mode: 0o755 })
    execFileSync('chmod', ['755', h.dir])
    if (isRoot && !existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 })
    if (o.size) {
      mkdirSync(h.root)
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${o.size},mode=755`, 'atoll-test', h.root])
      h.mounted = true
    }
    h.port = await freePort()
    h.newHostKey()
    writeFileSync(join(h.dir, 'sshd_config'), [
      `Include ${h.dir}/sshd_config.d/*.conf`, `Port ${h.port}`, 'ListenAddress 127.0.0.1', `HostKey ${h.dir}/host`, 'PidFile none',
      'UsePAM no', 'Subsystem sftp internal-sftp', 'MaxStartups 100', 'PasswordAuthentication yes',
      ...(h.ordinary ? ['StrictModes no', `AuthorizedKeysFile ${h.dir}/.ssh/authorized_keys`] : [])
    ].join('\n') + '\n')
    return h
  }

  get root(): string { return join(this.dir, 'root') }

  /** What the operator of the server runs, with the node's public key. */
  prepare(publicKey: string, more: string[] = []): SpawnSyncReturns<string> {
    this.path = this.ordinary ? `${this.root}/repositories` : '/repositories'
    return this.ordinary
      ? prepare(['--ordinary', '--root', this.root, '--key', publicKey, ...more], { ...process.env, HOME: this.dir })
      : prepare(['--root', this.root, '--user', this.user, '--sshd-config', join(this.dir, 'sshd_config'), '--keys', join(this.dir, 'keys'),
          '--no-reload', '--key', publicKey, ...more])
  }

  async up(): Promise<this> {
    this.sshd = new Program('/usr/sbin/sshd', ['-D', '-e', '-f', join(this.dir, 'sshd_config')])
    await until('sshd', () => answers(this.port), 60_000)
    return this
  }

  async down(): Promise<void> {
    if (!this.sshd?.running) return
    this.sshd.kill('SIGTERM')
    await this.sshd.end()
  }

  /** Takes effect when it is started. */
  newHostKey(): void {
    rmSync(join(this.dir, 'host'), { force: true })
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(this.dir, 'host')])
  }

  get fingerprint(): string {
    return execFileSync('ssh-keygen', ['-l', '-f', join(this.dir, 'host.pub')], { encoding: 'utf8' }).split(' ')[1] ?? ''
  }

  /** What `POST /marketplace/api/admin/backup-servers` takes. */
  as(name: string): Record<string, unknown> {
    return { name, host: '127.0.0.1', port: this.port, user: this.user, path: this.path }
  }

  repositories(): string[] { return readdirSync(join(this.root, 'repositories')) }

  /** Everything that was stored there is lost, and the machine with it. */
  async destroy(): Promise<void> {
    await this.down()
    rmSync(join(this.root, 'repositories'), { recursive: true, force: true })
  }

  async stop(): Promise<void> {
    await this.down()
    if (this.mounted) execFileSync('umount', [this.root])
    if (!this.ordinary) spawnSync('userdel', [this.user])
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** A road to a server that can be blocked: after `limit` bytes of a connection nothing more gets through, in silence. */
export class Road {
  limit = Infinity
  /** connections that have reached their limit */
  stuck = 0
  private readonly sockets = new Set<Socket>()
  private constructor(private readonly server: Server) {}

  get port(): number { return (this.server.address() as AddressInfo).port }

  static async to(port: number): Promise<Road> {
    const server = createServer()
    const road = new Road(server)
    server.on('connection', (a) => {
      const b = connect(port, '127.0.0.1')
      let passed = 0
      for (const s of [a, b]) { road.sockets.add(s); s.on('error', () => s.destroy()).on('close', () => road.sockets.delete(s)) }
      a.on('data', (d: Buffer) => {
        passed += d.length
        if (passed <= road.limit) { if (!b.write(d)) { a.pause(); b.once('drain', () => a.resume()) } return }
        a.pause()
        road.stuck++
      }).on('close', () => b.destroy())
      b.on('data', (d: Buffer) => a.write(d)).on('close', () => a.destroy())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return road
  }

  stop(): void {
    for (const s of this.sockets) s.destroy()
    this.server.close()
  }
}
