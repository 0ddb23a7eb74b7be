// SPDX-License-Identifier: Apache-2.0
// Everybody, and everything that runs.
import { useState } from 'preact/hooks'
import type { User } from '../../api/shapes.ts'
import { Action, Badge, Card, When } from '../../parts/bits.tsx'
import { Ask } from '../../parts/Dialog.tsx'
import { TextField } from '../../parts/Field.tsx'
import { Empty, Loaded } from '../../parts/Loaded.tsx'
import { Money } from '../../parts/Money.tsx'
import { Status } from '../../parts/Status.tsx'
import { Table } from '../../parts/Table.tsx'
import { sentence, short } from '../../format.ts'
import { isBusy, isGone } from '../../state/deployments.ts'
import { USERS_MOST, allDeployments, block, deleteAny, stopAny, unpin, users } from '../../state/operator.ts'
import { useSource } from '../../state/remote.ts'
import { person } from '../../state/session.ts'
import { t } from '../../texts.ts'

/** Somebody by name, where the name is known. */
export function Owner({ id }: { id: string }) {
  const name = useSource(users('')).data?.find((u) => u.id === id)?.name
  return <span class="break" title={id}>{short(name ?? id)}</span>
}

function UserButtons({ u, words }: { u: User; words: string }) {
  const verb = u.blocked ? t.operator.unblock : t.operator.block
  if (u.id === person.value?.id) return null
  return (
    <span class="row">
      {u.kind === 'connect' && <Ask kind="small" button={t.operator.unpin} title={t.operator.unpinTitle(u.name)} verb={t.operator.unpin} danger
        run={() => unpin(u, words)}><p>{t.operator.unpinText}</p></Ask>}
      <Ask kind="small" button={verb} verb={verb} danger={!u.blocked} title={u.blocked ? t.operator.unblockTitle(u.name) : t.operator.blockTitle(u.name)}
        run={() => block(u, words)}><p>{u.blocked ? t.operator.unblockText : t.operator.blockText}</p></Ask>
    </span>
  )
}

const Who = ({ u }: { u: User }) => <>
  <strong title={u.name}>{u.kind === 'wallet' ? short(u.name) : u.name}</strong> {u.admin && <Badge tone="busy">{t.operator.admin}</Badge>} {u.blocked && <Badge tone="bad">{t.operator.isBlocked}</Badge>}
  <br /><span class="small dim">{u.email || short(u.id)}</span>
</>

export function Users() {
  const [words, setWords] = useState('')
  const source = users(words.trim())
  const state = useSource(source)
  return (
    <Card title={t.operator.tab.users!}>
      <TextField label={t.operator.find} value={words} on={setWords} optional />
      <Loaded of={state} again={() => void source.load()} empty={<Empty icon="user" title={words ? t.home.none(words) : t.operator.noUsers} />}>
        {(list) => <>
          <Table label={t.operator.tab.users!} id={(u) => u.id} rows={list} columns={[
            { head: t.account.name, cell: (u) => <Who u={u} /> },
            { head: t.account.kind, cell: (u) => t.account.kinds[u.kind] ?? u.kind },
            { head: t.operator.since, cell: (u) => <When at={u.created} /> },
            { head: t.operator.seen, cell: (u) => <When at={u.seen} /> }
          ]} actions={(u) => <UserButtons u={u} words={words.trim()} />} />
          {list.length >= USERS_MOST && <p class="dim small">{t.operator.more(USERS_MOST)}</p>}
        </>}
      </Loaded>
    </Card>
  )
}

export function AllDeployments() {
  const source = allDeployments()
  const state = useSource(source, (source.data ?? []).some(isBusy) ? 2000 : 15_000)
  return (
    <Card title={t.operator.tab.deployments!}>
      <Loaded of={state} again={() => void source.load()} empty={<Empty icon="rocket" title={t.operator.noDeployments} />}>
        {(list) => (
          <Table label={t.operator.tab.deployments!} rows={list} id={(d) => d.id} columns={[
            { head: t.account.name, cell: (d) => <strong>{d.name}</strong> },
            { head: t.operator.owner, cell: (d) => <Owner id={d.owner ?? ''} /> },
            { head: t.operator.package, cell: (d) => `${d.package} ${d.version}` },
            { head: t.overview.state, cell: (d) => <><Status of={d} />{d.reason && <><br /><span class="small dim">{sentence(d.reason)}</span></>}</> },
            { head: t.quote.perHourHead, cell: (d) => <Money of={d.perHour} />, number: true },
            { head: t.overview.spent, cell: (d) => <Money of={d.spent} />, number: true }
          ]} actions={(d) => !isGone(d) && <span class="row">
            {d.state === 'running' && <Action kind="small" run={() => stopAny(d.id)} label={`${t.deployment.verb.stop} ${d.name}`}>{t.deployment.verb.stop}</Action>}
            <Ask kind="small" button={t.manage.delete} title={t.manage.deleteTitle(d.name)} verb={t.manage.deleteVerb} danger type={d.name}
              run={() => deleteAny(d.id, d.name)}><p>{t.manage.deleteSure}</p></Ask>
          </span>} />
        )}
      </Loaded>
    </Card>
  )
}
