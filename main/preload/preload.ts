/** Runs before the window's page, in a world of its own, and gives the page its functions. */
import './setup.ts';
import { contextBridge, ipcRenderer } from 'electron';
import { APP_ORIGIN } from '../../app/contract/ipc.ts';
import { createBridge } from './bridge.ts';

const { location } = globalThis as unknown as { location: { origin: string } };
// Another page or a frame gets nothing, should one ever come to be.
if (process.isMainFrame && location.origin === APP_ORIGIN)
  contextBridge.exposeInMainWorld('passim', createBridge(ipcRenderer));
