/** The agent under test. */
export const agentName = 'Bench'

/** One that has a tool, which the model calls when it is asked about the weather. */
export const toolAgentName = 'BenchTools'

/** One that shows its model the newest turns only. */
export const windowAgentName = 'BenchWindow'

/** Its system message; the plain server sends the same one. */
export const instructions = 'You are a helpful assistant. Answer in one sentence.'

/** The model that is asked for; the scripted model server knows every name. */
export const modelName = 'bench-model'

/** How long the tool takes where it has to be caught in the act. */
export const slowToolMs = 500
