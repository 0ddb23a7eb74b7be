// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact'

render(<p>Atoll</p>, document.getElementById('app')!)
