import {
  AgentFunctionApp,
  type Answered,
  functionNode,
  requestNode,
  sequential,
  transformNode,
  workflowNode,
} from 'durable-agent-functions'
import { z } from 'zod'

const Expense = z.object({ who: z.string(), amount: z.number().positive() })
type Expense = z.infer<typeof Expense>

const manager = requestNode('manager', {
  response: z.object({ approved: z.boolean() }),
  question: ({ who, amount }: Expense) => `May ${who} spend ${amount}?`,
})

const verdict = transformNode('verdict', ({ input, answer }: Answered<Expense, { approved: boolean }>) => ({
  ...input,
  approved: answer.approved,
}))

const review = sequential({ name: 'Review', steps: [manager, verdict] })

const check = functionNode('check', (expense: Expense) => ({
  ...expense,
  amount: Math.round(expense.amount),
}))
const book = functionNode('book', ({ approved, who, amount }: Expense & { approved: boolean }) =>
  approved ? `APPROVED: ${amount} for ${who}` : `REJECTED: ${amount} for ${who}`,
)

const expenses = sequential({
  name: 'Expenses',
  input: Expense,
  steps: [check, workflowNode(review, { id: 'review_sub' }), book],
})

new AgentFunctionApp({ workflows: [expenses] })
