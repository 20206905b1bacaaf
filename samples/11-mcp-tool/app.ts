import { Agent, AgentFunctionApp } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

const client = createChatClientFromEnvironment()
const joker = new Agent({ name: 'Joker', instructions: 'You tell jokes.', client })
const stockAdvisor = new Agent({ name: 'StockAdvisor', instructions: 'You explain stocks.', client })
const plantAdvisor = new Agent({
  name: 'PlantAdvisor',
  description: 'Recommends plants for a place.',
  instructions: 'You recommend plants.',
  client,
})

const app = new AgentFunctionApp({ agents: [joker] })
app.addAgent(stockAdvisor, { http: false, mcpTool: { description: 'Explains what a stock does.' } })
app.addAgent(plantAdvisor, { mcpTool: true })
