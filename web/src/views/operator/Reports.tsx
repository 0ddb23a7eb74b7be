// SPDX-License-Identifier: Apache-2.0
// Certificates, capacity, and who did what.
import { bytes, count, date, short } from '../../format.ts'
import { Bar } from '../../parts/Bar.tsx'
import { Badge, Card, Note, When } from '../../parts/bits.tsx'
import { Empty, Loaded } from '../../parts/Loaded.tsx'
import { Word } from '../../parts/Status.tsx'
import { Table } from '../../parts/Table.tsx'
import { audit, capacity, certificates } from '../../state/operator.ts'
import { useSource } from '../../state/remote.ts'
import { t } from '../../texts.ts'
import { Owner } from './People.tsx'

export function Certificates() {
  const source = certificates()
  const state = useSource(source, (source.data?.certificates ?? []).every((c) => c.state === 'serving') ? 30_000 : 3000)
  return (
    <Card title={t.operator.tab.certificates!}>
      <Loaded of={state} again={() => void source.load()}>
        {({ testCert, gateway, certificates: list }) => <>
          {gateway && !gateway.enabled && <Note>{t.operator.gatewayOff}</Note>}
          {gateway?.problem && <Note tone="bad" icon="warn">{gateway.problem}</Note>}
          {testCert && <Note tone="warn" icon="warn">{t.testCert}</Note>}
          {list.length === 0 ? <Empty icon="shield" title={t.operator.noCertificates} /> : (
            <Table label={t.operator.tab.certificates!} rows={list} id={(c) => c.host} columns={[
              { head: t.operator.host, cell: (c) => <strong class="break">{c.host}</strong> },
              { head: t.overview.state, cell: (c) => <><Word of={c.state} /> {c.staging && <Badge tone="warn">{t.operator.staging}</Badge>}{c.error && <><br /><span class="small bad-text">{c.error}</span></>}</> },
              { head: t.operator.issuer, cell: (c) => c.issuer ?? '–' },
              { head: t.operator.until, cell: (c) => c.notAfter ? <span title={date(c.notAfter)}><When at={c.notAfter} /></span> : '–' }
            ]} />
          )}
        </>}
      </Loaded>
    </Card>
  )
}

/** Memory and disk are in bytes or in gigabytes, by how large the number is. */
const amount = (id: string, n: number): string => (id === 'ram' || id === 'disk') ? (n > 1e6 ? bytes(n) : `${count(n)} GiB`) : count(n)

export function Capacity() {
  const source = capacity()
  const state = useSource(source, 15_000)
  return (
    <Loaded of={state} again={() => void source.load()}>
      {({ environments }) => environments.length === 0 ? <Empty icon="box" title={t.operator.noCapacity} /> : <>
        {environments.map((e) => (
          <Card key={e.id} title={t.operator.environment(short(e.id))}>
            <ul class="plain">{e.resources.map((r) => (
              <li key={r.id} class="resource">
                <div class="row between"><strong>{t.resource(r.id)}</strong><span>{t.operator.usedOf(amount(r.id, r.used), amount(r.id, r.total))}</span></div>
                <Bar label={t.resource(r.id)} value={r.used} max={r.total} />
                <p class="small dim">{t.operator.free(amount(r.id, r.free))}{r.overProvisioned ? ` ${t.operator.over(amount(r.id, r.total - r.overProvisioned))}` : ''}</p>
              </li>
            ))}</ul>
          </Card>
        ))}
      </>}
    </Loaded>
  )
}

export function Audit() {
  const source = audit()
  const state = useSource(source)
  return (
    <Card title={t.operator.tab.audit!}>
      <Loaded of={state} again={() => void source.load()} rows={8} empty={<Empty icon="text" title={t.operator.noAudit} />}>
        {(list) => (
          <Table label={t.operator.tab.audit!} rows={list} id={(a) => String(a.id)} columns={[
            { head: t.pools.when, cell: (a) => <span title={date(a.at)}><When at={a.at} /></span> },
            { head: t.operator.who, cell: (a) => <Owner id={a.who} /> },
            { head: t.pools.what, cell: (a) => <span class="break">{a.what}</span> }
          ]} />
        )}
      </Loaded>
    </Card>
  )
}
