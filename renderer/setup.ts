import { config } from 'zod';

// The security policy forbids code made from strings; without this zod would try it at first use.
config({ jitless: true });
