/** Which tools a model may or must call: as it likes, none, at least one, or this one. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string }
