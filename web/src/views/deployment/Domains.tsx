// SPDX-License-Identifier: Apache-2.0
// Own domains: two DNS records prove whose it is and lead it here.
import { useState } from 'preact/hooks'
import type { DeploymentFull, Domain } from '../../api/shapes.ts'
import { Action, Card, Code, Note } from '../../parts/bits.tsx'
import { Ask } from '../../parts/Dialog.tsx'
import { TextField } from '../../parts/Field.tsx'
import { Empty } from '../../parts/Loaded.tsx'
import { Word } from '../../parts/Status.tsx'
import { isGone } from '../../state/deployments.ts'
import { addDomain, proofs, removeDomain, verifyDomain } from '../../state/upkeep.ts'
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

function One({ id, of }: { id: string; of: Domain }) {
  const d = { ...of, ...proofs.value[of.host], state: of.state, reason: of.reason }
  return (
    <li class="domain">
      <div class="row between wrap">
        <span class="row">{d.state === 'serving' ? <a href={`https://${d.host}`} target="_blank" rel="noopener noreferrer">{d.host}</a> : <strong>{d.host}</strong>}<Word of={d.state} /></span>
        <span class="row">
          {d.state !== 'serving' && <Action kind="small" run={() => verifyDomain(id, d.host)}>{t.domains.check}</Action>}
          <Ask kind="small" button={t.remove} title={t.domains.removeTitle(d.host)} verb={t.remove} danger run={() => removeDomain(id, d.host)}><p>{t.domains.removeText}</p></Ask>
        </span>
      </div>
      {d.reason && d.state !== 'serving' && <Note tone={d.state === 'failed' ? 'bad' : 'warn'} icon="info">{d.reason}</Note>}
      {d.state !== 'serving' && (d.txt || d.cname) && <Records d={d} />}
    </li>
  )
}

export function DomainsTab({ d }: { d: DeploymentFull }) {
  const [host, setHost] = useState('')
  const add = async (): Promise<void> => { if (await addDomain(d.id, host.trim().toLowerCase())) setHost('') }
  return (
    <div class="stack">
      <Card title={t.domains.title}>
        {d.domains.length === 0 ? <Empty icon="globe" title={t.domains.empty} text={t.domains.emptyText} />
          : <ul class="plain">{d.domains.map((x) => <One key={x.host} id={d.id} of={x} />)}</ul>}
      </Card>
      {!isGone(d) && (
        <Card title={t.domains.add}>
          <form class="row bottom wrap" onSubmit={(e) => { e.preventDefault(); void add() }}>
            <TextField label={t.domains.host} value={host} on={setHost} placeholder="www.example.org" />
            <button class="button primary" type="submit" disabled={!host.trim()}>{t.add}</button>
          </form>
        </Card>
      )}
    </div>
  )
}
