// SPDX-License-Identifier: Apache-2.0
// Search: the bodies that clients really send (test/api/queries), what must be refused, and queries
// made by chance, whose answers an oracle finds by looking at every document.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { World } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { post, type Reply } from './lib/http.ts'
import type { Person, Plan, Published } from './lib/market.ts'
import { Generator, elastic, random, valuesAt } from './lib/oracle.ts'

interface Sent {
  client: string
  what: string
  route: 'node' | 'aquarius' | 'direct'
  shape: 'lists' | 'typesense' | 'elastic'
  finds?: string[]
  ordered?: boolean
  count?: number
  total?: number
  buckets?: Record<string, string[]>
  body: unknown
}

let w: World
const made: Record<string, Published> = {}

const paths = { node: '/api/aquarius/assets/metadata/query', aquarius: '/api/aquarius/assets/query' }
const send = (body: unknown, route: Sent['route'] = 'node'): Promise<Reply> => route === 'direct'
  ? post(`${w.url}/directCommand`, { command: 'query', query: body })
  : post(w.url + paths[route], body)
const ask = async (body: unknown, route?: Sent['route']): Promise<any> => {
  const r = await send(body, route)
  assert.equal(r.status, 200, `${JSON.stringify(body)}: ${r.text}`)
  return JSON.parse(r.text)
}

const publish = async (key: string, owner: Person, plan: Partial<Plan>): Promise<void> => {
  made[key] = await w.market.publish({ name: key, files: [], sealed: '0x01', owner, ...plan })
}

before(async () => {
  w = await World.start({ compute: false })
  const one = w.publisher
  const two = w.consumer
  const about = (author: string, description: string, tags: string[]): { metadata: Record<string, unknown> } =>
    ({ metadata: { author, description, tags } })
  await publish('rain', one, { name: 'Rain in Bavaria', ...about('Alice', 'Daily measurements', ['Weather', 'rain']) })
  await publish('wind', one, { name: 'Wind power of the north', price: 5, ...about('Alice', 'Hourly yields', ['Weather', 'Energy']) })
  await publish('wind2', one, { name: 'Wind power at sea', price: 2, ...about('Alice', 'Daily yields', ['Weather', 'Energy']) })
  await publish('snow', one, { name: 'Snow in Bavaria', price: 0, ...about('Alice', 'Depths', ['Weather']) })
  await publish('count', two, {
    name: 'Count drops', type: 'algorithm', service: 'compute', ...about('Bob', 'Counts drops of rain in pictures', ['counting']),
    algorithm: { language: 'js', version: '1', container: { entrypoint: 'node $ALGO', image: 'node', tag: 'x', checksum: `sha256:${'0'.repeat(64)}` } }
  })
  await publish('words', two, { name: 'Words of Sweden', ...about('Carol', 'Gr\u00f6\u00dfe der W\u00f6rter', ['language']) })
})
after(async () => { await w.stop() })

/** A body of the corpus with what is known only now. */
function filled(body: unknown): unknown {
  const pick = (what: string, key: string): string => {
    const a = made[key]
    assert.ok(a, key)
    return { DID: a.did, ESCAPED_DID: a.did.replaceAll(':', '\\\\:'), NFT: a.nft, DT: a.datatoken }[what] as string
  }
  return JSON.parse(JSON.stringify(body)
    .replaceAll('"$CHAIN"', String(CHAIN)).replaceAll('$CHAIN', String(CHAIN)).replaceAll('$OWNER2', w.consumer.address)
    .replace(/\$(ESCAPED_DID|DID|NFT|DT):(\w+)/g, (_, what, key) => pick(what, key)))
}

/** The documents of an answer, whatever its shape. */
function documents(answer: any, shape: Sent['shape']): any[] {
  if (shape === 'lists') {
    assert.ok(Array.isArray(answer) && answer.every(Array.isArray), 'an array of arrays')
    return answer.flat()
  }
  if (shape === 'elastic') return answer.hits.hits.map((h: any) => h._source)
  assert.equal(answer.length, 1)
  for (const key of ['facet_counts', 'found', 'hits', 'out_of', 'page', 'request_params', 'search_time_ms']) {
    assert.ok(key in answer[0], key)
  }
  return answer[0].hits.map((h: any) => h.document)
}

describe('what clients send', () => {
  const dir = join(import.meta.dirname, 'queries')
  for (const file of readdirSync(dir).filter((f) => f.endsWith('.json'))) {
    const sent = JSON.parse(readFileSync(join(dir, file), 'utf8')) as Sent
    test(`${sent.client}: ${sent.what}`, async () => {
      const answer = await ask(filled(sent.body), sent.route)
      const docs = documents(answer, sent.shape)
      const keys = docs.map((d) => Object.keys(made).find((k) => made[k]?.did === d.id) ?? d.id)
      if (sent.count !== undefined) assert.equal(docs.length, sent.count)
      if (sent.finds && sent.ordered) assert.deepEqual(keys, sent.finds)
      else if (sent.finds) assert.deepEqual(keys.sort(), [...sent.finds].sort())
      if (sent.total !== undefined) assert.equal(sent.shape === 'elastic' ? answer.hits.total.value : answer[0].found, sent.total)
      for (const [name, values] of Object.entries(sent.buckets ?? {})) {
        assert.deepEqual(answer.aggregations[name].buckets.map((b: any) => b.key).sort(), [...values].sort())
      }
    })
  }

  test('an unmodified ocean.js gets what the node answers', async () => {
    const answer = await w.market.aquarius.querySearch({ query: { match_all: {} }, size: 2, from: 2 } as never)
    assert.equal(documents(answer, 'lists').length, 2)
  })
})

