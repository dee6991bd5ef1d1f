import {
  Book,
  Code,
  Database,
  FileText,
  Globe,
  Image,
  Mail,
  NotebookText,
  Presentation,
  ScrollText,
  Subtitles,
  Table,
} from 'lucide-react';

const ICONS: Readonly<Record<string, typeof FileText>> = {
  document: FileText,
  text: ScrollText,
  code: Code,
  sheet: Table,
  slides: Presentation,
  mail: Mail,
  data: Database,
  web: Globe,
  book: Book,
  notebook: NotebookText,
  subtitles: Subtitles,
  image: Image,
};

/** The icon of a file's family. */
export function FileIcon({ family }: { family: string }) {
  const Icon = ICONS[family] ?? FileText;
  return <Icon className="file-icon" size={15} strokeWidth={1.75} aria-hidden />;
}
