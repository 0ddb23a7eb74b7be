// SPDX-License-Identifier: Apache-2.0
// A question by its type.
import { Choice, Dropdown, Multi, Yes } from './Choice.tsx'
import { Line, type Asked } from './Line.tsx'
import { FileField, KeyValue, NoteText } from './Others.tsx'
import { Datetime, Duration } from './Times.tsx'

const KINDS: Record<string, (p: Asked) => preact.JSX.Element> = {
  choice: Choice, size: Choice, pool: Choice, dropdown: Dropdown, multi: Multi, bool: Yes, confirm: Yes,
  datetime: Datetime, duration: Duration, keyvalue: KeyValue, file: FileField, note: NoteText
}

export function AskOne(p: Asked) {
  const Kind = KINDS[p.q.type] ?? Line
  return <Kind {...p} />
}
