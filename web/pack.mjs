// SPDX-License-Identifier: Apache-2.0
// pack.mjs DIR: beside each file of a build its gzip and Brotli forms, and the size that matters.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const dir = process.argv[2]
let script = 0
for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || /\.(gz|br)$/.test(entry.name)) continue
  const path = join(entry.parentPath ?? entry.path, entry.name)
  const bytes = readFileSync(path)
  const gzip = gzipSync(bytes, { level: 9 })
  writeFileSync(`${path}.gz`, gzip)
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [constants.BROTLI_PARAM_QUALITY]: 11 }
  }))
  if (entry.name.endsWith('.js')) script += gzip.length
}
writeFileSync(join(dir, 'size.txt'), `${script}\n`)
console.log(`page: ${(script / 1000).toFixed(1)} kB of JavaScript, gzipped`)
