/**
 * Has a field for messages send what is written by Enter, begin a new line by Shift+Enter, and grow as far as its style lets it.
 * Gives what makes it as large as a text that was put into it.
 */
export function prepareMessageField(field: HTMLTextAreaElement, onSend: () => void): () => void {
  const grow = () => {
    field.style.height = 'auto'
    field.style.height = `${field.scrollHeight + 2}px`
  }
  field.addEventListener('keydown', (event) => {
    // Enter also ends the composition of a Japanese or Chinese word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    onSend()
  })
  field.addEventListener('input', grow)
  return grow
}
