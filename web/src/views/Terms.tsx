// SPDX-License-Identifier: Apache-2.0
// The terms; whoever has not accepted the present text sees nothing else.
import { Action, Note } from '../parts/bits.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { Page } from '../parts/Page.tsx'
import { useSource } from '../state/remote.ts'
import { acceptTerms, logout, person, terms } from '../state/session.ts'
import { t } from '../texts.ts'

/** Headings, lists and paragraphs of the text; everything in it is text, nothing is markup. */
export function Prose({ text }: { text: string }) {
  return (
    <div class="prose">
      {text.split(/\n\s*\n/).map((block, i) => {
        const line = block.trim()
        if (/^#+ /.test(line)) return <h2 key={i}>{line.replace(/^#+ /, '')}</h2>
        const items = line.split('\n')
        if (items.every((x) => /^\s*[-*] /.test(x))) return <ul key={i}>{items.map((x) => <li key={x}>{x.replace(/^\s*[-*] /, '')}</li>)}</ul>
        return <p key={i}>{line.replace(/\s*\n\s*/g, ' ')}</p>
      })}
    </div>
  )
}

export function TermsView() {
  const found = useSource(terms)
  const who = person.value
  return (
    <Page title={t.terms.title} intro={who && !who.terms ? t.terms.intro : undefined}>
      <Loaded of={found} again={() => void terms.load()} rows={8}>
        {({ text, hash }) => <>
          <div class="card"><Prose text={text} /></div>
          {who && !who.terms && (
            <div class="row end sticky">
              <Action run={logout}>{t.terms.refuse}</Action>
              <Action kind="primary" run={() => acceptTerms(hash)}>{t.terms.accept}</Action>
            </div>
          )}
          {who?.terms && <Note tone="good" icon="check">{t.terms.accepted}</Note>}
        </>}
      </Loaded>
    </Page>
  )
}
