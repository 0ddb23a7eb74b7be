// SPDX-License-Identifier: Apache-2.0
// One solution: what it is, what it costs, which of mine run.
import type { Deployment, PackageFull, Size } from '../api/shapes.ts'
import { count, money } from '../format.ts'
import { Action, Badge, Card, Note } from '../parts/bits.tsx'
import { Icon } from '../parts/Icon.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { Page } from '../parts/Page.tsx'
import { Status } from '../parts/Status.tsx'
import { Table } from '../parts/Table.tsx'
import { link } from '../router.ts'
import { packageOf } from '../state/catalogue.ts'
import { deployments, isGone } from '../state/deployments.ts'
import { useSource } from '../state/remote.ts'
import { begin, unfinished } from '../state/wizard.ts'
import { t } from '../texts.ts'
import { Picture } from './Home.tsx'
import { Prose } from './Terms.tsx'
import { Unfinished } from './Unfinished.tsx'

const Sizes = ({ sizes }: { sizes: Size[] }) => (
  <Table label={t.solution.sizes} rows={sizes} id={(s) => s.name} columns={[
    { head: t.solution.size, cell: (s) => <strong>{s.label}</strong> },
    { head: t.solution.cpu, cell: (s) => count(s.cpu), number: true },
    { head: t.solution.ram, cell: (s) => `${count(s.ram)} GiB`, number: true },
    { head: t.solution.disk, cell: (s) => `${count(s.disk)} GiB`, number: true },
    { head: t.solution.perHour, cell: (s) => s.perHour ? money(s.perHour) : t.solution.noRoom, number: true }
  ]} />
)

function Mine({ of }: { of: Deployment[] }) {
  if (!of.length) return null
  return (
    <Card title={t.solution.mine}>
      <ul class="plain">{of.map((d) => (
        <li key={d.id} class="row between"><a href={link('deployments', d.id)}>{d.name}</a><Status of={d} /></li>
      ))}</ul>
    </Card>
  )
}

function About({ p }: { p: PackageFull }) {
  const mine = (useSource(deployments()).data ?? []).filter((d) => d.package === p.name && !isGone(d))
  const begun = (useSource(unfinished()).data ?? []).some((w) => w.package === p.name)
  return (
    <div class={mine.length || begun ? 'columns' : ''}>
      <div class="stack">
        <Card title={t.solution.about}>
          <Prose text={p.description || p.summary} />
          {p.links && p.links.length > 0 && (
            <ul class="plain">{p.links.filter((l) => l.url.startsWith('https://')).map((l) => (
              <li key={l.url}><a href={l.url} rel="noopener noreferrer" target="_blank">{l.label} <Icon name="out" size={14} /><span class="hidden">{t.newTab}</span></a></li>
            ))}</ul>
          )}
        </Card>
        {p.sizes.length > 0 && <Card title={t.solution.sizes}><Sizes sizes={p.sizes} /></Card>}
      </div>
      <div class="stack">{/* nothing is here when there is neither */}
        <Mine of={mine} />
        <Unfinished only={p.name} />
      </div>
    </div>
  )
}

export function Solution({ name }: { name: string }) {
  const source = packageOf(name)
  const state = useSource(source)
  const p = state.data
  return (
    <Page title={p?.title ?? name} intro={p?.summary} up={{ href: '#/', text: t.home.title }}
      beside={p && <><Picture p={p} small /><Badge>{p.version}</Badge></>}
      actions={p?.offered && <Action kind="primary large" icon="rocket" run={() => begin(name)}>{t.solution.deploy}</Action>}>
      <Loaded of={state} again={() => void source.load()} rows={5}>
        {(full) => <>
          {!full.offered && <Note tone="warn" icon="info">{t.solution.notOffered} {full.reason}</Note>}
          <About p={full} />
        </>}
      </Loaded>
    </Page>
  )
}
