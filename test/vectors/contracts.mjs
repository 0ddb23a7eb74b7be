// SPDX-License-Identifier: Apache-2.0
// Events and functions of the Ocean contracts, from the artifacts of @oceanprotocol/contracts:
//   event<TAB>name<TAB>signature<TAB>topic0<TAB>indexed (1 or 0 for each field)<TAB>field names
//   function<TAB>contract<TAB>signature<TAB>selector<TAB>returned types
// Run in a folder that has ethers and the contracts installed: node contracts.mjs > contracts.tsv
import { createRequire } from 'node:module'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

const require = createRequire(process.cwd() + '/')
const { Interface } = require('ethers')
const root = join(dirname(require.resolve('@oceanprotocol/contracts/package.json')), 'artifacts/contracts')
const WANTED = ['ERC721Factory', 'ERC721Template', 'ERC20Template', 'ERC20TemplateEnterprise', 'ERC20Template4',
  'FixedRateExchange', 'Dispenser', 'FactoryRouter', 'AccessList', 'AccessListFactory', 'Escrow', 'OceanToken']

const lines = new Set()
const type = (p) => p.format('sighash')
for (const file of readdirSync(root, { recursive: true })) {
  const name = file.split('/').pop()
  if (!name.endsWith('.json') || name.endsWith('.dbg.json') || !WANTED.includes(name.slice(0, -5))) continue
  const iface = new Interface(JSON.parse(readFileSync(join(root, file))).abi)
  iface.forEachEvent((e) => lines.add(['event', e.name, e.format('sighash'), e.topicHash,
    e.inputs.map((p) => +p.indexed).join(''), e.inputs.map((p) => p.name || '-').join(',')].join('\t')))
  iface.forEachFunction((f) => lines.add(['function', name.slice(0, -5), f.format('sighash'), f.selector,
    '(' + f.outputs.map(type).join(',') + ')'].join('\t')))
}
console.log([...lines].sort().join('\n'))
