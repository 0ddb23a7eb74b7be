// SPDX-License-Identifier: Apache-2.0
// A labelled input with its help and its error, tied together for screen readers.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { sentence } from '../format.ts'
import { t } from '../texts.ts'
import { Icon } from './Icon.tsx'

/** What an input needs to be tied to its label, help and error. */
export interface Tie { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean | undefined; required: boolean | undefined }

export interface FieldProps {
  label: string
  help?: ComponentChildren
  error?: string | undefined
  optional?: boolean
  children: (tie: Tie) => ComponentChildren
}

export function Field({ label, help, error, optional, children }: FieldProps) {
  const id = useId()
  const said = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ') || undefined
  return (
    <div class="field">
      <label for={id}>{label}{optional && <span class="dim"> {t.optional}</span>}</label>
      {help && <p class="help" id={`${id}-help`}>{help}</p>}
      {children({ id, 'aria-describedby': said, 'aria-invalid': error ? true : undefined, required: !optional || undefined })}
      {error && <FieldError id={`${id}-error`} text={error} />}
    </div>
  )
}

/** The same for several inputs that are one question. */
export function Group({ label, help, error, optional, children }: Omit<FieldProps, 'children'> & { children: ComponentChildren }) {
  const id = useId()
  const said = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ') || undefined
  return (
    <fieldset class="field" aria-describedby={said}>
      <legend>{label}{optional && <span class="dim"> {t.optional}</span>}</legend>
      {help && <p class="help" id={`${id}-help`}>{help}</p>}
      {children}
      {error && <FieldError id={`${id}-error`} text={error} />}
    </fieldset>
  )
}

const FieldError = ({ id, text }: { id: string; text: string }) => (
  <p class="field-error" id={id}><Icon name="warn" size={16} />{sentence(text)}</p>
)

interface TextProps {
  label: string; value: string; on: (v: string) => void
  help?: ComponentChildren; error?: string | undefined; optional?: boolean; number?: boolean; placeholder?: string
}
export const TextField = ({ label, value, on, help, error, optional, number, placeholder }: TextProps) => (
  <Field label={label} help={help} error={error} optional={optional ?? false}>
    {(tie) => <input {...tie} class="input" type="text" inputMode={number ? 'decimal' : undefined} value={value} placeholder={placeholder} autocomplete="off"
      onInput={(e) => on(e.currentTarget.value)} />}
  </Field>
)

export interface Pick { value: string; label: string }
export const SelectField = ({ label, value, of, on, help }: { label: string; value: string; of: Pick[]; on: (v: string) => void; help?: string }) => (
  <Field label={label} help={help}>
    {(tie) => <select {...tie} class="input" value={value} onChange={(e) => on(e.currentTarget.value)}>
      {of.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
    </select>}
  </Field>
)
