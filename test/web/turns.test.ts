import { describe, expect, test } from 'vitest'
import { toHistoryTurns } from '../../src/web/browser/history-turns.js'
import { createRunView, type RunStatus } from '../../src/web/browser/run-view.js'
import { mergeTurns, type NewestPage, type Turn, toMessage, toTurns } from '../../src/web/browser/turns.js'

function said(run: string, content: string) {
  return { role: 'user', content, timestamp: '2026-01-01T00:00:00.000Z', correlationId: run }
}

function answered(run: string, content: string, more: object = {}) {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
  const response = { text: content, kind: 'agent_message', tool_calls: [], usage, ...more }
  return { ...said(run, content), role: 'assistant', agent_response: response }
}

describe('a page of the history', () => {
  test('is turns, the last of which may wait for their answers', () => {
    const turns = toHistoryTurns([said('1', 'a'), answered('1', 'b'), said('2', 'c'), said('3', 'd')])
    expect(turns.map(({ run, view }) => [run, view.said, view.status])).toEqual([
      ['1', 'a', 'completed'],
      ['2', 'c', 'queued'],
      ['3', 'd', 'queued'],
    ])
  })

  test('has what joined a run in the turn of that run', () => {
    const [turn] = toHistoryTurns([said('1', 'a'), said('2', 'b'), answered('1', 'c')])
    expect([turn?.run, turn?.view.said]).toEqual(['1', 'a\nb'])
  })

  test('has messages with files', () => {
    const cat = { ...said('1', ''), files: 1 }
    const cats = { ...said('2', 'And?'), files: 2 }
    const turns = toHistoryTurns([cat, answered('1', 'A cat'), cats, answered('2', 'Cats'), said('3', 'c')])
    expect(turns.map(({ view }) => view.said)).toEqual(['[attachment]', 'And?[attachment][attachment]', 'c'])
    expect(toTurns(turns).map(toMessage), 'and these are not said anew').toEqual([undefined, undefined, 'c'])
  })

  test('tells of answers that were cut off', () => {
    const [turn] = toHistoryTurns([said('1', 'a'), answered('1', 'Once', { finishReason: 'length' })])
    expect(turn?.view.parts).toMatchObject([{ text: 'Once' }, { kind: 'notice' }])
  })

  test('tells tool calls, failures and cancelled runs', () => {
    const call = { id: 'c', name: 'tool', arguments: { n: 1 }, error: 'No' }
    const failed = answered('1', '', {
      kind: 'agent_error',
      error: { code: 'model_error', message: 'Oh' },
      tool_calls: [call],
    })
    const stopped = answered('2', 'A sto', {
      kind: 'agent_error',
      error: { code: 'run_cancelled', message: 'Enough' },
    })
    const [first, second] = toHistoryTurns([said('1', 'a'), failed, said('2', 'b'), stopped])
    expect(first?.view).toMatchObject({
      status: 'failed',
      problem: 'Oh (model_error)',
      parts: [{ state: 'failed', error: 'No' }],
    })
    expect(second?.view).toMatchObject({ status: 'cancelled', problem: 'Enough', parts: [{ text: 'A sto' }] })
  })
})

describe('bringing up what is shown to the newest page', () => {
  function turn(key: string, status: RunStatus, isFollowed = false): Turn {
    return { key, run: key, at: '', view: createRunView(key, status), records: isFollowed ? [] : undefined }
  }
  const page = (...runs: readonly string[]) =>
    toTurns(toHistoryTurns(runs.flatMap((run) => [said(run, run), answered(run, run)])))
  const keys = (turns: readonly Turn[]) => turns.map(({ key, view }) => `${key} ${view.status}`)
  /** Turns that were shown already when the page was asked for, and the whole history as that page. */
  function merge(shown: readonly Turn[], turns: readonly Turn[], more: Partial<NewestPage> = {}) {
    return mergeTurns(shown, { turns, isWhole: true, ended: new Set(shown.map(({ key }) => key)), ...more })
  }

  test('keeps older turns, and what is being sent', () => {
    const shown = [turn('1', 'completed'), turn('2', 'completed'), turn('4', 'sending')]
    const merged = merge(shown, page('2', '3'), { isWhole: false })
    expect(keys(merged)).toEqual(['1 completed', '2 completed', '3 completed', '4 sending'])
  })

  test('keeps followed turns as they are', () => {
    const followed = turn('2', 'running', true)
    expect(merge([turn('1', 'completed'), followed], page('1', '2'))[1]).toBe(followed)
  })

  test('forgets what was cleared elsewhere, also what was followed', () => {
    const shown = [turn('1', 'completed'), followedTurn('2')]
    expect(merge(shown, [])).toEqual([])
    expect(keys(merge(shown, page('7')))).toEqual(['7 completed'])
    expect(keys(merge([...shown, turn('3', 'sending')], page('3')))).toEqual(['3 completed'])
  })

  test('keeps what began after it was asked for, and messages that were refused at their places', () => {
    const shown = [
      turn('1', 'completed'),
      turn('2', 'failed', true),
      turn('3', 'completed'),
      followedTurn('4'),
    ]
    const merged = merge(shown, page('1', '3', '5'), { ended: new Set(['1', '2', '3']) })
    expect(keys(merged)).toEqual(['1 completed', '2 failed', '3 completed', '4 completed', '5 completed'])
  })

  test('leaves away what messages on their way take the place of, unless they were refused', () => {
    const anew = { ...turn('4', 'sending'), replaces: '2' }
    expect(keys(merge([turn('1', 'completed'), anew], page('1', '2', '3')))).toEqual([
      '1 completed',
      '4 sending',
    ])
    const refused: Turn = { ...anew, ...turn('4', 'failed'), records: [] }
    const shown = [turn('1', 'completed'), turn('2', 'completed'), refused]
    expect(keys(merge(shown, page('1', '5')))).toEqual(['1 completed', '5 completed', '4 failed'])
  })

  function followedTurn(key: string): Turn {
    return { ...turn(key, 'completed'), records: [{ id: 0, type: 'run.accepted', at: '', data: {} }] }
  }
})
