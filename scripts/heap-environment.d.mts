export function heapEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
