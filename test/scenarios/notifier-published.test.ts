/** Observables as the state of a peer's subscription. Scenario E09; RFC 6665 §4.2.2. */
import { BehaviorSubject, NEVER, Observable, of, Subject, throwError } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Notifier } from '../../src/index.ts'
import { notifierScene, text, told } from './notifier-support.ts'
import { record } from './support.ts'

/** P subscribes, and we publish; P has answered nothing yet. */
const published = async <Value>(
  source: Observable<Value>,
  options: Parameters<Notifier['publish']>[1] = { contentType: text },
) => {
  const scene = await notifierScene()
  await scene.subscribe(600)
  const [notifier] = scene.asked
  const states = record(notifier!.state$)
  const errors = record(notifier!.errors$)
  const subscription = notifier!.publish(source, options)
  await scene.run(10)
  const next = async () => {
    const notify = scene.bob.next('NOTIFY')
    scene.bob.reply(notify, 200)
    await scene.run(10)
    return told(notify)
  }
  return { ...scene, notifier: notifier!, states, errors, subscription, next }
}

describe('an observable as the state of a subscription', () => {
  it('E09: accepts it with what is there at once, then tells each value', async () => {
    const source = new BehaviorSubject('one')
    const { bob, run, next } = await published(source)
    bob.next(200)
    expect(await next()).toBe('active;expires=600 one')
    source.next('two')
    await run(10)
    expect(await next()).toBe('active;expires=600 two')
  })

  it('E09: accepts it without a body when there is nothing yet', async () => {
    const source = new Subject<string>()
    const { bob, run, next } = await published(source)
    bob.next(200)
    const first = bob.unread.find(message => message.kind === 'request')
    expect(first?.header('content-type')).toBeUndefined()
    expect(await next()).toBe('active;expires=600')
    source.next('one')
    await run(10)
    expect(await next()).toBe('active;expires=600 one')
  })

  it('tells the latest value only, of those that came while a NOTIFY was under way', async () => {
    const source = new BehaviorSubject(0)
    const { next } = await published(source, {
      contentType: text,
      format: (value: unknown) => `v${String(value)}`,
    })
    for (let value = 1; value <= 1000; value += 1) source.next(value)
    expect(await next()).toContain('v0')
    expect(await next()).toContain('v1000')
  })

  it('gives each value its own type when it says one', async () => {
    const source = new BehaviorSubject<unknown>('a')
    const format = (value: unknown) => ({ contentType: `text/${String(value)}`, body: new Uint8Array([65]) })
    const { bob } = await published(source, { format })
    const notify = bob.next('NOTIFY')
    expect([notify.header('content-type'), notify.text]).toEqual(['text/a', 'A'])
  })

  it('ends the subscription by noresource when it completes', async () => {
    const source = new BehaviorSubject('one')
    const { next, run, states } = await published(source)
    await next()
    source.complete()
    await run(10)
    expect(await next()).toBe('terminated;reason=noresource one')
    expect(states.values.at(-1)).toEqual({ is: 'terminated', reason: 'noresource' })
  })

  it('ends it at once when it completes at once, with its last value', async () => {
    const { bob, next } = await published(of('one', 'two'))
    bob.next(200)
    expect(await next()).toBe('active;expires=600 two')
    expect(await next()).toBe('terminated;reason=noresource two')
  })

  it.each([
    ['it fails', (source: Subject<string>) => source.error(new Error('the database is away'))],
    ['format fails', (source: Subject<string>) => source.next('bad')],
  ])('sends the subscriber away for a minute when %s, and tells the application', async (_, fail) => {
    const source = new BehaviorSubject('one')
    const cause = new Error('the database is away')
    const format = (value: unknown): string => {
      if (value === 'bad') throw cause
      return String(value)
    }
    const { next, run, errors } = await published(source, { contentType: text, format })
    await next()
    fail(source)
    await run(10)
    expect(await next()).toBe('terminated;reason=probation;retry-after=60 one')
    expect(errors.values).toMatchObject([{ code: 'resource-not-available', cause }])
  })

  it('that fails at once is told the same way', async () => {
    const { next, errors } = await published(throwError(() => new Error('no')))
    expect(await next()).toBe('active;expires=600')
    expect(await next()).toBe('terminated;reason=probation;retry-after=60')
    expect(errors.values.map(({ code }) => code)).toEqual(['resource-not-available'])
  })

  it('that gives what is no body fails, too', async () => {
    const { next, errors } = await published(of(7))
    await next()
    expect(await next()).toContain('probation')
    expect(errors.values).toMatchObject([{ cause: { code: 'argument' } }])
  })

  /** A source that knows whether anybody listens. */
  const watched = () => {
    const source = { listeners: 0 }
    const stream = new Observable<string>(subscriber => {
      source.listeners += 1
      subscriber.next('one')
      return () => {
        source.listeners -= 1
      }
    })
    return { source, stream }
  }

  it.each([
    ['when it is ended here', ({ notifier }: { notifier: Notifier }) => notifier.terminate()],
    ['when its NOTIFY fails', undefined],
    ['by hand', ({ subscription }: { subscription: { unsubscribe(): void } }) => subscription.unsubscribe()],
  ])('is left %s', async (_, end) => {
    const { source, stream } = watched()
    const scene = await published(stream)
    expect(source.listeners).toBe(1)
    if (end) end(scene)
    else scene.bob.reply(scene.bob.next('NOTIFY'), 481)
    await scene.run(10)
    expect(source.listeners).toBe(0)
  })

  it('gives way to the next one', async () => {
    const { source, stream } = watched()
    const { notifier, next, run } = await published(stream)
    await next()
    notifier.publish(of('two').pipe(), { contentType: text })
    await run(10)
    expect(source.listeners).toBe(0)
    expect(await next()).toContain('two')
  })

  it('is misuse without a type, or for a subscription that is over', async () => {
    const { source, stream } = watched()
    const { asked, subscribe } = await notifierScene()
    await subscribe()
    const notifier = asked[0]!
    expect(() => notifier.publish(stream)).toThrow(expect.objectContaining({ code: 'argument' }))
    expect(() => notifier.publish('one' as never, { contentType: text })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
    expect(() => notifier.publish(stream, { contentType: text, expires: 601 })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
    expect(source.listeners).toBe(0)
    notifier.reject()
    expect(() => notifier.publish(NEVER, { contentType: text })).toThrow(
      expect.objectContaining({ code: 'invalid-dialog-state' }),
    )
  })
})
