/** Tokens that an answer's passages take when the client names no budget, as estimated. */
export const DEFAULT_BUDGET = 4_000;
/** Largest budget a client may name. */
export const MAX_BUDGET = 100_000;
/** Tokens of a file that one reading of its resource gives. */
export const RESOURCE_TOKENS = 20_000;
/** Resources on one page of their list. */
export const RESOURCE_PAGE = 200;
