// SPDX-License-Identifier: Apache-2.0
// FTP servers on localhost: pyftpdlib for users and passwords (see ftpd.py), vsftpd for TLS, which it demands for commands
// and data, in one session. Both are Debian's and run as an ordinary user.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Program, freePort, until } from './process.ts'

const script = fileURLToPath(new URL('./ftpd.py', import.meta.url))

export interface FtpFile { type: string; url: string }

export class FtpServer {
  private constructor(
    private readonly dir: string, private readonly base: string, private readonly program: Program, private readonly login = ''
  ) {}

  static async start(dir: string): Promise<FtpServer> {
    mkdirSync(dir, { recursive: true })
    const program = new Program('/usr/bin/python3', [script, dir])
    const port = (await program.line(/listening on (\d+)/))[1]
    return new FtpServer(dir, `localhost:${port}/`, program, 'alice:a%3Ab%40c@')
  }

  /** pem: certificate and key for "localhost". Everybody may read and write; paths are those of the machine. */
  static async startTls(dir: string, pem: string): Promise<FtpServer> {
    const port = await freePort()
    mkdirSync(dir, { recursive: true })
    const options = {
      listen: 'YES', listen_address: '127.0.0.1', listen_port: port, background: 'NO', run_as_launching_user: 'YES',
      anonymous_enable: 'YES', no_anon_password: 'YES', anon_root: dir, local_enable: 'NO', write_enable: 'YES',
      anon_upload_enable: 'YES', anon_world_readable_only: 'NO', ssl_enable: 'YES', allow_anon_ssl: 'YES',
      force_anon_data_ssl: 'YES', force_anon_logins_ssl: 'YES', require_ssl_reuse: 'YES', rsa_cert_file: pem,
      rsa_private_key_file: pem, seccomp_sandbox: 'NO', isolate: 'NO', isolate_network: 'NO', xferlog_enable: 'NO'
    }
    const conf = `${dir}.conf`
    writeFileSync(conf, Object.entries(options).map(([k, v]) => `${k}=${v}\n`).join(''), { mode: 0o600 })
    const program = new Program('/usr/sbin/vsftpd', [conf])
    await until('vsftpd', () => {
      if (!program.running) throw new Error(`vsftpd ended early:\n${program.output}`)
      return new Promise<boolean>((resolve) => {
        const s = connect(port, '127.0.0.1', () => { s.destroy(); resolve(true) }).on('error', () => resolve(false))
      })
    })
    return new FtpServer(dir, `localhost:${port}${dir}/`, program)
  }

  async stop(): Promise<void> {
    await this.program.stop()
  }

  /** login: "user:password@", "" for nobody in particular */
  object(path: string, login = this.login): FtpFile {
    return { type: 'ftp', url: `${this.login ? 'ftp' : 'ftps'}://${login}${this.base}${path}` }
  }

  put(path: string, bytes: Buffer): void {
    mkdirSync(dirname(join(this.dir, path)), { recursive: true })
    writeFileSync(join(this.dir, path), bytes)
  }

  get(path: string): Buffer {
    return readFileSync(join(this.dir, path))
  }
}
