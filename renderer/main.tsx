import './setup.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/search.css';
import './styles/preview.css';
import './styles/pages.css';
import './programs/programs.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { installWordLinks } from './search/link.ts';
import { followAddress } from './state/route.ts';
import { followTheme } from './state/theme.ts';

followAddress();
followTheme();
installWordLinks(document);
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
