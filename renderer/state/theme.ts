import { preferences } from './preferences.ts';

/** Keeps the theme of the document in step with the preference. */
export function followTheme(): void {
  const apply = () => {
    const { theme } = preferences.get();
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  preferences.subscribe(apply);
  apply();
}
