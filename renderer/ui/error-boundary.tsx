import { Component, type ReactNode } from 'react';
import { strings } from '../strings.ts';
import { Notice } from './notice.tsx';

/** Keeps a fault in one part from taking the window down, and says what to do. */
export class ErrorBoundary extends Component<
  { children: ReactNode; what?: string },
  { error: Error | null }
> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <Notice kind="error" title={this.props.what ?? strings.errors.crashed}>
        <p>{this.state.error.message}</p>
        <button type="button" className="button" onClick={() => this.setState({ error: null })}>
          {strings.errors.retry}
        </button>
      </Notice>
    );
  }
}
