// SPDX-License-Identifier: Apache-2.0
// The log as it grows. It stays at its end unless somebody scrolls up to read.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { DeploymentFull } from '../../api/shapes.ts'
import { Badge, Copy } from '../../parts/bits.tsx'
import { SelectField } from '../../parts/Field.tsx'
import { Failed } from '../../parts/Loaded.tsx'
import { log, useLog } from '../../state/deployments.ts'
import { t } from '../../texts.ts'

function Text() {
  const box = useRef<HTMLPreElement>(null)
  const stay = useRef(true)
  const { text, live } = log.value
  useEffect(() => {
    const b = box.current
    if (b && stay.current) b.scrollTop = b.scrollHeight
  }, [text])
  const scrolled = (): void => {
    const b = box.current!
    stay.current = b.scrollHeight - b.scrollTop - b.clientHeight < 40
  }
  // it can be focused, so that a keyboard can scroll it
  return <pre ref={box} class="log" tabIndex={0} role="log" aria-live="off" aria-label={t.logs.title} onScroll={scrolled}>
    {text || (live ? t.logs.waiting : t.logs.empty)}</pre>
}

export function LogsTab({ d }: { d: DeploymentFull }) {
  const names = d.containers.map((c) => c.name)
  const [name, setName] = useState(names[0] ?? '')
  useLog(d.id, name, d.state)
  return (
    <section class="card" aria-label={t.logs.title}>
      <div class="row between wrap bottom">
        {names.length > 1 ? <SelectField label={t.logs.container} value={name} on={setName} of={names.map((n) => ({ value: n, label: n }))} /> : <h2>{t.logs.title}</h2>}
        <span class="row"><Badge tone={log.value.live ? 'good' : 'calm'}>{log.value.live ? t.logs.live : t.logs.ended}</Badge><Copy text={log.value.text} label={t.logs.title} /></span>
      </div>
      {log.value.error && <Failed text={log.value.error} />}
      <Text />
    </section>
  )
}
