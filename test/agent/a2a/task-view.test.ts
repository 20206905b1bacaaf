import type { Part, StreamResponse } from '@a2a-js/sdk'
import { expect, test } from 'vitest'
import { TaskView } from '../../../src/agent/a2a/task-view.js'

function toPart(text: string): Part {
  return { content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: '' }
}

function adds(artifactId: string, texts: readonly string[], append: boolean): StreamResponse {
  const artifact = {
    artifactId,
    name: '',
    description: '',
    parts: texts.map(toPart),
    metadata: undefined,
    extensions: [],
  }
  const update = { taskId: 't', contextId: 'c', artifact, append, lastChunk: false, metadata: undefined }
  return { payload: { $case: 'artifactUpdate', value: update } }
}

test('what comes in pieces stays one part', () => {
  const view = new TaskView()
  for (const text of ['a', 'b', 'c']) view.takeFrame(adds('x', [text], true))
  expect(view.task?.artifacts.map(({ parts }) => parts)).toEqual([[toPart('abc')]])
})

const frames = ['x', 'y'].flatMap((artifactId) =>
  [[''], ['a'], ['a', 'bc'], []].flatMap((texts) =>
    [true, false].map((append) => adds(artifactId, texts, append)),
  ),
)

test('what is said to be added is all that has changed', () => {
  for (const first of frames)
    for (const second of frames)
      for (const third of frames) {
        const view = new TaskView()
        view.takeFrame(first)
        view.takeFrame(second)
        const before = view.text
        const added = view.takeFrame(third)
        if (added !== undefined) expect(view.text).toBe(before + added)
      }
})
