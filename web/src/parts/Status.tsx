// SPDX-License-Identifier: Apache-2.0
// How a deployment is: a word and a colour, never the colour alone.
import type { Deployment } from '../api/shapes.ts'
import { t } from '../texts.ts'
import { Badge, type Tone } from './bits.tsx'

const TONES: Record<string, Tone> = {
  running: 'good', creating: 'busy', stopping: 'busy', updating: 'busy', restoring: 'busy', deleting: 'busy',
  grace: 'warn', failed: 'bad', stopped: 'calm', deleted: 'calm'
}
const HEALTH: Record<string, Tone> = { unhealthy: 'bad', starting: 'busy' }

export function Status({ of }: { of: Pick<Deployment, 'state' | 'health'> }) {
  const ill = of.state === 'running' ? HEALTH[of.health] : undefined
  return <Badge tone={ill ?? TONES[of.state] ?? 'calm'}>{ill ? t.health(of.health) : t.state(of.state)}</Badge>
}

const CERTS: Record<string, Tone> = {
  serving: 'good', valid: 'good', ok: 'good', ready: 'busy', pending: 'busy', unproven: 'warn', waiting: 'busy', failing: 'bad', failed: 'bad', error: 'bad', expired: 'bad', warn: 'warn'
}
/** States of domains, certificates and servers. */
export const Word = ({ of }: { of: string }) => <Badge tone={CERTS[of] ?? 'calm'}>{t.word(of)}</Badge>
