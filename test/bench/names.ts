/** The agent under test. */
export const agentName = 'Bench'

/** Its system message; the plain server sends the same one. */
export const instructions = 'You are a helpful assistant. Answer in one sentence.'

/** The model that is asked for; the scripted model server knows every name. */
export const modelName = 'bench-model'
