// SPDX-License-Identifier: Apache-2.0
// What can be changed while the node runs.
import { useState } from 'preact/hooks'
import type { Settings } from '../../api/shapes.ts'
import { Action, Card, Note } from '../../parts/bits.tsx'
import { Field, TextField } from '../../parts/Field.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { saveSettings, settings } from '../../state/operator.ts'
import { useSource } from '../../state/remote.ts'
import { start } from '../../state/session.ts'
import { t } from '../../texts.ts'

function Form({ of }: { of: Settings }) {
  const [cpu, setCpu] = useState(String(of.overProvisioning.cpu))
  const [ram, setRam] = useState(String(of.overProvisioning.ram))
  const [staging, setStaging] = useState(of.testCert)
  const save = async (): Promise<void> => {
    if (await saveSettings({ overProvisioning: { cpu: Number(cpu), ram: Number(ram) }, testCert: staging })) await start()
  }
  return (
    <div class="stack narrow-stack">
      <Card title={t.operator.overProvisioning}>
        <p class="dim">{t.operator.overText}</p>
        <div class="row wrap bottom">
          <TextField label={t.operator.cpuFactor} value={cpu} on={setCpu} />
          <TextField label={t.operator.ramFactor} value={ram} on={setRam} />
        </div>
      </Card>
      <Card title={t.operator.testCert}>
        <Field label={t.operator.testCertLabel} help={t.operator.testCertText} optional>
          {({ required: _, ...tie }) => <span class="check"><input {...tie} type="checkbox" checked={staging} onChange={(e) => setStaging(e.currentTarget.checked)} /><span aria-hidden="true">{t.yes}</span></span>}
        </Field>
      </Card>
      <Note>{t.operator.settingsText}</Note>
      <div><Action kind="primary" run={save}>{t.save}</Action></div>
    </div>
  )
}

export function SettingsTab() {
  const source = settings()
  const state = useSource(source)
  return <Loaded of={state} again={() => void source.load()}>{(s) => <Form key={JSON.stringify(s)} of={s} />}</Loaded>
}
