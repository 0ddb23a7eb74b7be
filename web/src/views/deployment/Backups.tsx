// SPDX-License-Identifier: Apache-2.0
// Copies on two servers: what there is, back to one of them, when and how many are kept.
import { useState } from 'preact/hooks'
import type { Backups, DeploymentFull } from '../../api/shapes.ts'
import { bytes, date } from '../../format.ts'
import { Action, Badge, Card, Code, Note, When } from '../../parts/bits.tsx'
import { Ask } from '../../parts/Dialog.tsx'
import { Group, TextField } from '../../parts/Field.tsx'
import { Empty, Loaded } from '../../parts/Loaded.tsx'
import { Table } from '../../parts/Table.tsx'
import { isGone } from '../../state/deployments.ts'
import { useSource } from '../../state/remote.ts'
import { backUp, backupKey, backups, plan, restore, revealKey, verify } from '../../state/upkeep.ts'
import { t } from '../../texts.ts'

const Snapshots = ({ d, b }: { d: DeploymentFull; b: Backups }) => (
  <Card title={t.backups.snapshots} aside={!isGone(d) && <Action icon="disk" kind="primary small" disabled={b.running || b.servers.length === 0} run={() => backUp(d.id)}>{t.backups.now}</Action>}>
    {b.alerts.slice(0, 3).map((x) => <Note key={x.at} tone="bad" icon="warn"><p>{x.text} <span class="small dim"><When at={x.lastAt ?? x.at} /></span></p></Note>)}
    {b.running && <Note tone="busy">{t.backups.running}</Note>}
    {b.snapshots.length === 0 ? <Empty icon="disk" title={t.backups.empty} text={b.servers.length ? t.backups.emptyText : t.backups.emptyNoServers} /> : (
      <Table label={t.backups.snapshots} rows={b.snapshots} id={(s) => s.id} columns={[
        { head: t.backups.when, cell: (s) => <span title={date(s.at)}>{date(s.at)}</span> },
        { head: t.backups.size, cell: (s) => bytes(s.size), number: true },
        { head: t.backups.on, cell: (s) => s.servers.join(', ') },
        { head: t.backups.state, cell: (s) => <Badge tone={s.ok ? 'good' : 'warn'}>{s.ok ? t.backups.ok : t.backups.incomplete}</Badge> }
      ]} actions={(s) => !isGone(d) && <span class="row">
        <Action kind="small" run={() => verify(d.id, s.id)} label={t.backups.verifyThis(date(s.at))}>{t.backups.verify}</Action>
        <Ask kind="small" button={t.backups.restore} title={t.backups.restoreTitle(date(s.at))} verb={t.backups.restore} danger type={d.name}
          run={() => restore(d.id, s.id)}><p>{t.backups.restoreText}</p></Ask>
      </span>} />
    )}
  </Card>
)

const KEEP = ['last', 'daily', 'weekly', 'monthly', 'yearly'] as const

function Plan({ d, b }: { d: DeploymentFull; b: Backups }) {
  const [schedule, setSchedule] = useState(b.schedule)
  const [keep, setKeep] = useState(b.retention)
  const same = schedule === b.schedule && KEEP.every((k) => (keep[k] ?? 0) === (b.retention[k] ?? 0))
  return (
    <Card title={t.backups.plan}>
      <form class="stack" onSubmit={(e) => { e.preventDefault(); void plan(d.id, schedule.trim(), keep) }}>
        <TextField label={t.backups.schedule} help={t.backups.scheduleHelp} value={schedule} on={setSchedule} optional />
        <Group label={t.backups.retention} help={t.backups.retentionHelp}>
          <div class="units">{KEEP.map((k) => (
            <label key={k} class="unit">
              <input class="input" type="number" min="0" max="999" value={keep[k] ?? 0} onInput={(e) => setKeep({ ...keep, [k]: Math.max(0, Math.floor(Number(e.currentTarget.value) || 0)) })} />
              <span>{t.backups.keep[k]}</span>
            </label>
          ))}</div>
        </Group>
        {b.next ? <p class="small dim">{t.backups.next} <When at={b.next} />.</p> : null}
        <div class="row end"><button class="button" type="submit" disabled={same}>{t.save}</button></div>
      </form>
    </Card>
  )
}

const Servers = ({ b }: { b: Backups }) => (
  <Card title={t.backups.servers}>
    {b.servers.length === 0 && <p class="dim">{t.backups.noServers}</p>}
    <ul class="plain">{b.servers.map((s) => (
      <li key={s.name}><div class="row between"><strong>{s.name}</strong><Badge tone={s.ok ? 'good' : s.lastAt ? 'bad' : 'calm'}>{s.ok ? t.word('ok') : s.lastAt ? t.word('failed') : t.backups.unused}</Badge></div>
        <p class="small dim">{t.backups.last} <When at={s.lastOk} /></p>{s.error && <p class="small bad-text">{s.error}</p>}</li>
    ))}</ul>
  </Card>
)

const Key = ({ id, repository }: { id: string; repository: string }) => (
  <Card title={t.backups.key}>
    <p class="dim">{t.backups.keyText}</p>
    {backupKey.value ? <><Code text={backupKey.value} label={t.backups.key} /><p class="small dim">{t.backups.repository}: <Code text={repository} label={t.backups.repository} /></p></> : <Action icon="key" run={() => revealKey(id)}>{t.backups.showKey}</Action>}
  </Card>
)

export function BackupsTab({ d }: { d: DeploymentFull }) {
  const source = backups(d.id)
  const state = useSource(source, source.data?.running ? 2000 : 10_000)
  return (
    <Loaded of={state} again={() => void source.load()} rows={5}>
      {(b) => <div class="columns">
        <div class="stack"><Snapshots d={d} b={b} /></div>
        <div class="stack"><Servers b={b} />{!isGone(d) && <Plan key={b.schedule + JSON.stringify(b.retention)} d={d} b={b} />}<Key id={d.id} repository={b.repository} /></div>
      </div>}
    </Loaded>
  )
}
