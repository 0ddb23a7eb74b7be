// SPDX-License-Identifier: Apache-2.0
// 1 GiB from an origin (nginx) through the node, as an order's download, against nginx doing nothing but proxy_pass.
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { World } from '../test/api/fixtures.ts'
import { Nginx } from '../test/api/lib/nginx.ts'
import { run } from '../test/api/lib/process.ts'
import type { Figure } from './run.ts'

const SIZE = 1 << 30
const ROUNDS = 5

interface Transfer { rate: number; first: number }

/** Bytes a second, and ms to the first of them. */
async function transfer(url: string): Promise<Transfer> {
  const r = await run('curl', ['-sS', '-o', '/dev/null', '-w', '%{http_code} %{size_download} %{time_total} %{time_starttransfer}', url])
  const [status, size, total, first] = r.output.split(' ').map(Number)
  if (status !== 200 || size !== SIZE) throw new Error(`${url}: ${r.output}`)
  return { rate: SIZE / Number(total), first: Number(first) * 1000 }
}

const median = (list: number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? NaN
const mibs = (rate: number): number => Math.round(rate / 2 ** 20)

export async function benchDownload(w: World): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'atoll-bench-'))
  mkdirSync(join(dir, 'www'))
  const fd = openSync(join(dir, 'www/large.bin'), 'w')
  ftruncateSync(fd, SIZE)
  closeSync(fd)
  const origin = await Nginx.start(join(dir, 'origin'), `root ${dir}/www;`)
  const proxy = await Nginx.start(join(dir, 'proxy'), `location / { proxy_pass ${origin.url}; proxy_buffers 16 64k; proxy_max_temp_file_size 0; }`)
  try {
    const asset = await w.market.publish({ name: 'Large', files: [{ type: 'url', url: `${origin.url}/large.bin`, method: 'GET' }] })
    const order = await w.market.order(asset, w.consumer)
    const ours: Transfer[] = []
    const theirs: Transfer[] = []
    for (let i = 0; i < ROUNDS; i++) { // in turns, since the machine may be busy with something else
      theirs.push(await transfer(`${proxy.url}/large.bin`))
      ours.push(await transfer(await w.market.downloadUrl(asset, order, w.consumer)))
    }
    const rate = median(ours.map((t) => t.rate))
    const floor = median(theirs.map((t) => t.rate))
    return [
      {
        name: '1 GiB from an origin, MiB a second', value: `${mibs(rate)} (${(rate / floor).toFixed(2)} of nginx)`,
        floor: String(mibs(floor)), goal: '0.7 of nginx proxy_pass'
      },
      {
        name: 'the same, first byte', value: `${median(ours.map((t) => t.first)).toFixed(1)} ms`,
        floor: `${median(theirs.map((t) => t.first)).toFixed(1)} ms`, goal: '10 ms'
      }
    ]
  } finally {
    await origin.stop()
    await proxy.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
