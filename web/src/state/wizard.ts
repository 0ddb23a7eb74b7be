// SPDX-License-Identifier: Apache-2.0
// A wizard: the node keeps its state and checks each answer; here are the answers that are being typed.
import { signal } from '@preact/signals'
import { ApiError, call, explain, get, path, post } from '../api/client.ts'
import type { Question, Wizard } from '../api/shapes.ts'
import { go, link, replace } from '../router.ts'
import { t } from '../texts.ts'
import { attempt, say, tell } from './notices.ts'
import { keyed } from './remote.ts'

type Answers = Record<string, unknown>

export const wizard = (id: string) => keyed(`wizard/${id}`, (s) => get<Wizard>(path`/chatflows/${id}`, s))
export const unfinished = () =>
  keyed('wizards', async (s) => (await get<{ chatflows: Wizard[] }>('/chatflows', s)).chatflows)

/** What is in the fields now, of one wizard at a time. */
export const answers = signal<Answers>({})
export const sending = signal(false)
/** What the node refuses in what is being asked, by question. */
export const wrong = signal<Record<string, string>>({})

/** Multi-answers are lists, notes have none; a question that was answered shows its answer. */
export function starting(questions: Question[]): Answers {
  const out: Answers = {}
  for (const q of questions) {
    // of a file that was answered only its name is known; it is kept by not answering again
    const v = q.type === 'file' ? undefined : q.value ?? q.default
    if (v !== undefined && v !== null) out[q.name] = v
    else if (q.type === 'size' || q.type === 'pool' || q.type === 'choice')
      out[q.name] = q.options?.length === 1 ? q.options[0]!.value : undefined
  }
  return out
}

export function answer(name: string, value: unknown): void {
  answers.value = { ...answers.value, [name]: value }
  if (wrong.value[name]) {
    const { [name]: _gone, ...rest } = wrong.value
    wrong.value = rest
  }
}

export async function begin(name: string): Promise<void> {
  await attempt(async () => {
    const w = await post<Wizard>('/chatflows', { package: name })
    show(w)
    go(link('wizard', w.id))
  })
}

function show(w: Wizard): void {
  wrong.value = w.errors ?? {}
  answers.value = starting(w.questions ?? [])
  wizard(w.id).set(w)
}

/** What the fields hold at the start of a step, also after a reload. */
export function adopt(w: Wizard): void {
  answers.value = starting(w.questions ?? [])
  wrong.value = w.errors ?? {}
}

async function send(w: Wizard, what: string, body: unknown): Promise<void> {
  if (sending.value) return // a double click answers once
  sending.value = true
  try {
    show(await post<Wizard>(`${path`/chatflows/${w.id}`}/${what}`, body))
  } catch (e) {
    refusal(w, e)
  } finally {
    sending.value = false
  }
}

/** A refusal brings the wizard as it is now: another step, another price, or what is wrong in the answers. */
function refusal(w: Wizard, e: unknown): void {
  const now = e instanceof ApiError ? e.more.wizard as Wizard | undefined : undefined
  const typed = answers.value
  if (now) show(now)
  if (now?.step === w.step && now.state === w.state) answers.value = typed // stays in the fields, to be mended
  const mistakes = Object.keys(wrong.value).length
  if (mistakes) say(t.wizard.mistakes(mistakes))
  else tell(explain(e), 'error')
  if (!now) void wizard(w.id).load()
}

const asText = (v: unknown): string => v === undefined || v === null ? '' : String(v)

/** Whether a question is asked, by what its step's other questions have been answered with. */
export function asked(w: Wizard, q: Question): boolean {
  const other = q.when && w.questions.find((x) => x.name === q.when!.question)
  if (!q.when || !other) return true // an earlier step decided, and the node has left out what is not asked
  const text = asked(w, other) ? asText(answers.value[other.name]) : ''
  return q.when.is ? q.when.is.includes(text) : !(q.when.is_not ?? []).includes(text)
}

/** What a secret or a file was answered with before is kept by leaving it out. */
const keeps = (q: Question): boolean => q.type === 'secret' || q.type === 'file'

/** The answers of this step. What was emptied is said to be empty where the node would take a default for it. */
function given(w: Wizard): Answers {
  const out: Answers = {}
  for (const q of w.questions) {
    const v = answers.value[q.name]
    const none = v === undefined || v === null || v === ''
    if (q.type === 'note' || !asked(w, q)) continue
    if (!none) out[q.name] = v
    else if (q.default !== undefined && !keeps(q)) out[q.name] = ''
  }
  return out
}

export const next = (w: Wizard): Promise<void> => send(w, 'answers', { step: w.step, answers: given(w) })
export const back = (w: Wizard, to?: string): Promise<void> => send(w, 'back', { step: w.step, ...(to ? { to } : {}) })

export async function deploy(w: Wizard): Promise<void> {
  if (sending.value) return
  sending.value = true
  try {
    const { deployment } = await post<{ deployment: string }>(path`/chatflows/${w.id}/deploy`, { quoteHash: w.quote?.hash })
    replace(link('deployments', deployment))
  } catch (e) {
    refusal(w, e) // e.g. the price is another now
  } finally {
    sending.value = false
  }
}

export async function drop(id: string): Promise<void> {
  await attempt(() => call('DELETE', path`/chatflows/${id}`), t.wizard.dropped)
  await unfinished().load()
}
