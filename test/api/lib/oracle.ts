// SPDX-License-Identifier: Apache-2.0
// What a search must find, by looking at every document: slow, obvious, and written from the
// meaning of the queries rather than from the node's code.

type Json = any
type Test = (doc: Json) => boolean

/** All values at the end of a path; arrays on the way mean each of their elements. */
export function valuesAt(doc: Json, path: string): Json[] {
  let at: Json[] = [/^(nft|stats|event|purgatory)\./.test(path) ? doc.indexedMetadata : doc]
  for (const key of path.replace(/^indexedMetadata\./, 'indexedMetadata.').split('.')) {
    at = at.flatMap((v) => Array.isArray(v) ? v : [v]).map((v) => v?.[key]).filter((v) => v !== undefined)
  }
  return at.flatMap((v) => Array.isArray(v) ? v : [v]).filter((v) => v !== null && typeof v !== 'object')
}

const same = (v: Json): string => String(v).toLowerCase()
export const wordsOf = (text: string): string[] =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean)

/** The words of a field, value by value. */
const texts = (doc: Json, path: string): string[][] => valuesAt(doc, path).map((v) => wordsOf(String(v)))

function hasPhrase(doc: Json, path: string, phrase: string[]): boolean {
  return texts(doc, path).some((words) => words.some((_, i) => phrase.every((p, k) => words[i + k] === p)))
}

const hasWord = (doc: Json, path: string, word: string): boolean => texts(doc, path).some((w) => w.includes(word))

function inRange(v: Json, bounds: Record<string, number | string>): boolean {
  const compare = (a: Json, b: Json): number => typeof b === 'number' ? Number(a) - b : a < b ? -1 : a > b ? 1 : 0
  return (bounds.gt === undefined || compare(v, bounds.gt) > 0) && (bounds.gte === undefined || compare(v, bounds.gte) >= 0) &&
    (bounds.lt === undefined || compare(v, bounds.lt) < 0) && (bounds.lte === undefined || compare(v, bounds.lte) <= 0)
}

const one = (o: Json): [string, Json] => Object.entries(o)[0] as [string, Json]
const list = (v: Json): Json[] => v === undefined ? [] : Array.isArray(v) ? v : [v]

/** The meaning of an Elasticsearch query, as far as the generator below writes them. */
export function elastic(query: Json): Test {
  const [kind, v] = one(query)
  if (kind === 'match_all') return () => true
  if (kind === 'bool') return bool(v)
  if (kind === 'query_string') return queryString(v)
  if (kind === 'ids') return (d) => v.values.includes(d.id)
  if (kind === 'exists') return (d) => valuesAt(d, v.field).some((x) => x !== '')
  const [path, arg] = one(v)
  switch (kind) {
    case 'term': return (d) => valuesAt(d, path).some((x) => same(x) === same(arg))
    case 'terms': return (d) => valuesAt(d, path).some((x) => arg.map(same).includes(same(x)))
    case 'prefix': return (d) => valuesAt(d, path).some((x) => same(x).startsWith(same(arg)))
    case 'range': return (d) => valuesAt(d, path).some((x) => inRange(x, arg))
    case 'match_phrase': return (d) => hasPhrase(d, path, wordsOf(arg))
    case 'match': {
      const words = wordsOf(arg.query)
      const need = arg.minimum_should_match ?? (arg.operator === 'and' ? words.length : 1)
      return (d) => words.filter((w) => hasWord(d, path, w)).length >= need
    }
  }
  throw new Error(`the oracle knows no ${kind}`)
}

/** a AND b OR NOT c: groups joined by OR, of words joined by AND, as the generator puts them in parentheses. */
function queryString(v: Json): Test {
  const has = (word: string): Test => (d) => v.fields.some((f: string) =>
    word.endsWith('*') ? texts(d, f).flat().some((x) => x.startsWith(word.slice(0, -1))) : hasWord(d, f, word))
  const groups = (v.query as string).split(' OR ').map((group) => group.replace(/[()]/g, '').split(' AND ').map((word) => {
    const test = has(word.replace('NOT ', '').toLowerCase())
    return word.startsWith('NOT ') ? (d: Json) => !test(d) : test
  }))
  return (d) => groups.some((group) => group.every((t) => t(d)))
}

function bool(v: Json): Test {
  const must = [...list(v.must), ...list(v.filter)].map(elastic)
  const not = list(v.must_not).map(elastic)
  const should = list(v.should).map(elastic)
  const least = v.minimum_should_match ?? (should.length && !must.length ? 1 : 0)
  return (d) => must.every((t) => t(d)) && !not.some((t) => t(d)) && should.filter((t) => t(d)).length >= least
}

