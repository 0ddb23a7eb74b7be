// SPDX-License-Identifier: Apache-2.0
import { Empty } from '../parts/Loaded.tsx'
import { Page } from '../parts/Page.tsx'
import { t } from '../texts.ts'

export const Missing = () => (
  <Page title={t.missing.title}>
    <Empty icon="search" title={t.missing.text}><a class="button primary" href="#/">{t.missing.home}</a></Empty>
  </Page>
)
