// SPDX-License-Identifier: Apache-2.0
// What ddo-js says of a few hundred documents, each a base document with one member changed.
// Run in a folder that has ethers and @oceanprotocol/ddo-js 0.2.0 (test/ has):
//   node vectors/ddo.mjs > unit/vectors/ddo.json
// {"bases": {version: document}, "cases": [[version, [path to an object], key, "set"|"del", value, valid, difference]]}
// valid is what ddo-js says. Where another verdict is wanted, difference names the reason, a heading
// of docs/design/010-ddo-verdicts.md.
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(process.cwd() + '/')
const { getAddress } = require('ethers')
const { validateDDO } = await import(pathToFileURL(require.resolve('@oceanprotocol/ddo-js').replace(/[^/]*$/, 'ddo.module.js')))

const nft = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const token = '0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512'
const did = (prefix, address, chain) => prefix + createHash('sha256').update(getAddress(address) + chain).digest('hex')
const parameter = () => ({ name: 'rows', type: 'number', label: 'Rows', required: true, description: 'How many', default: '10', options: '[{"10":"ten"}]' })
const container = () => ({ entrypoint: 'node $ALGO', image: 'node', tag: '20', checksum: 'sha256:1155995dda741e93afe4b1c6ced2d01734a6ec69865cc0997daf1f4db7259a36' })
const v4 = (version) => ({
  '@context': ['https://w3id.org/did/v1'], id: did('did:op:', nft, 8996), version, chainId: 8996, nftAddress: nft,
  metadata: {
    created: '2026-01-01T00:00:00Z', updated: '2026-01-01T00:00:00Z', name: 'A dataset', description: 'Rows and\ncolumns of it', type: 'dataset',
    author: 'Alice', license: 'MIT', links: ['https://example.org'], tags: ['a', 'b'], categories: ['c'], copyrightHolder: 'Alice', contentLanguage: 'en',
    additionalInformation: { x: [1, { y: null }] }, algorithm: { language: 'js', version: '1', container: container(), consumerParameters: [parameter()] }
  },
  services: [
    { id: 'one', type: 'access', files: '0x00', datatokenAddress: token, serviceEndpoint: 'http://127.0.0.1:8030', timeout: 0 },
    { id: 'two', type: 'compute', name: 'Compute', description: 'Runs algorithms', files: '0x00', datatokenAddress: token, serviceEndpoint: 'http://127.0.0.1:8030', timeout: 3600,
      compute: { allowRawAlgorithm: false, allowNetworkAccess: true, publisherTrustedAlgorithmPublishers: [token],
        publisherTrustedAlgorithms: [{ did: 'did:op:1', filesChecksum: 'f', containerSectionChecksum: 'c', serviceId: 's' }] },
      credentials: { allow: [{ type: 'address', values: [token] }], deny: [] }, consumerParameters: [parameter()], additionalInformation: {} }
  ],
  credentials: { allow: [{ type: 'address', values: ['*'] }], deny: [{ type: 'address', values: [nft, token] }], match_allow: 'any' }
})
const v5 = () => ({
  '@context': ['https://www.w3.org/ns/credentials/v2'], id: did('did:ope:', nft, 8996), type: ['VerifiableCredential'], version: '5.0.0', issuer: 'did:key:1',
  credentialSubject: {
    id: 'x', chainId: 8996, nftAddress: nft,
    metadata: { created: '2026', updated: '2026', name: 'N', providedBy: 'P', description: { '@value': 'text', '@language': 'en', '@direction': 'ltr' }, type: 'dataset', license: { name: 'MIT' }, tags: ['a'], additionalInformation: { a: 1 } },
    services: [{ id: 's', type: 'access', name: 'S', files: '', datatokenAddress: token, serviceEndpoint: 'http://x', timeout: 5, state: 0, credentials: {} }],
    credentials: {}
  },
  additionalDdos: [{ type: 'text', data: 'd' }]
})
const bases = { '4.1.0': v4('4.1.0'), '4.3.0': v4('4.3.0'), '4.5.0': v4('4.5.0'), '4.7.0': v4('4.7.0'), '5.0.0': v5() } // the schema of "deprecated" is cut short in ddo-js and refuses everything

