const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Start and end of each word of a text, as the segmenter has them. */
export function referenceWords(text: string): [start: number, end: number][] {
  return [...segmenter.segment(text)].flatMap(({ segment, index, isWordLike }) =>
    isWordLike === true ? [[index, index + segment.length]] : [],
  );
}
