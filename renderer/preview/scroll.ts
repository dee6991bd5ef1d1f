/** Scrolls so that an element is in the upper third of its scroller. */
export function bringIntoView(scroller: HTMLElement, element: Element): void {
  const frame = scroller.getBoundingClientRect();
  const box = element.getBoundingClientRect();
  if (box.top >= frame.top + 24 && box.bottom <= frame.bottom - 48) return;
  scroller.scrollTop += box.top - frame.top - frame.height * 0.3;
}

/** Where elements lie in a scroller's content, 0 … 1. */
export function positionsIn(scroller: HTMLElement, elements: readonly (Element | null)[]): number[] {
  const top = scroller.getBoundingClientRect().top - scroller.scrollTop;
  const height = Math.max(1, scroller.scrollHeight);
  return elements.map((element) =>
    element === null ? 0 : (element.getBoundingClientRect().top - top) / height,
  );
}