const x = (n) => 'x'.repeat(n)
const many = (n) => Array.from({ length: n }, (_, i) => 't' + i)
const wrong = [5, 1.5, true, {}, '', null, [], ['a', 'b'], 'line\nend', 'line\rend', 'line\u2028end', ['same', 'same'], [['in'], 'in']]
const cases = []
const pathOf = (where) => (where ? where.split('.').map((p) => (/^\d+$/.test(p) ? Number(p) : p)) : [])
const set = (version, path, key, ...values) => { for (const value of values) cases.push([version, path, key, 'set', value]) }
const del = (version, path, ...keys) => { for (const key of keys) cases.push([version, path, key, 'del', null]) }
const at = (doc, path) => path.reduce((o, k) => o[k], doc)
const every = (version, path) => {
  for (const key of Object.keys(at(bases[version], path))) {
    if (key[0] === '@') continue
    del(version, path, key)
    set(version, path, key, null, 'abc')
  }
}
const paths4 = [[], ['metadata'], ['metadata', 'algorithm'], ['metadata', 'algorithm', 'container'], ['metadata', 'algorithm', 'consumerParameters', 0],
  ['services', 0], ['services', 1], ['services', 1, 'compute'], ['services', 1, 'compute', 'publisherTrustedAlgorithms', 0], ['credentials'], ['credentials', 'allow', 0],
  ['services', 1, 'credentials', 'allow', 0]]
const lengths = [['metadata', 'description', 10, 7000], ['metadata', 'name', 4, 512], ['metadata', 'type', 0, 256], ['metadata', 'author', 0, 256], ['metadata', 'license', 0, 256],
  ['metadata', 'copyrightHolder', 0, 512], ['metadata', 'contentLanguage', 0, 256], ['services.0', 'id', 0, 256], ['services.0', 'type', 0, 256], ['services.1', 'name', 4, 256],
  ['services.1', 'description', 10, 7000], ['services.0', 'datatokenAddress', 42, 42], ['services.0', 'serviceEndpoint', 10, 2048], ['services.0', 'files', 0, 8192],
  ['metadata.algorithm.container', 'entrypoint', 3, 256], ['metadata.algorithm.container', 'image', 1, 256], ['metadata.algorithm.container', 'tag', 1, 256],
  ['metadata.algorithm.container', 'checksum', 7, 512], ['metadata.algorithm', 'language', 0, 256], ['credentials.allow.0', 'type', 0, 256], ['credentials.allow.0', 'values', 0, 1024],
  ['services.1.compute.publisherTrustedAlgorithms.0', 'did', 0, 256], ['services.1.compute.publisherTrustedAlgorithms.0', 'serviceId', 0, 1024],
  ['', 'id', 71, 71], ['', 'nftAddress', 42, 42], ['', 'version', 0, 16], ['metadata.algorithm', 'version', 0, 256],
  ['services.1.compute.publisherTrustedAlgorithms.0', 'filesChecksum', 0, 1024],
  ['services.1.compute.publisherTrustedAlgorithms.0', 'containerSectionChecksum', 0, 1024], ['credentials.deny.0', 'type', 0, 256],
  ['services.1.credentials.allow.0', 'type', 0, 256],
  ...['metadata.algorithm', 'services.1'].flatMap((where) => [['name', 256], ['type', 256], ['label', 256], ['description', 7000], ['default', 256], ['options', 256]]
    .map(([key, most]) => [`${where}.consumerParameters.0`, key, 0, most]))]
