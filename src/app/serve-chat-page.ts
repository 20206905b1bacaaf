import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions'
import { chatPageFunction } from '../core/chat-page-function.js'
import { answerAsset, answerPage } from '../web/answer-page.js'

/**
 * Registers the chat page at `chat`, and what it loads below.
 * Security: both need no key, whatever the app's `authLevel`: they are the same for everybody and hold nothing of the
 * app. The page asks the app's own routes, which do need it, and a page behind a key could not be loaded again once
 * the key is out of its address.
 */
export function serveChatPage(): void {
  app.http(chatPageFunction, {
    route: 'chat',
    methods: ['GET'],
    authLevel: 'anonymous',
    handler: async (request: HttpRequest): Promise<HttpResponseInit> => answerPage(request),
  })
  app.http(`${chatPageFunction}-files`, {
    route: 'chat/{*path}',
    methods: ['GET'],
    authLevel: 'anonymous',
    handler: async (request: HttpRequest): Promise<HttpResponseInit> =>
      answerAsset(request.params.path ?? '', request),
  })
}
