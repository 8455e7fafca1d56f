import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useDeferredValue, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { body, profile } from "../api/client";
import { campaignsQuery } from "../api/queries";
import { fullName } from "../lib/format";
import { Avatar } from "../ui/basics";
import { Dialog } from "../ui/overlays";
import { PLACES } from "./Shell";

interface Hit {
  key: string;
  label: string;
  sub: string;
  person?: boolean;
  go: () => void;
}

/** One field that finds customers, campaigns and pages. */
export function Palette({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const list = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const q = useDeferredValue(text.trim());
  const people = useQuery({
    queryKey: ["profile", "customers", "found", q],
    queryFn: () =>
      body(profile.POST("/v1/customers/search", { body: { q, filter: {}, sort: "id", limit: 7 } })),
    enabled: q.length > 0,
    placeholderData: (before) => before,
  });
  const campaigns = useQuery(campaignsQuery);
  const word = q.toLowerCase();
  const hits: Hit[] = [
    ...(q ? (people.data?.items ?? []) : []).map((one) => ({
      key: one.id,
      label: fullName(one),
      sub: [one.company, one.email].filter(Boolean).join(" · "),
      person: true,
      go: () => void navigate({ to: "/customers/$id", params: { id: one.id } }),
    })),
    ...(campaigns.data?.items ?? [])
      .filter((one) => q && one.name.toLowerCase().includes(word))
      .slice(0, 4)
      .map((one) => ({
        key: `c${one.id}`,
        label: one.name,
        sub: t("Campaign"),
        go: () => void navigate({ to: "/campaigns/$id", params: { id: one.id } }),
      })),
    ...PLACES.filter((one) => t(one.label).toLowerCase().includes(word)).map((one) => ({
      key: one.to,
      label: t(one.label),
      sub: t("Page"),
      go: () => void navigate({ to: one.to }),
    })),
  ];
  const here = Math.min(at, Math.max(0, hits.length - 1));
  const choose = (hit: Hit | undefined) => {
    if (!hit) return;
    close();
    hit.go();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(here + 1, hits.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(here - 1, 0));
    else if (event.key === "Enter") choose(hits[here]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t("Find")} close={close}>
      <input
        className="input"
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={hits[here] ? `${list}${here}` : undefined}
        aria-label={t("Find customers and pages")}
        placeholder={t("Name, e-mail, company or page")}
        autoFocus
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className="hits" role="listbox" id={list} aria-label={t("Found")}>
        {hits.map((hit, place) => (
          <div
            key={hit.key}
            id={`${list}${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={place === here}
            onClick={() => choose(hit)}
            onKeyDown={onKeyDown}
          >
            {hit.person && <Avatar name={hit.label} />}
            <span>
              {hit.label} <span className="muted small">{hit.sub}</span>
            </span>
          </div>
        ))}
      </div>
      {q && !hits.length && !people.isFetching && <p className="muted">{t("Nothing is called that.")}</p>}
    </Dialog>
  );
}
