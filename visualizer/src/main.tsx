/** The inspector: watches the engine that has served the page, or shows the trace that the page holds. */
import './theme/tokens.css'
import './theme/controls.css'
import './theme/frame.css'
import './theme/floating.css'
import { render } from 'preact'
import { App } from './app/App.tsx'
import { listenForFiles } from './import/drop.ts'
import { embeddedTrace } from './import/embedded.ts'
import { readTrace } from './import/read.ts'
import { listen } from './keys/keys.ts'
import { watch } from './store/engine.ts'
import { hearAsAsked } from './store/receiver.ts'
import { startTheme } from './theme/theme.ts'

startTheme()
listen()
listenForFiles()

const trace = embeddedTrace()
if (trace) void readTrace(trace.text, trace.name)
else if (!hearAsAsked() && /^https?:$/.test(location.protocol)) watch()

render(<App />, document.getElementById('app')!)
