import {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  globalShortcut,
  ipcMain,
  Menu,
  MessageChannelMain,
  type NativeImage,
  nativeImage,
  nativeTheme,
  powerMonitor,
  protocol,
  screen,
  session,
  shell,
  Tray,
  utilityProcess,
} from 'electron';
import type { ElectronApi } from './electron-api.ts';

/**
 * The real Electron. The type annotation is the check that the interface agrees with what Electron offers. Windows
 * and menus turn into Electron's own types again only here: whoever passes one got it from here.
 */
export const realElectron: ElectronApi = {
  app,
  BrowserWindow,
  clipboard,
  dialog: {
    showOpenDialog: (window, options) => dialog.showOpenDialog(window as BrowserWindow, options),
    showErrorBox: (title, content) => dialog.showErrorBox(title, content),
  },
  globalShortcut,
  ipcMain,
  Menu: {
    buildFromTemplate: (template) => Menu.buildFromTemplate(template),
    setApplicationMenu: (menu) => Menu.setApplicationMenu(menu as Menu | null),
    popup: (menu, window, closed) =>
      (menu as Menu).popup({ window: window as BrowserWindow, callback: closed }),
  },
  MessageChannelMain,
  nativeImage,
  nativeTheme,
  powerMonitor,
  protocol,
  screen,
  session,
  shell,
  createTray: (image) => new Tray(image as NativeImage),
  utilityProcess,
};
