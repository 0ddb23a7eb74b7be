// SPDX-License-Identifier: Apache-2.0
// What has just happened, in a corner; and what is only read out.
import { dismiss, notices, spoken } from '../state/notices.ts'
import { t } from '../texts.ts'
import { Icon } from './Icon.tsx'

export const Notices = () => (
  <>
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map((n) => (
        <div key={n.id} class={`notice ${n.kind}`}>
          <Icon name={n.kind === 'ok' ? 'check' : 'warn'} />
          <p>{n.text}</p>
          <button class="icon-button" type="button" aria-label={t.dismiss} onClick={() => dismiss(n.id)}><Icon name="close" size={16} /></button>
        </div>
      ))}
    </div>
    <p class="hidden" role="status" aria-live="polite">{spoken.value}</p>
  </>
)
