import { useEffect, useState } from 'react';

/** A picture, from its bytes. */
export function ImageView({ bytes, name }: { bytes: Uint8Array<ArrayBuffer>; name: string }) {
  const [url, setUrl] = useState('');
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes]));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the body scrolls by keys
    <div className="preview-body image-view" tabIndex={0}>
      {url !== '' && <img src={url} alt={name} />}
    </div>
  );
}
