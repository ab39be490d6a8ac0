/** What is wrong with one input of a form, in the present language whenever it is asked. */
export class FieldError extends Error {
  constructor(readonly input: HTMLInputElement | null, readonly text: () => string) {
    super('a field is wrong');
  }
}
