// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact'
import { App } from './app.tsx'
import { start } from './state/session.ts'
import { applyTheme } from './state/theme.ts'
import './style/tokens.css'
import './style/base.css'
import './style/parts.css'
import './style/views.css'

applyTheme()
render(<App />, document.getElementById('app')!)
void start()
