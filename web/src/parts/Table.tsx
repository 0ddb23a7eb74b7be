// SPDX-License-Identifier: Apache-2.0
// A table that becomes a list of cards where it does not fit.
import type { ComponentChildren } from 'preact'

export interface Column<T> { head: string; cell: (row: T) => ComponentChildren; number?: boolean }

interface TableProps<T> { label: string; rows: T[]; id: (row: T) => string; columns: Array<Column<T>>; actions?: (row: T) => ComponentChildren }

export function Table<T>({ label, rows, id, columns, actions }: TableProps<T>) {
  return (
    <table class="table" aria-label={label}>
      <thead><tr>
        {columns.map((c) => <th key={c.head} scope="col" class={c.number ? 'number' : undefined}>{c.head}</th>)}
        {actions && <td />}
      </tr></thead>
      <tbody>{rows.map((row) => (
        <tr key={id(row)}>
          {columns.map((c) => <td key={c.head} data-head={c.head} class={c.number ? 'number' : undefined}><div>{c.cell(row)}</div></td>)}
          {actions && <td class="row-actions">{actions(row)}</td>}
        </tr>
      ))}</tbody>
    </table>
  )
}