// lists: [where, key, longest value, how many]
const lists = [['metadata', 'links', 512, 64], ['metadata', 'tags', 256, 64], ['metadata', 'categories', 256, 64],
  ['services.1.compute', 'publisherTrustedAlgorithmPublishers', 256, 0], ['credentials.allow.0', 'values', 1024, 0],
  ['credentials.deny.0', 'values', 1024, 0], ['services.1.credentials.allow.0', 'values', 1024, 0]]
for (const version of ['4.1.0', '4.3.0', '4.5.0', '4.7.0']) {
  cases.push([version, [], 'unknown', 'set', 1])
  for (const path of paths4) every(version, path)
  for (const [where, key, least, most] of lengths) {
    if (least) set(version, pathOf(where), key, x(least - 1), x(least))
    set(version, pathOf(where), key, x(most), x(most + 1))
  }
  for (const [where, key, longest, most] of lists) {
    set(version, pathOf(where), key, [x(longest)], [x(longest + 1)], ['ok', x(longest + 1)])
    if (most) set(version, pathOf(where), key, many(most), many(most + 1))
    else set(version, pathOf(where), key, many(100))
  }
  set(version, [], 'services', Array.from({ length: 64 }, (_, i) => ({ ...bases[version].services[0], id: 's' + i })))
  set(version, ['metadata', 'algorithm'], 'consumerParameters', Array.from({ length: 64 }, (_, i) => ({ ...parameter(), name: 'p' + i })))
  set(version, ['services', 1], 'consumerParameters', Array.from({ length: 70 }, (_, i) => ({ ...parameter(), name: 'p' + i })), {}, [{}])
  set(version, ['services', 1], 'compute', {}, [bases[version].services[1].compute, { ...bases[version].services[1].compute, allowRawAlgorithm: true }])
  set(version, ['services', 1], 'credentials', {}, { allow: [{ type: 'address' }] }, { deny: [{ values: ['x'] }] }, 'x')
  set(version, ['metadata'], 'algorithm', [], {}, [bases[version].metadata.algorithm, { ...bases[version].metadata.algorithm, language: 'other' }])
  set(version, [], 'services', [], 'abc', {}, Array.from({ length: 65 }, (_, i) => ({ ...bases[version].services[0], id: 's' + i })))
  set(version, ['metadata'], 'tags', many(64), many(65), Array(70).fill('same'), [5], ['a\nb'], 'one', [x(256)], [x(257)], [null], [['a'], ['b']], [{}])
  set(version, ['metadata', 'algorithm'], 'consumerParameters', Array.from({ length: 65 }, (_, i) => ({ ...parameter(), name: 'p' + i })), [{}], {}, [])
  set(version, ['services', 1, 'compute'], 'publisherTrustedAlgorithms', ['*'], '*', ['x'], [{}], [])
}
const v = '4.7.0'
for (const [path, key] of [[['metadata'], 'name'], [['metadata'], 'description'], [['metadata'], 'author'], [['services', 0], 'id'], [['services', 1], 'description'], [['services', 0], 'timeout'],
  [['services', 1, 'compute'], 'allowRawAlgorithm'], [['metadata'], 'links'], [['metadata', 'algorithm', 'container'], 'image'], [['metadata'], 'created'], [[], 'metadata'], [[], 'credentials'],
  [['credentials'], 'allow'], [['metadata', 'algorithm', 'consumerParameters', 0], 'required'], [['metadata', 'algorithm', 'consumerParameters', 0], 'default']]) set(v, path, key, ...wrong)
