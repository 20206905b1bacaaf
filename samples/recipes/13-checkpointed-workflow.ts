import { Agent, AgentFunctionApp, functionNode, sequential } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

// Each node's result is a checkpoint: it is in the orchestration's history before the next node begins. There is no
// storage to choose and nothing to resume by hand. Start a run, kill the process while "collect" works, start it
// again: the run goes on, "Planner" is not asked a second time, and GET …/status/{runId} says how far it is.

const client = createChatClientFromEnvironment()
const planner = new Agent({ name: 'Planner', instructions: 'You plan research in three lines.', client })
const author = new Agent({ name: 'Author', instructions: 'You write reports.', client })

const collect = functionNode(
  'collect',
  async (plan: string, { idempotencyKey, attempt }) => {
    process.stdout.write(`Collecting, key ${idempotencyKey}, attempt ${attempt}\n`)
    await new Promise((resolve) => setTimeout(resolve, Number(process.env.COLLECT_MS ?? 5000)))
    return `${plan}\nFound: 3 sources.`
  },
  { retry: { maxAttempts: 3, delayMs: 1000 } },
)

const research = sequential({ name: 'Research', steps: [planner, collect, author] })

new AgentFunctionApp({ workflows: [research] })
