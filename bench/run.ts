// SPDX-License-Identifier: Apache-2.0
// Measures everything, or what is named, and prints one table. See README.md.
import { cpus } from 'node:os'
import { World } from '../test/api/fixtures.ts'
import { benchBackup } from './backup.ts'
import { benchDownload } from './download.ts'
import { benchEncrypt } from './encrypt.ts'
import { benchHttp } from './http.ts'
import { benchJob } from './job.ts'
import { benchSearch } from './search.ts'
import { benchServices } from './services.ts'
import { benchStart } from './start.ts'

export interface Figure {
  name: string
  value: string
  /** the best this machine can do, measured in the same run */
  floor: string
  goal: string
}

const benches: Record<string, (w: World) => Promise<Figure[]>> = {
  start: benchStart, job: benchJob, http: benchHttp, encrypt: benchEncrypt, download: benchDownload
}
const named = process.argv.slice(2).filter((n) => n !== 'all')
const wanted = (name: string): boolean => named.length === 0 || named.includes(name)
const figures: Figure[] = []
if (Object.keys(benches).some(wanted)) {
  const w = await World.start({ env: { MAX_REQ_PER_MINUTE: '1000000000', MAX_CONNECTIONS_PER_MINUTE: '1000000' } })
  try {
    for (const [name, bench] of Object.entries(benches)) if (wanted(name)) figures.push(...await bench(w))
  } finally {
    await w.stop()
  }
}
if (wanted('search')) figures.push(...await benchSearch())
if (wanted('backup')) figures.push(...await benchBackup())
if (wanted('services')) figures.push(...await benchServices())

const rows = [{ name: 'figure', value: 'atoll', floor: 'floor here', goal: 'goal' }, ...figures]
const width = (key: keyof Figure): number => Math.max(...rows.map((r) => r[key].length))
console.log(`\n${cpus().length} cores, ${cpus()[0]?.model ?? ''}\n`)
for (const r of rows) {
  console.log([r.name.padEnd(width('name')), r.value.padStart(width('value')), r.floor.padStart(width('floor')),
    r.goal.padStart(width('goal'))].join('   '))
}