set(v, ['services', 0], 'timeout', 1.0, -5, 1e20, 1e21, 86400.5, '60', 9007199254740993)
set(v, ['metadata'], 'name', '😀😀', '😀x', 'éééé', 'ééé', '日本語版', 'name\u0000')
set(v, [], 'chainId', '8996', 0, -1, 8997, 8996.5, [8996], null)
set(v, [], 'nftAddress', nft.toLowerCase(), nft.toUpperCase().replace('X', 'x'), nft.replace('F', 'f'), token, nft.slice(2), x(42), '')
set(v, [], 'id', 'did:op:' + '0'.repeat(64), 'did:ope:' + '0'.repeat(64), 'did:op:', bases[v].id.toUpperCase(), x(71), bases[v].id + '0')
set(v, [], 'version', '4.2.0', '4.7', '5.0.0', '6.0.0', '')
set(v, [], 'indexedMetadata', { stats: [] }, 'x')
for (const path of [[], ['credentialSubject'], ['credentialSubject', 'metadata'], ['credentialSubject', 'services', 0], ['additionalDdos', 0]]) every('5.0.0', path)
set('5.0.0', [], 'type', ['VerifiableCredential'], ['VerifiableCredential', 'Other'], {}, ['a', 'a'], 5)
set('5.0.0', [], 'issuer', 5, ['a', 'b'], {})
set('5.0.0', [], 'id', bases[v].id, 'did:ope:' + '0'.repeat(64))
set('5.0.0', ['credentialSubject'], 'chainId', 1, 'x', 8996.5)
set('5.0.0', [], 'id', x(71), x(72), x(73))
set('5.0.0', ['credentialSubject'], 'nftAddress', x(41), x(42), x(43), nft.toLowerCase())
set('5.0.0', ['credentialSubject'], 'services', Array.from({ length: 64 }, (_, i) => ({ ...bases['5.0.0'].credentialSubject.services[0], id: 's' + i })))
set('5.0.0', [], 'additionalDdos', Array.from({ length: 64 }, (_, i) => ({ type: 't' + i, data: 'd' })), 'x', [{ type: 't' }], [{ data: 'd' }])
set('5.0.0', [], 'version', '5.0.1', '5', '')
set('5.0.0', [], 'credentialSubject', {}, 'x', [], null)
set('5.0.0', ['credentialSubject'], 'metadata', {}, 'x', [])
set('5.0.0', ['credentialSubject'], 'services', [], {}, Array.from({ length: 65 }, (_, i) => ({ ...bases['5.0.0'].credentialSubject.services[0], id: 's' + i })))
set('5.0.0', ['credentialSubject', 'metadata'], 'additionalInformation', 'text', 5, [{}], [{}, 'x'])
set('5.0.0', ['credentialSubject', 'metadata'], 'tags', many(64), many(65), [5], 'x')
set('5.0.0', ['credentialSubject', 'services', 0], 'timeout', 1.5, '5', null)
set('5.0.0', ['credentialSubject'], 'event', { txid: 'a', block: 5 }, { block: 'x' }, { txid: ['a', 'b'] })
set('5.0.0', [], 'additionalDdos', [], [{}], Array.from({ length: 65 }, (_, i) => ({ type: 't' + i, data: 'd' })))

const belongs = (doc) => {
  const body = doc.version === '5.0.0' ? doc.credentialSubject : doc
  try { return did(doc.version === '5.0.0' ? 'did:ope:' : 'did:op:', body.nftAddress, body.chainId.toString(10)) === doc.id } catch { return false }
}
console.error = console.log = () => {}
const out = []
for (const [version, path, key, op, value] of cases) {
  const doc = structuredClone(bases[version])
  if (op === 'set') at(doc, path)[key] = value
  else delete at(doc, path)[key]
  const valid = (await validateDDO(structuredClone(doc)))[0]
  out.push(JSON.stringify([version, path, key, op, value, valid, ...(valid && !belongs(doc) ? ['identity'] : [])]))
}
for (const [version, doc] of Object.entries(bases))
  if (!(await validateDDO(structuredClone(doc)))[0]) throw new Error('base ' + version + ': ' + JSON.stringify(await validateDDO(doc)))
process.stdout.write(`{"bases":${JSON.stringify(bases)},\n"cases":[\n${out.join(',\n')}\n]}\n`)
