/** What every handle of the API has in common: state, state$, errors$, promises. */
import { describe, expect, it } from 'vitest'
import { SipError } from '../../src/errors.ts'
import { response } from '../support/fake-port.ts'
import { activeSip, fails, record, refused } from './support.ts'

const options = { method: 'OPTIONS', uri: 'sip:bob@example.com' }

describe('a live handle', () => {
  it('replays its latest state, then tells each further one, then completes', () => {
    const { fake, connection } = activeSip()
    const transaction = connection.request(options)
    fake.state(transaction.id, { is: 'trying' })
    const states = record(transaction.state$)
    fake.state(transaction.id, { is: 'completed', status: 200 })
    expect(states.complete).toBe(false)
    fake.state(transaction.id, { is: 'terminated' })
    fake.tell({ type: 'closed', id: transaction.id })
    expect(states.values.map(({ is }) => is)).toEqual(['trying', 'completed', 'terminated'])
    expect(states.complete).toBe(true)
  })

  it('gives its last state to one who comes after the end', () => {
    const { fake, connection } = activeSip()
    const transaction = connection.request(options)
    fake.state(transaction.id, { is: 'terminated' })
    fake.tell({ type: 'closed', id: transaction.id })
    expect(record(transaction.state$)).toEqual({ values: [{ is: 'terminated' }], complete: true })
    expect(record(transaction.responses$)).toEqual({ values: [], complete: true })
  })

  it('gives an error that came before anybody listened to the first who does, and to nobody else', () => {
    const { fake, connection } = activeSip()
    const transaction = connection.request(options)
    const error = new SipError('transport', 'no route')
    fake.tell({ type: 'error', id: transaction.id, error })
    expect(record(transaction.errors$).values).toEqual([error])
    expect(record(transaction.errors$).values).toEqual([])
  })

  it('tells an error once to those who listen', () => {
    const { fake, connection } = activeSip()
    const transaction = connection.request(options)
    const first = record(transaction.errors$)
    fake.tell({ type: 'error', id: transaction.id, error: new SipError('timeout', 'no answer') })
    expect(first.values.map(({ code }) => code)).toEqual(['timeout'])
    expect(record(transaction.errors$).values).toEqual([])
  })

  it('hears what its own command causes while the command is carried out', () => {
    const { fake, connection } = activeSip()
    fake.answer(command => {
      if (command.type === 'request.send') fake.state(command.id, { is: 'trying' })
    })
    expect(connection.request(options).state.is).toBe('trying')
  })

  it('is unknown again when the engine refuses its command', () => {
    const { fake, sip, connection } = activeSip()
    const events = record(sip.events$)
    fake.refuse(new SipError('not-supported', 'not here'))
    refused('not-supported', () => connection.request(options))
    fake.state('transaction.2', { is: 'trying' })
    expect(events.values).toEqual([])
  })

  it('allows commands from a subscriber while an event is told', () => {
    const { fake, connection } = activeSip()
    const transaction = connection.request(options)
    transaction.state$.subscribe(({ is }) => {
      if (is === 'completed') connection.request(options)
    })
    fake.state(transaction.id, { is: 'completed' })
    expect(fake.commands.filter(({ type }) => type === 'request.send')).toHaveLength(2)
  })

  it('lets a promise be asked for at any time, also after the end', async () => {
    const { fake, connection } = activeSip()
    const transaction = connection.request(options)
    const early = transaction.response()
    fake.tell({ type: 'response', id: transaction.id, response: response(200) })
    fake.state(transaction.id, { is: 'terminated' })
    fake.tell({ type: 'closed', id: transaction.id })
    expect((await early).status).toBe(200)
    expect((await transaction.response()).status).toBe(200)
  })

  it('goes silently with a lost connection: streams complete, no error, promises reject with closed', async () => {
    const { fake, connection } = activeSip()
    const transaction = connection.request(options)
    const [states, errors] = [record(transaction.state$), record(transaction.errors$)]
    const waiting = transaction.response()
    fake.state(connection.id, { is: 'inactive' })
    fake.tell({ type: 'closed', id: transaction.id, reason: 'connectionLost' })
    expect(states).toEqual({ values: [{ is: 'constructing' }], complete: true })
    expect(errors).toEqual({ values: [], complete: true })
    expect(transaction.state.is).toBe('terminated')
    await fails('closed', waiting)
  })
})
