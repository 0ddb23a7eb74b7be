// SPDX-License-Identifier: Apache-2.0
// Where it is, how to get in, what it costs, what happened.
import type { DeploymentFull } from '../../api/shapes.ts'
import { date, sentence } from '../../format.ts'
import { Action, Badge, Card, Code, Facts, Note, When } from '../../parts/bits.tsx'
import { Icon } from '../../parts/Icon.tsx'
import { Money } from '../../parts/Money.tsx'
import { Word } from '../../parts/Status.tsx'
import { Table } from '../../parts/Table.tsx'
import { link } from '../../router.ts'
import { packageOf } from '../../state/catalogue.ts'
import { credentials, isGone, reveal } from '../../state/deployments.ts'
import { pools } from '../../state/pools.ts'
import { useSource } from '../../state/remote.ts'
import { domains } from '../../state/upkeep.ts'
import { t } from '../../texts.ts'

function Links({ d }: { d: DeploymentFull }) {
  const own = (useSource(domains(d.id)).data ?? []).filter((x) => x.custom)
  const results = (d.results ?? []).filter((r) => r.value && r.value !== d.url)
  const runs = d.state === 'running'
  const text = (host: string, port: number): string => port ? `${host}:${port}` : host
  return (
    <Card title={t.overview.links}>
      {d.url && runs && <p class="big-link"><a href={d.url} target="_blank" rel="noopener noreferrer">{hostOf(d.url)} <Icon name="out" size={16} /><span class="hidden">{t.newTab}</span></a></p>}
      {d.url && !runs && <p><strong class="break">{hostOf(d.url)}</strong><br /><span class="dim small">{t.overview.soon}</span></p>}
      {d.ports.length > 0 && <ul class="plain">{d.ports.map((p) => (
        <li key={p.name} class="row between wrap"><span>{p.name} <Badge>{p.protocol}</Badge></span><Code text={text(p.host, p.port)} label={p.name} /></li>
      ))}</ul>}
      {results.length > 0 && <Facts of={results.map((r) => [r.label, <Result value={r.value} />])} />}
      {!d.url && !d.ports.length && <p class="dim">{t.overview.noLinks}</p>}
      {own.length > 0 && <ul class="plain">{own.map((x) => (
        <li key={x.host} class="row between">{x.state === 'serving' ? <a href={`https://${x.host}`} target="_blank" rel="noopener noreferrer">{x.host}<span class="hidden">{t.newTab}</span></a> : <span class="break">{x.host}</span>}<Word of={x.state} /></li>
      ))}</ul>}
    </Card>
  )
}

const hostOf = (url: string): string => url.replace(/^https?:\/\//, '').replace(/\/$/, '')

/** An address can be followed, everything can be copied. */
const Result = ({ value }: { value: string }) => /^https:\/\/[^\s"<>]+$/.test(value)
  ? <a class="break" href={value} target="_blank" rel="noopener noreferrer">{value}<span class="hidden">{t.newTab}</span></a>
  : <Code text={value} label={value} />

function Credentials({ d }: { d: DeploymentFull }) {
  const known = credentials.value[d.id]
  if (isGone(d) || !d.hasCredentials || (!known && d.state !== 'running')) return null
  return (
    <Card title={t.overview.credentials}>
      {!known && d.credentialsShown && <p class="dim">{t.overview.shown}</p>}
      {!known && !d.credentialsShown && <><p class="dim">{t.overview.credentialsText}</p><Action icon="key" run={() => reveal(d.id)}>{t.overview.reveal}</Action></>}
      {known && known.length === 0 && <p class="dim">{t.overview.noCredentials}</p>}
      {known && known.length > 0 && <>
        <Note tone="warn" icon="warn">{t.overview.once}</Note>
        <ul class="plain">{known.map((c) => <li key={c.label} class="row between wrap"><span>{c.label}</span><Code text={c.value} label={c.label} /></li>)}</ul>
      </>}
    </Card>
  )
}

function Cost({ d }: { d: DeploymentFull }) {
  const pool = useSource(pools()).data?.find((p) => p.id === d.pool)
  const size = useSource(packageOf(d.package)).data?.sizes.find((s) => s.name === d.size)
  return <Card title={t.overview.cost}>
    <Facts of={[
      [t.quote.perHourHead, <Money of={d.perHour} />],
      [t.overview.spent, <Money of={d.spent} />],
      [t.overview.paidUntil, d.paidUntil ? <>{date(d.paidUntil)} <span class="dim">(<When at={d.paidUntil} />)</span></> : '–'],
      [t.deployment.ends, d.ends ? date(d.ends) : t.overview.noEnd],
      [t.overview.pool, <a href={link('pools', d.pool)}>{pool?.name ?? t.overview.toPool}</a>],
      [t.solution.size, size?.label ?? d.size]
    ]} />
  </Card>
}

const Containers = ({ d }: { d: DeploymentFull }) => (
  <Card title={t.overview.containers}>
    <Table label={t.overview.containers} rows={d.containers} id={(c) => c.name} columns={[
      { head: t.overview.container, cell: (c) => <strong>{c.name}</strong> },
      { head: t.overview.image, cell: (c) => <code class="image" title={c.image}>{c.image.replace(/@sha256:([0-9a-f]{12})[0-9a-f]*$/, '@$1')}</code> },
      { head: t.overview.state, cell: (c) => <>{t.word(c.state)}{c.health && c.health !== 'none' ? `, ${t.health(c.health)}` : ''}</> },
      { head: t.overview.restarts, cell: (c) => c.restarts, number: true }
    ]} />
  </Card>
)

const Timeline = ({ d }: { d: DeploymentFull }) => (
  <Card title={t.overview.timeline}>
    <ol class="timeline">{[...d.timeline].sort((a, b) => b.at - a.at).map((e, i) => (
      <li key={i}><span>{t.state(e.state)}{e.step && !e.state.startsWith(e.step) ? ` · ${t.step(e.step)}` : ''}</span>{e.reason && <span class="dim">{sentence(e.reason)}</span>}<time class="small dim" dateTime={new Date(e.at).toISOString()}>{date(e.at)}</time></li>
    ))}</ol>
  </Card>
)

export const Overview = ({ d }: { d: DeploymentFull }) => (
  <div class="columns">
    <div class="stack">
      {!isGone(d) && <Links d={d} />}
      <Credentials d={d} />
      {d.containers.length > 0 && <Containers d={d} />}
      {d.review.length > 0 && <Card title={t.overview.answers}><Facts of={d.review.map((r) => [r.label, r.value])} /></Card>}
    </div>
    <div class="stack"><Cost d={d} /><Timeline d={d} /></div>
  </div>
)
