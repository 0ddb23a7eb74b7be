// SPDX-License-Identifier: Apache-2.0
// A modal dialog: the browser's own keeps the focus inside, closes on Escape, and gives the focus back.
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useId, useRef, useState } from 'preact/hooks'
import { t } from '../texts.ts'
import { Action } from './bits.tsx'
import { TextField } from './Field.tsx'

export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useLayoutEffect(() => {
    const opener = document.activeElement as HTMLElement | null
    const dialog = box.current!
    dialog.showModal()
    return () => {
      dialog.close() // until then nothing outside of it can have the focus
      opener?.focus?.()
    }
  }, [])
  return (
    <dialog ref={box} class="dialog" aria-labelledby={id} onClose={close}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}

export interface ConfirmProps {
  title: string
  verb: string
  close: () => void
  run: () => Promise<boolean>
  /** what has to be typed first */
  type?: string
  danger?: boolean
  /** whether what is asked for in it has been given */
  ready?: boolean
  children?: ComponentChildren
}

export function Confirm({ title, verb, close, run, type, danger, ready = true, children }: ConfirmProps) {
  const [typed, setTyped] = useState('')
  const go = async (): Promise<void> => { if (await run()) close() }
  return (
    <Dialog title={title} close={close}>
      <div class="stack">
        {children}
        {type && <TextField label={t.typeToConfirm(type)} value={typed} on={setTyped} />}
        <div class="row end">
          <button class="button" type="button" onClick={close}>{t.cancel}</button>
          <Action kind={danger ? 'danger' : 'primary'} disabled={!ready || (type !== undefined && typed !== type)} run={go}>{verb}</Action>
        </div>
      </div>
    </Dialog>
  )
}

/** A button that asks first. */
export function Ask({ button, kind = '', disabled, label, ...rest }: Omit<ConfirmProps, 'close'> & { button: ComponentChildren; kind?: string; disabled?: boolean; label?: string }) {
  const [open, setOpen] = useState(false)
  return <>
    <button class={`button ${kind}`} type="button" disabled={disabled} aria-label={label} onClick={() => setOpen(true)}>{button}</button>
    {open && <Confirm {...rest} close={() => setOpen(false)} />}
  </>
}
