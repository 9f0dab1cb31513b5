// A line: an account that is stored once, registered whenever it is used, called by it, called on it.
//
//   SIPACTOR_PASSWORD=… node examples/line.mjs profiles.db sip:alice@example.com sip:bob@example.com [sip:registrar]
//
// Without anybody to call (or '') it waits for calls until Ctrl-C. Run it again: the profile is in the file. Kill it while it is
// registered and run it again: it goes on with its registration (same Call-ID, higher CSeq, one binding) instead of
// adding a second one.
// In a clone of the repository, once before: npm ci && npm run build
import { createSip, isSipError, plainMedia } from 'sipactor'
import { node, sqliteProfileStore } from 'sipactor/node'

const [path = 'profiles.db', aor = 'sip:alice@example.com', peer, registrar] = process.argv.slice(2)
const username = aor.slice(aor.indexOf(':') + 1, aor.indexOf('@'))

// Described, not played: put a media port of your own here.
const sip = createSip({
  platform: node(),
  media: plainMedia({ port: 40_000 }),
  profiles: { store: sqliteProfileStore({ path }) },
})
try {
  await sip.profiles.ready()
  const [stored] = sip.profiles.list({ aor })
  const profile =
    stored ??
    (await sip.profiles.admin.create(
      { aors: [aor], ...(registrar && { registrar: { uri: registrar, username } }) },
      { registrarPassword: process.env.SIPACTOR_PASSWORD ?? '' },
    ))
  console.log(stored ? 'the profile was stored already' : 'a new profile is stored')

  const line = sip.line({ profile })
  line.progress$.subscribe(({ stage, error }) =>
    console.log(`line: ${stage}${error ? `, ${error.code}: ${error.message}` : ''}`),
  )
  line.incoming$.subscribe(call => {
    console.log(`called by ${call.params.from}`)
    return call.accept() // by the media above
  })
  const interrupted = new Promise(resolve => process.once('SIGINT', resolve))
  const use = async () => {
    await line.start()
    if (!peer) {
      console.log(`Ctrl-C ends it; until then call ${aor}`)
      return interrupted
    }
    const call = line.call({ requestUri: peer })
    await call.established().catch(() => {})
    console.log(`${peer}: ${call.result}`)
    return call.close()
  }
  await Promise.race([use(), interrupted])
} catch (error) {
  if (!isSipError(error)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 1
} finally {
  await sip.close() // the line first: BYE, REGISTER with a lifetime of 0, then the store
}
