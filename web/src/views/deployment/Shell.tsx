// SPDX-License-Identifier: Apache-2.0
// A terminal in a container. It is drawn as text, line by line; a text field on it takes what is typed, pasted or dictated.
// Tab is the shell's, Shift+Tab leaves; who listens can have the output read.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { DeploymentFull } from '../../api/shapes.ts'
import { Action, Badge, Note } from '../../parts/bits.tsx'
import { SelectField } from '../../parts/Field.tsx'
import { askShell, closeShell, openShell, resize, shell, spoken, theScreen, type } from '../../state/shell.ts'
import { keyText, pasted } from '../../terminal/keys.ts'
import { BOLD, DIM, INVERSE, UNDERLINE, background, foreground, runs, type Line } from '../../terminal/screen.ts'
import { t } from '../../texts.ts'

function look(style: number, cursor: boolean): string {
  const inverse = ((style & INVERSE) !== 0) !== cursor
  const f = foreground(style), b = background(style)
  return [
    inverse && 'inv', style & BOLD && 'bold', style & DIM && 'faint', style & UNDERLINE && 'under', cursor && 'at',
    f >= 0 && `${inverse ? 'b' : 'f'}${f}`, b >= 0 && `${inverse ? 'f' : 'b'}${b}`
  ].filter(Boolean).join(' ')
}

const Row = ({ line, cursor }: { line: Line; cursor: number }) => (
  <div>{runs(line, cursor).map((r, i) => <span key={i} class={look(r.style, r.cursor)}>{r.text}</span>)}</div>
)

/** How many letters there is room for. */
function measure(box: HTMLElement, letter: HTMLElement): void {
  const { width, height } = letter.getBoundingClientRect()
  if (!width || !height) return
  const style = getComputedStyle(box)
  const inner = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
  resize(Math.max(20, Math.floor(inner / (width / 10))), Math.max(5, Math.floor((box.clientHeight - parseFloat(style.paddingTop) * 2) / height)))
}

function Terminal() {
  const box = useRef<HTMLDivElement>(null)
  const letter = useRef<HTMLSpanElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const { beat, phase } = shell.value
  const screen = theScreen()
  useEffect(() => {
    const watch = new ResizeObserver(() => { if (box.current && letter.current) measure(box.current, letter.current) })
    watch.observe(box.current!)
    return () => watch.disconnect()
  }, [])
  useEffect(() => { box.current!.scrollTop = box.current!.scrollHeight }, [beat])
  useLayoutEffect(() => { if (phase === 'open') field.current!.focus() }, [phase])

  const press = (e: KeyboardEvent): void => {
    const text = e.isComposing ? null : keyText(e, screen.application)
    if (text === null) return
    e.preventDefault()
    type(text)
  }
  const typed = (e: Event): void => {
    const f = e.currentTarget as HTMLTextAreaElement
    if ((e as InputEvent).isComposing || !f.value) return
    type(f.value.replace(/\n/g, '\r'))
    f.value = ''
  }
  const paste = (e: ClipboardEvent): void => {
    e.preventDefault()
    type(pasted(e.clipboardData?.getData('text') ?? '', screen.bracketed))
  }
  const point = (): void => { if (getSelection()?.isCollapsed !== false) field.current?.focus() }
  const old = screen.alternate ? [] : screen.history
  return (
    <div ref={box} class="terminal" onClick={point}>
      <span ref={letter} class="letter" aria-hidden="true">MMMMMMMMMM</span>
      <div class="screen" aria-hidden="true">
        {old.map((line, i) => <Row key={`h${i}`} line={line} cursor={-1} />)}
        {screen.lines.map((line, y) => <Row key={y} line={line} cursor={phase === 'open' && screen.cursor && y === screen.y ? screen.x : -1} />)}
      </div>
      <textarea ref={field} class="keys" rows={1} aria-label={t.shell.input} aria-describedby="shell-keys" disabled={phase !== 'open'}
        autocomplete="off" autocapitalize="off" spellcheck={false}
        onKeyDown={press} onInput={typed} onCompositionEnd={typed} onPaste={paste} />
    </div>
  )
}

/** What was written, for who does not see the screen. */
function Spoken() {
  const [text, setText] = useState('')
  useEffect(() => {
    spoken()
    const timer = setInterval(() => { const more = spoken(); if (more) setText(more) }, 700)
    return () => clearInterval(timer)
  }, [])
  return <div class="hidden" role="log" aria-live="polite" aria-atomic="true" aria-label={t.shell.output}>{text}</div>
}

export function ShellTab({ d }: { d: DeploymentFull }) {
  const names = d.containers.map((c) => c.name)
  const [name, setName] = useState(names[0] ?? '')
  const [aloud, setAloud] = useState(false)
  const behind = useRef<HTMLParagraphElement>(null)
  const { phase, refused, note } = shell.value
  useEffect(() => {
    void askShell(d.id)
    return closeShell
  }, [d.id, d.state])
  if (refused) return <Note icon="info"><p>{refused}</p></Note>
  return (
    <section class="card" aria-label={t.shell.title}>
      <div class="row between wrap bottom">
        {names.length > 1 ? <SelectField label={t.logs.container} value={name} on={setName} of={names.map((n) => ({ value: n, label: n }))} /> : <h2>{t.shell.title}</h2>}
        <span class="row wrap">
          <label class="row"><input type="checkbox" checked={aloud} onChange={(e) => setAloud(e.currentTarget.checked)} /> {t.shell.aloud}</label>
          <Badge tone={phase === 'open' ? 'good' : phase === 'opening' ? 'busy' : 'calm'}>{t.shell.phase[phase]}</Badge>
          {phase === 'closed' ? <Action icon="play" kind="primary" run={async () => openShell(d.id, name)}>{note ? t.shell.again : t.shell.open}</Action>
            : <Action icon="stop" run={async () => closeShell()}>{t.shell.close}</Action>}
        </span>
      </div>
      {note && <Note><p role="status">{note}</p></Note>}
      <button type="button" class="skip button small" onClick={() => behind.current?.focus()}>{t.shell.skip}</button>
      <Terminal />
      <p ref={behind} id="shell-keys" class="dim small-text" tabIndex={-1}>{t.shell.keys}</p>
      {aloud && <Spoken />}
    </section>
  )
}
