// SPDX-License-Identifier: Apache-2.0
// Everybody, and everything that runs.
import { useState } from 'preact/hooks'
import { Badge, Card, When } from '../../parts/bits.tsx'
import { Ask } from '../../parts/Dialog.tsx'
import { TextField } from '../../parts/Field.tsx'
import { Empty, Loaded } from '../../parts/Loaded.tsx'
import { Money } from '../../parts/Money.tsx'
import { Status } from '../../parts/Status.tsx'
import { Table } from '../../parts/Table.tsx'
import { short } from '../../format.ts'
import { link } from '../../router.ts'
import { allDeployments, block, users } from '../../state/operator.ts'
import { useSource } from '../../state/remote.ts'
import { person } from '../../state/session.ts'
import { t } from '../../texts.ts'

export function Users() {
  const source = users()
  const state = useSource(source)
  const [words, setWords] = useState('')
  return (
    <Card title={t.operator.tab.users!}>
      <TextField label={t.operator.find} value={words} on={setWords} optional />
      <Loaded of={state} again={() => void source.load()} empty={<Empty icon="user" title={t.operator.noUsers} />}>
        {(list) => (
          <Table label={t.operator.tab.users!} id={(u) => u.id} rows={list.filter((u) => `${u.name} ${u.email} ${u.id}`.toLowerCase().includes(words.toLowerCase()))}
            columns={[
              { head: t.account.name, cell: (u) => <><strong title={u.name}>{u.kind === 'wallet' ? short(u.name) : u.name}</strong> {u.admin && <Badge tone="busy">{t.operator.admin}</Badge>} {u.blocked && <Badge tone="bad">{t.operator.isBlocked}</Badge>}<br /><span class="small dim">{u.email}</span></> },
              { head: t.account.kind, cell: (u) => t.account.kinds[u.kind] ?? u.kind },
              { head: t.operator.seen, cell: (u) => <When at={u.seen} /> },
              { head: t.operator.tab.deployments!, cell: (u) => u.deployments, number: true },
              { head: t.operator.tab.pools!, cell: (u) => u.pools, number: true }
            ]}
            actions={(u) => u.id !== person.value?.id && (
              <Ask kind="small" button={u.blocked ? t.operator.unblock : t.operator.block} verb={u.blocked ? t.operator.unblock : t.operator.block} danger={!u.blocked}
                title={u.blocked ? t.operator.unblockTitle(u.name) : t.operator.blockTitle(u.name)} run={() => block(u)}><p>{u.blocked ? t.operator.unblockText : t.operator.blockText}</p></Ask>
            )} />
        )}
      </Loaded>
    </Card>
  )
}

export function AllDeployments() {
  const source = allDeployments()
  const state = useSource(source, 15_000)
  return (
    <Card title={t.operator.tab.deployments!}>
      <Loaded of={state} again={() => void source.load()} empty={<Empty icon="rocket" title={t.operator.noDeployments} />}>
        {(list) => (
          <Table label={t.operator.tab.deployments!} rows={list} id={(d) => d.id} columns={[
            { head: t.account.name, cell: (d) => <a href={link('deployments', d.id)}><strong>{d.name}</strong></a> },
            { head: t.operator.owner, cell: (d) => <span title={d.owner}>{short(d.owner ?? '')}</span> },
            { head: t.operator.package, cell: (d) => `${d.package} ${d.version}` },
            { head: t.overview.state, cell: (d) => <><Status of={d} />{d.reason && <><br /><span class="small dim">{d.reason}</span></>}</> },
            { head: t.quote.perHourHead, cell: (d) => <Money of={d.perHour} />, number: true },
            { head: t.overview.spent, cell: (d) => <Money of={d.spent} />, number: true }
          ]} />
        )}
      </Loaded>
    </Card>
  )
}
