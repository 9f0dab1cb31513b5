/** Whether what JSON held is a frame: every field that is known, by type and size. */

type Check = (value: unknown) => boolean

const most = { text: 4_096, list: 20_000, seq: Number.MAX_SAFE_INTEGER }

const text: Check = value => typeof value === 'string' && value.length <= most.text
const anyText: Check = value => typeof value === 'string'
const number: Check = value => typeof value === 'number' && Number.isFinite(value)
const numbered: Check = value => Number.isInteger(value) && (value as number) >= 1
const port: Check = value => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535
const yes: Check = value => value === true
const oneOf =
  (...words: readonly string[]): Check =>
  value =>
    words.includes(value as string)
const list =
  (item: Check): Check =>
  value =>
    Array.isArray(value) && value.length <= most.list && value.every(item)

/** Fields by name; those that end in `?` may be absent; others are not looked at. */
const record = (fields: Readonly<Record<string, Check>>): Check => {
  const checks = new Map(
    Object.entries(fields).map(([name, test]) => [
      name.replace('?', ''),
      { test, must: !name.endsWith('?') },
    ]),
  )
  const must = [...checks].filter(([, { must }]) => must).map(([name]) => name)
  return value =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([name, field]) => checks.get(name)?.test(field) ?? true) &&
    must.every(name => Object.hasOwn(value, name))
}

const base = { kind: text, seq: numbered, t: number, 'cause?': numbered }
const address = record({ host: text, port })
const transport = oneOf('UDP', 'TCP', 'TLS', 'WS', 'WSS')

const kinds: Readonly<Record<string, Check>> = {
  message: record({
    ...base,
    direction: oneOf('in', 'out'),
    transport,
    local: address,
    remote: address,
    bytes: anyText,
    'actor?': text,
  }),
  step: record({
    ...base,
    actor: text,
    machine: text,
    'parent?': text,
    'owner?': text,
    event: text,
    'source?': text,
    'from?': text,
    to: text,
    'through?': list(text),
    'guards?': list(record({ guard: text, 'target?': text })),
    'actions?': list(text),
    'sent?': list(record({ to: text, event: text })),
    'timers?': list(record({ timer: text, 'delay?': number })),
    'message?': numbered,
    'ended?': yes,
  }),
  malformed: record({ ...base, transport, local: address, remote: address, reason: text }),
}

/** Why it is no frame; `undefined` for a frame. */
export const check = (value: unknown): string | undefined => {
  const kind = (value as { kind?: unknown } | null)?.kind
  const test = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (!test) return 'a frame is of no kind that is known'
  return test(value) ? undefined : `a field of a ${kind as string} frame is not what it should be`
}
