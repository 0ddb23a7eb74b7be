// SPDX-License-Identifier: Apache-2.0
// The catalogue.
import type { Package } from '../api/shapes.ts'
import { money } from '../format.ts'
import { Badge } from '../parts/bits.tsx'
import { Icon, categoryIcon } from '../parts/Icon.tsx'
import { Empty, Loaded } from '../parts/Loaded.tsx'
import { Page } from '../parts/Page.tsx'
import { link } from '../router.ts'
import { categories, category, found, iconOf, packages, search } from '../state/catalogue.ts'
import { useSource } from '../state/remote.ts'
import { t } from '../texts.ts'
import { Unfinished } from './Unfinished.tsx'

/** The least of what the sizes cost. */
export function cheapest(p: Package): string {
  const prices = p.sizes.flatMap((s) => s.perHour ? [s.perHour] : []).sort((a, b) => BigInt(a.amount) < BigInt(b.amount) ? -1 : 1)
  return prices[0] ? t.home.from(money(prices[0])) : ''
}

/** The package's own icon where it has one. */
export const Picture = ({ p, small }: { p: Package; small?: boolean }) => (
  <span class={small ? 'tile-icon inline' : 'tile-icon'}>
    {p.icon ? <img src={iconOf(p)} alt="" width="26" height="26" /> : <Icon name={categoryIcon(`${p.category} ${p.name}`)} size={24} />}
  </span>
)

const Tile = ({ p }: { p: Package }) => (
  <li class={p.offered ? 'tile' : 'tile off'}>
    <div class="tile-top">
      <Picture p={p} />
      {p.count > 0 && <Badge tone="good">{t.home.mine(p.count)}</Badge>}
      {!p.offered && <Badge>{t.home.notOffered}</Badge>}
    </div>
    <h3><a class="tile-link" href={link('solutions', p.name)}>{p.title}</a></h3>
    <p class="tile-kind">{t.category(p.category)}</p>
    <p class="tile-text">{p.offered ? p.summary : p.reason || p.summary}</p>
    {p.offered && <p class="tile-price">{cheapest(p)}</p>}
  </li>
)

const Search = () => (
  <div class="search">
    <Icon name="search" />
    <input type="search" aria-label={t.home.search} placeholder={t.home.search} value={search.value}
      onInput={(e) => { search.value = e.currentTarget.value }} />
  </div>
)

const Chips = ({ list }: { list: Package[] }) => (
  <div class="chips" role="group" aria-label={t.home.categories}>
    {[['', list.filter((p) => p.offered).length] as [string, number], ...categories(list)].map(([name, n]) => (
      <button key={name} class="chip" type="button" aria-pressed={category.value === name} onClick={() => { category.value = name }}>
        {name ? t.category(name) : t.home.all} <span>{n}</span>
      </button>
    ))}
  </div>
)

function Shelves({ list }: { list: Package[] }) {
  const hits = list.filter((p) => found(p, search.value) && (!category.value || p.category === category.value))
  const [on, off] = [hits.filter((p) => p.offered), hits.filter((p) => !p.offered)]
  return (
    <>
      <Chips list={list} />
      <p class="hidden" role="status">{search.value && t.home.hits(hits.length)}</p>
      {hits.length === 0 && <Empty icon="search" title={t.home.none(search.value)} text={t.home.noneText} />}
      <h2 class="hidden">{t.home.offered}</h2>
      <ul class="tiles" aria-label={t.home.offered}>{on.map((p) => <Tile key={p.name} p={p} />)}</ul>
      {off.length > 0 && <section class="shelf" aria-label={t.home.notOffered}>
        <h2>{t.home.notOffered} <span class="count">{off.length}</span></h2>
        <ul class="tiles">{off.map((p) => <Tile key={p.name} p={p} />)}</ul>
      </section>}
    </>
  )
}

export function Home() {
  const source = packages()
  const list = useSource(source)
  return (
    <Page title={t.home.title} intro={t.home.intro} actions={<Search />} wide>
      <Unfinished />
      <Loaded of={list} again={() => void source.load()} rows={6} empty={<Empty icon="box" title={t.home.empty} text={t.home.emptyText} />}>
        {(data) => <Shelves list={data} />}
      </Loaded>
    </Page>
  )
}