/** Numbers that repeat from a seed. */
export function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed ^ (seed >>> 15), 2246822519) + 0x9e3779b9) | 0
    return ((seed >>> 3) % 65536) % below
  }
}

/** Queries over what the documents hold, and now and then over what they do not. */
export class Generator {
  constructor(private readonly docs: Json[], private readonly rnd: (below: number) => number) {}

  private pick<T>(of: T[]): T { return of[this.rnd(of.length)] as T }

  private value(path: string): Json {
    const all = this.docs.flatMap((d) => valuesAt(d, path))
    return this.rnd(8) && all.length ? this.pick(all) : 'nowhere'
  }

  private word(path: string): string {
    return this.pick(wordsOf(String(this.value(path))).concat(this.rnd(6) ? [] : ['nothing']))
  }

  private readonly exact = ['metadata.type', 'metadata.tags', 'metadata.author', 'metadata.license', 'services.type',
    'nft.owner', 'nftAddress', 'chainId', 'stats.prices.type']
  private readonly texts = ['metadata.name', 'metadata.description', 'metadata.author']
  private readonly numbers = ['event.block', 'stats.prices.price', 'stats.orders']

  private lucene(): string {
    const word = (): string => this.word(this.pick(this.texts)) + (this.rnd(4) ? '' : '*')
    return Array.from({ length: 1 + this.rnd(2) }, () => `(${word()} AND ${this.rnd(3) ? '' : 'NOT '}${word()})`).join(' OR ')
  }

  private leaf(): Json {
    const path = this.pick(this.exact)
    const text = this.pick(this.texts)
    switch (this.rnd(10)) {
      case 0: return { term: { [path]: this.value(path) } }
      case 1: return { terms: { [path]: [this.value(path), this.value(path)] } }
      case 2: return { prefix: { 'metadata.tags': String(this.value('metadata.tags')).slice(0, 2) } }
      case 3: return { range: { [this.pick(this.numbers)]: { [this.pick(['gt', 'gte'])]: this.rnd(6), [this.pick(['lt', 'lte'])]: 3 + this.rnd(400) } } }
      case 4: return { match_phrase: { [text]: `${this.word(text)} ${this.rnd(2) ? this.word(text) : ''}` } }
      case 5: return { ids: { values: [this.value('id'), this.value('id')] } }
      case 6: return { exists: { field: this.pick(['metadata.license', 'metadata.tags', 'stats.prices.type', 'metadata.categories']) } }
      case 8: return { query_string: { fields: this.texts, query: this.lucene() } }
      case 7: return { match: { [text]: { query: `${this.word(text)} ${this.word(text)}`, operator: this.pick(['and', 'or']) } } }
      default: return { match: { [text]: { query: `${this.word(text)} ${this.word(text)} x${this.word(text)}`, minimum_should_match: 1 + this.rnd(2) } } }
    }
  }

  elastic(depth = 2): Json {
    if (depth === 0 || this.rnd(4) === 0) return this.leaf()
    const some = (): Json[] => Array.from({ length: this.rnd(3) }, () => this.elastic(depth - 1))
    const should = some()
    return { bool: {
      must: some(), filter: some(), must_not: some(), should,
      ...(should.length && this.rnd(2) ? { minimum_should_match: 1 + this.rnd(should.length) } : {})
    } }
  }

  /** A filter in Typesense's form, and what it means. */
  filter(depth = 3): [string, Test] {
    const quoted = (v: Json): string => `\`${v}\``
    if (depth > 0 && this.rnd(3)) {
      const [a, x] = this.filter(depth - 1)
      const [b, y] = this.filter(depth - 1)
      return this.rnd(2) ? [`(${a}) && (${b})`, (d) => x(d) && y(d)] : [`(${a} || ${b})`, (d) => x(d) || y(d)]
    }
    const path = this.pick(this.exact)
    const number = this.pick(this.numbers)
    const a = this.value(path)
    const b = this.value(path)
    const n = this.rnd(300)
    switch (this.rnd(5)) {
      case 0: return [`${path}:=${quoted(a)}`, elastic({ term: { [path]: a } })]
      case 1: return [`${path}:!=${quoted(a)}`, (d) => !elastic({ term: { [path]: a } })(d)]
      case 2: return [`${path}:[${quoted(a)}, ${quoted(b)}]`, elastic({ terms: { [path]: [a, b] } })]
      case 3: return [`${number}:[2..${n}]`, elastic({ range: { [number]: { gte: 2, lte: n } } })]
      default: return [`${number}:>=${n}`, elastic({ range: { [number]: { gte: n } } })]
    }
  }
}
