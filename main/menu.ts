import type { MenuApi, MenuFactory } from './electron-api.ts';

/**
 * The application's menu. Only macOS needs one, since copying and pasting are commands of the menu there; elsewhere
 * a menu would bring keys for reloading and zooming along that a launcher has no use for.
 */
export function applicationMenu(menus: MenuFactory, platform: NodeJS.Platform): MenuApi | null {
  if (platform !== 'darwin') return null;
  return menus.buildFromTemplate([
    { role: 'appMenu' },
    {
      label: 'Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        { type: 'separator' },
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
  ]);
}
