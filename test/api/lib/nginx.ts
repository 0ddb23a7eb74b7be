// SPDX-License-Identifier: Apache-2.0
// nginx on a free port of 127.0.0.1, with locations of the caller's.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Program, freePort, until } from './process.ts'

export class Nginx {
  private constructor(readonly url: string, private readonly program: Program) {}

  /** dir: a folder of its own. locations: lines of a server block. */
  static async start(dir: string, locations: string): Promise<Nginx> {
    const port = await freePort()
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'nginx.conf'), `
${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; pid ${dir}/pid; error_log ${dir}/error.log; worker_processes 2;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; default_type application/octet-stream;
  types { text/csv csv; text/plain txt; application/json json; }
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi; scgi_temp_path ${dir}/scgi;
  server { listen 127.0.0.1:${port}; ${locations} }
}
`)
    const program = new Program('/usr/sbin/nginx', ['-c', join(dir, 'nginx.conf'), '-p', dir, '-e', join(dir, 'error.log')])
    const url = `http://127.0.0.1:${port}`
    await until('nginx', () => {
      if (!program.running) throw new Error(`nginx ended early:\n${program.output}`)
      return fetch(url).then(() => true).catch(() => false)
    })
    return new Nginx(url, program)
  }

  async stop(): Promise<void> {
    await this.program.stop()
  }
}
