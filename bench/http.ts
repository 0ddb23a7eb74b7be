// SPDX-License-Identifier: Apache-2.0
// Requests a second with wrk on the routes that clients ask most, against nginx `return 200`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { World } from '../test/api/fixtures.ts'
import { Program, freePort, run, until } from '../test/api/lib/process.ts'
import type { Figure } from './run.ts'

const SECONDS = 4

async function rate(url: string): Promise<number> {
  const r = await run('wrk', ['-t1', '-c32', `-d${SECONDS}s`, url])
  const m = /Requests\/sec:\s+([\d.]+)/.exec(r.output)
  if (!m || /Non-2xx/.test(r.output)) throw new Error(`${url}: ${r.output}`)
  return Number(m[1])
}

async function nginx(dir: string): Promise<{ url: string; program: Program }> {
  const port = await freePort()
  writeFileSync(join(dir, 'nginx.conf'), `
daemon off; pid ${dir}/pid; error_log ${dir}/error.log; worker_processes 2;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir};
  uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  server { listen 127.0.0.1:${port}; location / { return 200 "hello"; } }
}
`)
  const program = new Program('/usr/sbin/nginx', ['-c', join(dir, 'nginx.conf'), '-p', dir])
  const url = `http://127.0.0.1:${port}/`
  await until('nginx', () => fetch(url).then((r) => r.ok).catch(() => false))
  return { url, program }
}

export async function benchHttp(w: World): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'atoll-bench-'))
  const other = await nginx(dir)
  try {
    const file = w.files.add('bench.bin', 'x')
    const asset = await w.market.publish({ name: 'Bench', files: [file.object] })
    const floor = await rate(other.url)
    const routes: Array<[string, string]> = [
      ['GET /', '/'],
      ['GET environments', '/api/services/computeEnvironments'],
      ['GET nonce', `/api/services/nonce?userAddress=${w.consumer.address}`],
      ['GET DDO', `/api/aquarius/assets/ddo/${asset.did}`]
    ]
    const figures: Figure[] = []
    for (const [name, path] of routes) {
      const ours = await rate(w.url + path)
      figures.push({
        name: `${name}, requests a second`, value: `${Math.round(ours)} (${(ours / floor).toFixed(2)} of nginx)`,
        floor: String(Math.round(floor)), goal: '0.35 of nginx'
      })
    }
    return figures
  } finally {
    await other.program.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
