// SPDX-License-Identifier: Apache-2.0
// Own domains: two DNS records prove whose it is and lead it here.
import { useState } from 'preact/hooks'
import type { DeploymentFull, Domain } from '../../api/shapes.ts'
import { sentence } from '../../format.ts'
import { Action, Card, Code, Note } from '../../parts/bits.tsx'
import { Ask } from '../../parts/Dialog.tsx'
import { TextField } from '../../parts/Field.tsx'
import { Empty, Loaded } from '../../parts/Loaded.tsx'
import { Word } from '../../parts/Status.tsx'
import { isGone } from '../../state/deployments.ts'
import { useSource } from '../../state/remote.ts'
import { addDomain, domains, guests, invite, removeDomain, uninvite, verifyDomain } from '../../state/upkeep.ts'
import { t } from '../../texts.ts'

const Records = ({ d }: { d: Domain }) => (
  <div class="stack tight">
    <p>{t.domains.records}</p>
    {([['TXT', d.txt], ['CNAME', d.cname]] as const).map(([type, r]) => r && (
      <dl class="record" key={type}>
        <div><dt>{t.domains.type}</dt><dd>{type}</dd></div>
        <div><dt>{t.domains.name}</dt><dd><Code text={r.name} label={`${type} ${t.domains.name}`} /></dd></div>
        <div><dt>{t.domains.value}</dt><dd><Code text={r.value} label={`${type} ${t.domains.value}`} /></dd></div>
      </dl>
    ))}
    <p class="small dim">{t.domains.patience}</p>
  </div>
)

const One = ({ id, d }: { id: string; d: Domain }) => (
  <li class="domain">
    <div class="row between wrap">
      <span class="row">{d.state === 'serving' ? <a href={`https://${d.host}`} target="_blank" rel="noopener noreferrer">{d.host}</a> : <strong>{d.host}</strong>}<Word of={d.state} /></span>
      {d.custom && <span class="row">
        {d.state !== 'serving' && <Action kind="small" run={() => verifyDomain(id, d.host)}>{t.domains.check}</Action>}
        <Ask kind="small" button={t.remove} title={t.domains.removeTitle(d.host)} verb={t.remove} danger run={() => removeDomain(id, d.host)}><p>{t.domains.removeText}</p></Ask>
      </span>}
    </div>
    {d.reason && d.state !== 'serving' && <Note tone={d.state === 'failed' ? 'bad' : 'warn'} icon="info">{sentence(d.reason)}</Note>}
    {d.state !== 'serving' && (d.txt || d.cname) && <Records d={d} />}
  </li>
)

function Guests({ id }: { id: string }) {
  const source = guests(id)
  const state = useSource(source)
  const [name, setName] = useState('')
  return (
    <Card title={t.domains.guests}>
      <p class="dim">{t.domains.guestsText}</p>
      <Loaded of={state} again={() => void source.load()} rows={1}>
        {(list) => list.length > 0 && <ul class="plain">{list.map((g) => (
          <li key={g} class="row between"><span class="break">{g}</span><Action kind="small" label={t.domains.uninvite(g)} run={() => uninvite(id, g)}>{t.remove}</Action></li>
        ))}</ul>}
      </Loaded>
      <form class="row bottom wrap" onSubmit={(e) => { e.preventDefault(); void invite(id, name.trim()).then((ok) => { if (ok) setName('') }) }}>
        <TextField label={t.domains.guest} value={name} on={setName} placeholder="bob.3bot" />
        <button class="button" type="submit" disabled={!name.trim()}>{t.domains.invite}</button>
      </form>
    </Card>
  )
}

export function DomainsTab({ d }: { d: DeploymentFull }) {
  const source = domains(d.id)
  const state = useSource(source, (source.data ?? []).some((x) => x.state === 'ready') ? 3000 : 15_000)
  const [host, setHost] = useState('')
  const add = async (): Promise<void> => { if (await addDomain(d.id, host.trim().toLowerCase())) setHost('') }
  return (
    <div class="stack">
      <Card title={t.domains.title}>
        <Loaded of={state} again={() => void source.load()} empty={<Empty icon="globe" title={t.domains.empty} text={t.domains.emptyText} />}>
          {(list) => <ul class="plain">{list.map((x) => <One key={x.host} id={d.id} d={x} />)}</ul>}
        </Loaded>
      </Card>
      {!isGone(d) && (
        <Card title={t.domains.add}>
          <form class="row bottom wrap" onSubmit={(e) => { e.preventDefault(); void add() }}>
            <TextField label={t.domains.host} value={host} on={setHost} placeholder="www.example.org" />
            <button class="button primary" type="submit" disabled={!host.trim()}>{t.add}</button>
          </form>
        </Card>
      )}
      {!isGone(d) && <Guests id={d.id} />}
    </div>
  )
}
