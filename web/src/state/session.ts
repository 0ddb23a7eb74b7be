// SPDX-License-Identifier: Apache-2.0
// Who is logged in. The server knows; the page asks.
import { signal } from '@preact/signals'
import { pause } from '../api/again.ts'
import { ApiError, call, explain, get, onRefused, passes, path, post } from '../api/client.ts'
import type { Options, Person, Session, SiweParts, Terms } from '../api/shapes.ts'
import { go, route } from '../router.ts'
import { t } from '../texts.ts'
import { connect, signIn } from '../wallet.ts'
import { attempt, tell } from './notices.ts'
import { forgetAll, keyed } from './remote.ts'

/** undefined: not known yet; null: nobody. */
export const person = signal<Person | null | undefined>(undefined)
export const options = signal<Options | null>(null)
/** The node does not answer: what it said. */
export const down = signal('')
export const busy = signal('')

export async function refresh(): Promise<void> {
  try {
    person.value = await get<Person>('/auth/authenticated')
  } catch (e) {
    if (e instanceof ApiError && e.status === 401) person.value = null
    else throw e
  }
}

let failures = 0
let later: ReturnType<typeof setTimeout> | undefined
/** Who is there, and what the node offers; asked again while it does not answer. */
export async function start(): Promise<void> {
  clearTimeout(later)
  try {
    options.value = await get<Options>('/auth/options')
    await refresh()
    down.value = ''
    failures = 0
    passGate()
  } catch (e) {
    down.value = explain(e)
    if (passes(e)) later = setTimeout(() => void start(), pause(++failures))
  }
}

onRefused((status) => {
  if (status === 401) {
    if (person.value) tell(t.login.over, 'error')
    person.value = null
    forgetAll()
  } else {
    void refresh().catch(() => undefined) // the terms may be new
  }
})

/** Who came from the login in front of a solution goes back there: "#/login?next=/auth/gate?host=...". */
function gate(): string {
  const next = route.peek().parts[0] === 'login' ? route.peek().query.get('next') ?? '' : ''
  return next.startsWith('/auth/gate?') ? next : ''
}

/** Somebody is logged in: back to where they came from, if that was a solution's door. */
export function passGate(): boolean {
  const next = person.peek()?.terms ? gate() : ''
  if (next) location.assign(next)
  return next !== ''
}

function entered(who: Person): void {
  forgetAll()
  person.value = who
  passGate()
}

/** The phone: the whole page leaves, and comes back to where it was. */
export function loginConnect(): void {
  const next = gate() || `/marketplace/${location.hash || '#/'}`
  location.assign(`/auth/login?provider=3bot&next_url=${encodeURIComponent(next)}`)
}

async function enter(how: string, login: () => Promise<Person>): Promise<void> {
  busy.value = how
  try {
    await attempt(async () => entered(await login()))
  } finally {
    busy.value = ''
  }
}

export const loginWallet = (): Promise<void> => enter('wallet', async () => {
  const address = await connect()
  const parts = await get<SiweParts>('/auth/siwe/nonce')
  return post<Person>('/auth/siwe', await signIn(address, parts))
})

export const loginDev = (name: string): Promise<void> => enter('dev', () => post<Person>('/auth/dev', { name }))

export async function logout(): Promise<void> {
  if (!await attempt(() => post('/auth/logout'))) return
  person.value = null
  forgetAll()
  go('#/')
}

// ---- terms
export const terms = keyed('terms', (signal) => get<Terms>('/auth/terms', signal))

export async function acceptTerms(hash: string): Promise<void> {
  const accepted = await attempt(() => post('/auth/terms', { hash }))
  if (!accepted) await terms.load() // they changed meanwhile
  await refresh().catch(() => undefined)
  passGate()
}

// ---- sessions
export const sessions = () => keyed('sessions', (signal) => get<{ sessions: Session[] }>('/auth/sessions', signal))

export async function endOthers(): Promise<void> {
  await attempt(() => call('DELETE', '/auth/sessions'), t.account.endedOthers)
  await sessions().load()
}

export async function endSession(id: string): Promise<void> {
  await attempt(() => call('DELETE', path`/auth/sessions/${id}`), t.account.ended)
  await sessions().load()
}
