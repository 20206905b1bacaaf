import { parseJson } from '../../../core/json.js'
import type { InvocationOutcome } from '../../functions.js'
import { isObject, type UncheckedObject } from '../../unchecked-object.js'

type FailedInvocation = Extract<InvocationOutcome, { succeeded: false }>

/** The members of the event that a failed activity ends with. */
export function toActivityFailure(
  name: string,
  { message, stack, timedOut }: FailedInvocation,
): UncheckedObject {
  const details = timedOut ? undefined : readFailureDetails(message)
  const shown = details ? String(details.ErrorMessage) : message
  // The second space is the platform's: it cuts the text out of a longer one.
  const text = timedOut ? shown : ` ${shown}`
  return {
    Reason: `Activity function '${name}' failed: ${text}`,
    Details: toExceptionText(text, shown, stack),
    ...(details && { FailureDetails: details }),
  }
}

/** The members of the event that a request of an orchestrator ends with when it got no answer. */
export function toHttpFailure(_name: string, { message }: FailedInvocation): UncheckedObject {
  return { Reason: message, Details: toExceptionText(message, message, '') }
}

/** An app with a provider of exception properties sends failures as JSON. */
function readFailureDetails(message: string): UncheckedObject | undefined {
  if (!message.startsWith('{')) return undefined
  const parsed: unknown = parseJson(message)
  if (!isObject(parsed) || typeof parsed.errorType !== 'string') return undefined
  return {
    ErrorType: parsed.errorType,
    ErrorMessage: typeof parsed.errorMessage === 'string' ? parsed.errorMessage : '',
    StackTrace: typeof parsed.stackTrace === 'string' ? parsed.stackTrace : null,
    InnerFailure: null,
    IsNonRetriable: parsed.isNonRetriable === true,
    Properties: isObject(parsed.properties) ? parsed.properties : null,
  }
}

/** About what .NET makes of the exception; apps must not read anything out of it. */
function toExceptionText(text: string, message: string, stack: string): string {
  const remote = `Result: Failure\nException: ${message}\nStack: ${stack}`
  return JSON.stringify({
    $type: 'System.Exception, System.Private.CoreLib',
    ClassName: 'System.Exception',
    Message: text,
    Data: null,
    InnerException: {
      $type: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script',
      ClassName: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException',
      Message: remote,
      IsUserException: false,
      RemoteStackTrace: stack,
    },
  })
}
