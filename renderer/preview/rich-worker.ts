import { type RichAnswer, type RichQuestion, richTree } from './rich-tree.ts';

// Parsing takes longer than a frame, so it is done beside the window.
self.addEventListener('message', ({ data }: MessageEvent<RichQuestion>) => {
  let answer: RichAnswer;
  try {
    answer = { id: data.id, tree: richTree(data.source, data.language) };
  } catch (error) {
    answer = { id: data.id, tree: null, message: error instanceof Error ? error.message : String(error) };
  }
  self.postMessage(answer);
});
