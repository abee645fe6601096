/** Does nothing: here the engine is there at once. `assignment-engine/web` has one that loads. */
export async function init(): Promise<void> {}