describe('what is refused', () => {
  const refused: Array<[string, unknown, RegExp]> = [
    ['a body that is no object', [], /must be an object|JSON/],
    ['a query of no known kind', { query: { fuzzy: { id: 'x' } } }, /"fuzzy" is not a supported query/],
    ['a field that is not there', { query: { term: { 'metadata.nope': 'x' } } }, /"metadata.nope" is not a field/],
    ['a filter that breaks off', { q: '*', filter_by: 'metadata.type:=' }, /filter_by: a value is missing/],
    ['an unknown member', { q: '*', group_by: 'id' }, /"group_by" is not supported/],
    ['a page too far', { size: 1000, from: 5000 }, /begins behind document/],
    ['a script', { query: { script: { script: '1' } } }, /"script" is not a supported query/]
  ]
  for (const [name, body, text] of refused) {
    test(name, async () => {
      const r = await send(body)
      assert.equal(r.status, 400, r.text)
      assert.match(r.text, text)
    })
  }

  for (const depth of [50, 1000, 100_000]) {
    test(`a body ${depth} levels deep`, async () => {
      const r = await send(`{"query":${'{"bool":{"must":'.repeat(depth / 2)}{"match_all":{}}${'}}'.repeat(depth / 2)}}`)
      assert.equal(r.status, 400, r.text)
      assert.match(r.text, /nest|deep/)
    })
  }

  test('no other index can be reached', async () => {
    const answer = await ask({ index: 'logs', query: { match_all: {} } })
    assert.ok(documents(answer, 'lists').every((d) => d.metadata))
  })
})

describe('against an oracle', () => {
  let docs: any[]
  const words = ['alpha', 'beta', 'gamma', 'delta', 'omega', 'wind', 'rain']

  before(async () => {
    const rnd = random(7)
    const word = (): string => words[rnd(words.length)] as string
    const owners = [w.publisher, w.consumer, w.stranger]
    await Promise.all(owners.map(async (owner, k) => {
      for (let i = 0; i < 5; i++) {
        await publish(`made${k}${i}`, owner, {
          name: `${word()} ${word()}`, price: rnd(3) ? rnd(5) : undefined,
          metadata: {
            author: `${word()} ${word()}`, description: Array.from({ length: 1 + rnd(8) }, word).join(', '),
            tags: Array.from({ length: 1 + rnd(3) }, word), ...(rnd(2) ? { categories: [word()] } : {}),
            license: rnd(2) ? 'MIT' : 'CC0'
          }
        })
      }
    }))
    docs = (await ask({ size: 1000 })).flat()
    assert.equal(docs.length, Object.keys(made).length)
  })

  const ids = (of: any[]): string[] => of.map((d) => d.id).sort()

  test('Elasticsearch', async () => {
    const g = new Generator(docs, random(11))
    let found = 0
    for (let i = 0; i < 250; i++) {
      const query = g.elastic()
      const want = ids(docs.filter(elastic(query)))
      const note = `query ${i}: ${JSON.stringify(query)}`
      assert.deepEqual(ids((await ask({ query, size: 1000 })).flat()), want, note)
      const counted = await ask({ query, size: 5, track_total_hits: true, sort: { 'event.block': 'desc' } })
      assert.equal(counted.hits.total.value, want.length, note)
      const blocks = counted.hits.hits.map((h: any) => h._source.indexedMetadata.event.block)
      assert.deepEqual(blocks, [...blocks].sort((a, b) => b - a), note)
      found += Number(want.length > 0 && want.length < docs.length)
    }
    assert.ok(found > 40, `only ${found} queries found something and not all`)
  })

  test('Typesense', async () => {
    const g = new Generator(docs, random(13))
    let found = 0
    for (let i = 0; i < 250; i++) {
      const [filter, meaning] = g.filter()
      const want = docs.filter(meaning)
      const note = `filter ${i}: ${filter}`
      const answer = (await ask({ q: '*', filter_by: filter, per_page: 250, facet_by: 'metadata.tags', max_facet_values: 100 }))[0]
      assert.deepEqual(ids(answer.hits.map((h: any) => h.document)), ids(want), note)
      assert.equal(answer.found, want.length, note)
      const tags: Record<string, number> = {}
      for (const d of want) for (const t of new Set(valuesAt(d, 'metadata.tags').map((x) => String(x).toLowerCase()))) tags[t] = (tags[t] ?? 0) + 1
      const counts = answer.facet_counts[0].counts.map((c: any) => [c.value.toLowerCase(), c.count])
      assert.deepEqual(Object.fromEntries(counts), tags, note)
      found += Number(want.length > 0 && want.length < docs.length)
    }
    assert.ok(found > 40, `only ${found} filters found something and not all`)
  })
})
