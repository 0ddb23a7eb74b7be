// SPDX-License-Identifier: Apache-2.0
// A wizard: one step's questions at a time, a review with the price, and off it goes.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Wizard } from '../api/shapes.ts'
import { Action, Card, Facts, Note, When } from '../parts/bits.tsx'
import { Icon } from '../parts/Icon.tsx'
import { Empty, Loaded } from '../parts/Loaded.tsx'
import { Price } from '../parts/Money.tsx'
import { Page } from '../parts/Page.tsx'
import { AskOne } from '../parts/question/Ask.tsx'
import { link, replace } from '../router.ts'
import { useSource } from '../state/remote.ts'
import { adopt, answer, answers, asked, back, deploy, next, sending, wizard, wrong } from '../state/wizard.ts'
import { t } from '../texts.ts'

function Steps({ w }: { w: Wizard }) {
  return (
    <ol class="steps" aria-label={t.wizard.steps}>
      {w.steps.map((s, i) => {
        const now = s.name === w.step
        const dot = <span class="step-dot">{s.done && !now ? <Icon name="check" size={14} /> : i + 1}</span>
        return (
          <li key={s.name} class={now ? 'now' : s.done ? 'done' : ''} aria-current={now ? 'step' : undefined}>
            {s.done && !now ? <button type="button" disabled={sending.value} onClick={() => void back(w, s.name)}>{dot}{s.title}</button>
              : <span>{dot}{s.title}</span>}
          </li>
        )
      })}
    </ol>
  )
}

/** The heading of a step takes the focus when the step changes. */
function useStepFocus(w: Wizard) {
  const heading = useRef<HTMLHeadingElement>(null)
  const first = useRef(true)
  useLayoutEffect(() => {
    if (!first.current) heading.current?.focus()
    first.current = false
  }, [w.step, w.state])
  return heading
}

const Mistakes = ({ w }: { w: Wizard }) => {
  const known = w.questions.filter((q) => wrong.value[q.name])
  const others = Object.entries(wrong.value).filter(([name]) => !known.some((q) => q.name === name))
  if (!known.length && !others.length) return null
  return (
    <div role="alert"><Note tone="bad" icon="warn">
      <p>{t.wizard.mend}</p>
      <ul>{known.map((q) => <li key={q.name}>{q.label}: {wrong.value[q.name]}</li>)}
        {others.map(([name, text]) => <li key={name}>{text}</li>)}</ul>
    </Note></div>
  )
}

function Questions({ w }: { w: Wizard }) {
  const heading = useStepFocus(w)
  const first = w.steps[0]?.name === w.step
  return (
    <form class="card wizard" noValidate onSubmit={(e) => { e.preventDefault(); void next(w) }}>
      <h2 ref={heading} tabIndex={-1}>{w.steps.find((s) => s.name === w.step)?.title ?? w.title}</h2>
      <Mistakes w={w} />
      {w.questions.length === 0 && <p>{t.wizard.nothing}</p>}
      {w.questions.filter((q) => asked(w, q)).map((q) => (
        <AskOne key={`${w.step}/${q.name}`} q={q} value={answers.value[q.name]} error={wrong.value[q.name]} on={(v) => answer(q.name, v)} />
      ))}
      <div class="row between">
        {first ? <a class="button" href={link('solutions', w.package)}>{t.wizard.later}</a>
          : <button class="button" type="button" disabled={sending.value} onClick={() => void back(w)}><Icon name="back" size={18} />{t.wizard.back}</button>}
        <button class="button primary" type="submit" aria-busy={sending.value || undefined}>{t.wizard.next}<Icon name="next" size={18} /></button>
      </div>
    </form>
  )
}

function ReviewStep({ w }: { w: Wizard }) {
  const heading = useStepFocus(w)
  return (
    <div class="stack">
      <section class="card wizard" aria-label={t.wizard.review}>
        <h2 ref={heading} tabIndex={-1}>{t.wizard.reviewTitle}</h2>
        <Mistakes w={w} />
        <Facts of={(w.review ?? []).map((r) => [r.label, r.value])} />
      </section>
      {w.quote && <Card title={t.quote.title}><Price of={w.quote} /></Card>}
      {!w.quote && <Note tone="warn" icon="warn">{t.quote.none}</Note>}
      <div class="row between">
        <button class="button" type="button" disabled={sending.value} onClick={() => void back(w)}><Icon name="back" size={18} />{t.wizard.back}</button>
        <Action kind="primary large" icon="rocket" disabled={!w.quote} run={() => deploy(w)}>{t.wizard.deploy}</Action>
      </div>
    </div>
  )
}

function Body({ w }: { w: Wizard }) {
  // what the node holds fills the fields when the wizard is opened, and when another tab has gone on;
  // before anybody sees them, or what is typed at once would be lost
  useLayoutEffect(() => { if (w.state === 'asking') adopt(w) }, [w.id, w.step])
  useEffect(() => { if (w.deployment) replace(link('deployments', w.deployment)) }, [w.deployment])
  if (w.state === 'expired')
    return <Empty icon="clock" title={t.wizard.expired} text={t.wizard.expiredText}><a class="button primary" href={link('solutions', w.package)}>{t.again}</a></Empty>
  return (
    <>
      <Steps w={w} />
      {w.state === 'asking' ? <Questions w={w} /> : <ReviewStep w={w} />}
      <p class="small dim">{t.wizard.kept} <When at={w.expires} />.</p>
    </>
  )
}

export function WizardView({ id }: { id: string }) {
  const source = wizard(id)
  const state = useSource(source, source.data?.state === 'deploying' ? 2000 : 0)
  const w = state.data
  return (
    <Page title={w ? t.wizard.title(w.title) : t.wizard.one} up={{ href: w ? link('solutions', w.package) : '#/', text: w?.title ?? t.home.title }}>
      <Loaded of={state} again={() => void source.load()} rows={5}>{(data) => <Body w={data} />}</Loaded>
    </Page>
  )
}
