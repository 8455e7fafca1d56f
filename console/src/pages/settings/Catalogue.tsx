import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { body, profile } from "../../api/client";
import { useMay } from "../../api/may";
import { propertiesQuery, tagsQuery } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import { Button, Card, Panel } from "../../ui/basics";
import { Text } from "../../ui/fields";
import { Confirm, FormDialog } from "../../ui/overlays";
import { JobDialog } from "../customers/Bulk";

export function Catalogue() {
  const { t } = useTranslation();
  const may = useMay();
  const properties = useQuery(propertiesQuery);
  const tags = useQuery(tagsQuery);
  const [job, setJob] = useState<string | null>(null);
  const [dropping, setDropping] = useState<{ kind: "tag" | "property"; name: string } | null>(null);
  const [renaming, setRenaming] = useState<string | null>(null);
  const drop = async () => {
    const made =
      dropping!.kind === "tag"
        ? await body(profile.DELETE("/v1/tags/{tag}", { params: { path: { tag: dropping!.name } } }))
        : await body(profile.DELETE("/v1/properties/{name}", { params: { path: { name: dropping!.name } } }));
    setJob(made.id);
  };
  return (
    <div className="halves">
      <Card title={t("Properties")}>
        <Panel query={properties}>
          {({ items }) => (
            <ul className="stack tight">
              {items.map((one) => (
                <li key={one.name} className="row">
                  <span className="grow">
                    <span className="strong">{one.label ?? one.name}</span>{" "}
                    <span className="muted small">{one.type}</span>
                  </span>
                  <Button
                    small
                    look="quiet"
                    onClick={() => setDropping({ kind: "property", name: one.name })}
                    reason={may("manage")}
                  >
                    {t("Remove")}
                  </Button>
                </li>
              ))}
              {!items.length && (
                <li className="muted">{t("Properties appear with the first value that a customer has.")}</li>
              )}
            </ul>
          )}
        </Panel>
      </Card>
      <Card title={t("Tags")}>
        <Panel query={tags}>
          {({ items }) => (
            <ul className="stack tight">
              {items.map((one) => (
                <li key={one.tag} className="row">
                  <span className="grow">
                    <span className="tag">{one.tag}</span>{" "}
                    <span className="muted small">{t("{{count}} customers", { count: one.count })}</span>
                  </span>
                  <Button small look="quiet" onClick={() => setRenaming(one.tag)} reason={may("manage")}>
                    {t("Rename")}
                  </Button>
                  <Button
                    small
                    look="quiet"
                    onClick={() => setDropping({ kind: "tag", name: one.tag })}
                    reason={may("manage")}
                  >
                    {t("Remove")}
                  </Button>
                </li>
              ))}
              {!items.length && <li className="muted">{t("No tags.")}</li>}
            </ul>
          )}
        </Panel>
      </Card>
      {dropping && (
        <Confirm
          title={t("Remove “{{name}}” from all customers", { name: dropping.name })}
          action={t("Remove")}
          danger
          close={() => setDropping(null)}
          act={drop}
        >
          <p>{t("Campaigns and segments that ask for it match nobody by it any more.")}</p>
        </Confirm>
      )}
      {renaming && <Rename tag={renaming} close={() => setRenaming(null)} started={setJob} />}
      {job && (
        <JobDialog
          id={job}
          close={() => {
            setJob(null);
            void queryClient.invalidateQueries({ queryKey: ["profile"] });
          }}
        />
      )}
    </div>
  );
}

function Rename({ tag, close, started }: { tag: string; close: () => void; started: (id: string) => void }) {
  const { t } = useTranslation();
  const [to, setTo] = useState(tag);
  return (
    <FormDialog
      title={t("Rename “{{name}}”", { name: tag })}
      close={close}
      action={t("Rename")}
      submit={async () =>
        started(
          (await body(profile.POST("/v1/tags/{tag}/rename", { params: { path: { tag } }, body: { to } }))).id,
        )
      }
    >
      {(problem) => (
        <Text
          label={t("New name")}
          hint={t("Where there is a tag of that name, both become one.")}
          value={to}
          onChange={(event) => setTo(event.target.value)}
          required
          autoFocus
          error={problem?.reasonFor("to")}
        />
      )}
    </FormDialog>
  );
}
