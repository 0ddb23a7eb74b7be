// SPDX-License-Identifier: Apache-2.0
// Longer, larger, newer, or gone.
import { useState } from 'preact/hooks'
import type { DeploymentFull } from '../../api/shapes.ts'
import { date, money } from '../../format.ts'
import { Action, Card, Note } from '../../parts/bits.tsx'
import { Ask } from '../../parts/Dialog.tsx'
import { Field, SelectField } from '../../parts/Field.tsx'
import { local } from '../../parts/question/Times.tsx'
import { packageOf } from '../../state/catalogue.ts'
import { act, extend, isBusy, isGone, remove, resize, update } from '../../state/deployments.ts'
import { useSource } from '../../state/remote.ts'
import { t } from '../../texts.ts'

function Extend({ d }: { d: DeploymentFull }) {
  const [ends, setEnds] = useState(d.ends ? local(d.ends) : '')
  const at = ends ? new Date(ends).getTime() : null
  return (
    <Card title={t.manage.extend}>
      <p class="dim">{d.ends ? t.manage.extendText(date(d.ends)) : t.manage.extendOpen}</p>
      <div class="row bottom wrap">
        <Field label={t.manage.end} optional>{(tie) => <input {...tie} class="input" type="datetime-local" min={local(Date.now())} value={ends} onInput={(e) => setEnds(e.currentTarget.value)} />}</Field>
        <Action icon="clock" disabled={at === d.ends} run={() => extend(d, at)}>{at || !d.ends ? t.manage.setEnd : t.manage.dropEnd}</Action>
      </div>
    </Card>
  )
}

function Resize({ d }: { d: DeploymentFull }) {
  const { data } = useSource(packageOf(d.package))
  const [size, setSize] = useState(d.size)
  const sizes = data?.sizes ?? []
  if (sizes.length < 2) return null
  return (
    <Card title={t.manage.resize}>
      <p class="dim">{t.manage.resizeText}</p>
      <div class="row bottom wrap">
        <SelectField label={t.solution.size} value={size} on={setSize}
          of={sizes.map((s) => ({ value: s.name, label: s.perHour ? `${s.label} (${money(s.perHour)} ${t.quote.perHour})` : s.label }))} />
        <Ask button={t.manage.resize} disabled={size === d.size} title={t.manage.resizeTitle} verb={t.manage.resize} run={() => resize(d, size)}><p>{t.manage.resizeSure}</p></Ask>
      </div>
    </Card>
  )
}

const Update = ({ d }: { d: DeploymentFull }) => (
  <Card title={t.manage.update}>
    <p class="dim">{d.newVersion ? t.manage.updateText(d.version, d.newVersion) : t.manage.newest(d.version)}</p>
    {(d.newVersion || d.oldVersion) && <div class="row wrap">
      {d.newVersion && <Ask button={t.manage.updateTo(d.newVersion)} kind="primary" title={t.manage.updateTo(d.newVersion)} verb={t.manage.update}
        run={() => update(d, d.newVersion!)}><p>{t.manage.updateSure}</p></Ask>}
      {d.oldVersion && <Ask button={t.deployment.verb.rollback} title={t.manage.rollbackTitle(d.oldVersion)} verb={t.deployment.verb.rollback}
        run={() => act(d, 'rollback')}><p>{t.manage.rollbackText(d.oldVersion)}</p></Ask>}
    </div>}
  </Card>
)

const Delete = ({ d }: { d: DeploymentFull }) => (
  <Card title={t.manage.delete}>
    <p>{t.manage.deleteText}</p>
    <div><Ask button={t.manage.delete} kind="danger" title={t.manage.deleteTitle(d.name)} verb={t.manage.deleteVerb} danger type={d.name} run={() => remove(d, d.name)}>
      <p>{t.manage.deleteSure}</p>
      <Note tone="good" icon="wallet">{t.manage.refund(d.paidUntil > Date.now() ? date(d.paidUntil) : '')}</Note>
    </Ask></div>
  </Card>
)

export function ManageTab({ d }: { d: DeploymentFull }) {
  if (isGone(d)) return <Note>{t.deployment.goneText}</Note>
  return (
    <div class="stack narrow-stack">
      {isBusy(d) ? <Note tone="busy">{t.manage.busy}</Note> : <><Extend d={d} /><Resize d={d} /><Update d={d} /></>}
      <Delete d={d} />
    </div>
  )
}
