/** Puts the cursor into what has just come onto the page: browsers heed `autofocus` only while a page loads, and in dialogs. */
export const focused = (element: HTMLElement | null): void => element?.focus();
