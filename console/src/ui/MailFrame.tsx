import { useEffect, useRef } from "react";

/** A mail as it looks. It lives in a frame with a policy of its own: the app's would refuse its inline styles. */
export function MailFrame({
  html,
  title,
  className,
  height,
}: {
  html: string;
  title: string;
  className?: string;
  height?: number;
}) {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const show = () => frame.current?.contentWindow?.postMessage({ html }, "*");
    const hear = (event: MessageEvent<{ ready?: boolean }>) => {
      if (event.source === frame.current?.contentWindow && event.data?.ready) show();
    };
    addEventListener("message", hear);
    show();
    return () => removeEventListener("message", hear);
  }, [html]);
  return (
    <iframe
      ref={frame}
      src="/frame"
      className={`frame ${className ?? ""}`}
      style={height ? { height } : undefined}
      title={title}
      sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox"
    />
  );
}
