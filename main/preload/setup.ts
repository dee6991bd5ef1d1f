import { config } from 'zod';

// No code is made from strings, here as little as in the page. Schemas look at this when they are made, so this stands
// before everything that makes one.
config({ jitless: true });
