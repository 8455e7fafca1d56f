import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Bookmark, Columns3, FileUp, Filter, Plus, Search, Users } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { body, profile } from "../../api/client";
import { useMay } from "../../api/may";
import { customerCountQuery, customersQuery, segmentsQuery, type Wanted } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import { countParts, fromTree, isGroup, NOTHING, resolved, toTree, without } from "../../lib/filter";
import { number } from "../../lib/format";
import { clauseWords } from "../../lib/words";
import type { CustomersSearch } from "../../router";
import { Button, Card, Empty, Failed, Loading, PageHead } from "../../ui/basics";
import { FilterBuilder, useCustomerFields } from "../../ui/FilterBuilder";
import { Check, Choice, SearchField, Text } from "../../ui/fields";
import { ActionMenu, Confirm, Dialog, FormDialog } from "../../ui/overlays";
import { say } from "../../ui/toasts";
import { AddCustomer } from "./AddCustomer";
import { Bulk } from "./Bulk";
import { COLUMNS, type ColumnName, CustomerGrid, columnWord } from "./CustomerGrid";

const SORTS = [
  "-created_at",
  "name",
  "company",
  "email",
  "-last_score",
  "last_score",
  "-last_survey_at",
  "next_survey_at",
] as const;

export function Customers() {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/customers" });
  const [text, setText] = useState(search.q ?? "");
  const typed = useDeferredValue(text.trim());
  const [open, setOpen] = useState(Boolean(search.filter?.parts.length));
  const [adding, setAdding] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const [saving, setSaving] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [everyone, setEveryone] = useState(false);
  const fields = useCustomerFields("list");
  const segments = useQuery(segmentsQuery);
  const change = (next: Partial<CustomersSearch>) =>
    void navigate({
      to: "/customers",
      search: (before) => ({ ...before, ...next }) as CustomersSearch,
      replace: true,
    });

  useEffect(() => {
    const timer = setTimeout(() => typed !== (search.q ?? "") && change({ q: typed || undefined }), 200);
    return () => clearTimeout(timer);
  });
  const built = search.filter ?? NOTHING;
  const tree = useMemo(() => resolved(toTree(built), new Date(new Date().setSeconds(0, 0))), [built]);
  const wanted: Wanted = useMemo(
    () => ({
      filter: tree,
      ...(search.q ? { q: search.q } : {}),
      ...(search.segment ? { segment: search.segment } : {}),
      sort: search.sort ?? "-created_at",
    }),
    [tree, search.q, search.segment, search.sort],
  );
  const query = useInfiniteQuery({ ...customersQuery(wanted), placeholderData: keepPreviousData });
  const count = useQuery({ ...customerCountQuery(wanted), placeholderData: keepPreviousData });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const narrowed = Boolean(search.q || search.segment || countParts(built));
  const columns = (search.columns
    ?.split(",")
    .filter((one): one is ColumnName => COLUMNS.includes(one as ColumnName)) ??
    COLUMNS.filter((one) => one !== "tags" && one !== "source")) as ColumnName[];
  const wantedKey = JSON.stringify([wanted.filter, wanted.q, wanted.segment]);
  useEffect(() => {
    setSelected(new Set());
    setEveryone(false);
    void wantedKey;
  }, [wantedKey]);
  const segment = segments.data?.items.find((one) => one.id === search.segment);
  const counted = count.data
    ? `${count.data.exact ? "" : count.data.estimated ? "≈ " : "≥ "}${number(count.data.count)}`
    : "…";

  return (
    <>
      <PageHead
        title={t("Customers")}
        about={count.data ? t("{{shown}} in this view", { shown: counted }) : " "}
      >
        <Link to="/imports" className="btn">
          <FileUp size={16} aria-hidden />
          {t("Import CSV")}
        </Link>
        <Button look="primary" icon={Plus} reason={may("manage")} onClick={() => setAdding(true)}>
          {t("Add customer")}
        </Button>
      </PageHead>
      <div className="stack">
        <div className="bar">
          <SearchField
            label={t("Search customers")}
            placeholder={t("Name, e-mail, company or id")}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Choice
            hideLabel
            label={t("Segment")}
            value={search.segment ?? ""}
            onChange={(event) => change({ segment: event.target.value || undefined })}
            options={[
              { value: "", label: t("All customers") },
              ...(segments.data?.items ?? []).map((one) => ({ value: one.id, label: one.name })),
            ]}
          />
          <Button icon={Filter} aria-expanded={open} onClick={() => setOpen(!open)}>
            {countParts(built) ? t("Filter ({{count}})", { count: countParts(built) }) : t("Filter")}
          </Button>
          <Choice
            hideLabel
            label={t("Order")}
            value={search.sort ?? "-created_at"}
            onChange={(event) =>
              change({ sort: event.target.value === "-created_at" ? undefined : event.target.value })
            }
            options={SORTS.map((one) => ({ value: one, label: sortWords(t)[one]! }))}
          />
          <ActionMenu
            icon
            label={t("More for this list")}
            items={[
              {
                id: "columns",
                label: t("Choose columns"),
                icon: <Columns3 size={16} />,
                act: () => setChoosing(true),
              },
              {
                id: "save",
                label: t("Save as a segment"),
                icon: <Bookmark size={16} />,
                reason: countParts(built) ? may("manage") : t("Filter first."),
                act: () => setSaving(true),
              },
              ...(segment
                ? [
                    {
                      id: "edit",
                      label: t("Take over its filter"),
                      icon: <Filter size={16} />,
                      reason: fromTree(segment.filter) ? undefined : t("It nests too deep for the builder."),
                      act: () => {
                        change({ filter: fromTree(segment.filter)!, segment: undefined });
                        setOpen(true);
                      },
                    },
                    {
                      id: "drop",
                      label: t("Delete the segment"),
                      danger: true,
                      reason: may("manage"),
                      act: () => setRemoving(true),
                    },
                  ]
                : []),
            ]}
          >
            <Columns3 size={17} aria-hidden />
          </ActionMenu>
        </div>
        {open && (
          <Card>
            <FilterBuilder
              value={built}
              fields={fields}
              onChange={(filter) => change({ filter: filter.parts.length ? filter : undefined })}
            />
          </Card>
        )}
        {query.isPending ? (
          <Card>
            <Loading lines={10} />
          </Card>
        ) : query.error && !rows.length ? (
          <Failed
            error={query.error}
            retry={() => void query.refetch()}
            what={t("The list could not be loaded")}
          />
        ) : rows.length ? (
          <CustomerGrid
            rows={rows}
            total={count.data?.count ?? rows.length}
            columns={columns}
            sort={search.sort ?? "-created_at"}
            onSort={(sort) => change({ sort: sort === "-created_at" ? undefined : sort })}
            selected={selected}
            everyone={everyone}
            onSelect={(next) => {
              setSelected(next);
              setEveryone(false);
            }}
            more={() => query.hasNextPage && !query.isFetchingNextPage && void query.fetchNextPage()}
            loading={query.isFetchingNextPage}
          />
        ) : narrowed ? (
          <Card>
            <NoMatch
              wanted={wanted}
              built={built}
              clear={() => {
                setText("");
                change({ q: undefined, segment: undefined, filter: undefined });
              }}
              drop={(index) => change({ filter: without(built, index) })}
            />
          </Card>
        ) : (
          <Card>
            <FirstCustomers add={() => setAdding(true)} reason={may("manage")} />
          </Card>
        )}
        {(selected.size > 0 || everyone) && (
          <Bulk
            wanted={wanted}
            selected={selected}
            everyone={everyone}
            total={count.data?.count ?? 0}
            exact={count.data?.exact ?? true}
            takeAll={() => setEveryone(true)}
            clear={() => {
              setSelected(new Set());
              setEveryone(false);
            }}
          />
        )}
      </div>
      {adding && <AddCustomer close={() => setAdding(false)} />}
      {choosing && (
        <Dialog title={t("Columns")} close={() => setChoosing(false)}>
          {COLUMNS.map((name) => (
            <Check
              key={name}
              label={columnWord(name, t)}
              checked={columns.includes(name)}
              disabled={name === "name"}
              onChange={(event) =>
                change({
                  columns: COLUMNS.filter((one) =>
                    one === name ? event.target.checked : columns.includes(one),
                  ).join(","),
                })
              }
            />
          ))}
        </Dialog>
      )}
      {saving && (
        <SaveSegment
          filter={tree}
          close={() => setSaving(false)}
          chosen={(id) => change({ segment: id, filter: undefined })}
        />
      )}
      {removing && segment && (
        <Confirm
          title={t("Delete “{{name}}”", { name: segment.name })}
          action={t("Delete")}
          danger
          close={() => setRemoving(false)}
          act={async () => {
            await body(profile.DELETE("/v1/segments/{id}", { params: { path: { id: segment.id } } }));
            await queryClient.invalidateQueries({ queryKey: ["profile", "segments"] });
            change({ segment: undefined });
          }}
        >
          <p>{t("The customers stay; only the saved view goes.")}</p>
        </Confirm>
      )}
    </>
  );
}

function sortWords(t: (key: string) => string): Record<string, string> {
  return {
    "-created_at": t("Newest first"),
    name: t("By name"),
    company: t("By company"),
    email: t("By e-mail"),
    "-last_score": t("Highest score"),
    last_score: t("Lowest score"),
    "-last_survey_at": t("Surveyed last"),
    next_survey_at: t("Next survey"),
  };
}

/** Which clause empties the list, and what would be without it. */
function NoMatch({
  wanted,
  built,
  clear,
  drop,
}: {
  wanted: Wanted;
  built: typeof NOTHING;
  clear: () => void;
  drop: (index: number) => void;
}) {
  const { t } = useTranslation();
  const counts = useQuery({
    queryKey: ["profile", "customers", "without", wanted],
    enabled: built.parts.length > 1 && built.match === "all",
    queryFn: () =>
      Promise.all(
        built.parts.map(async (_, index) => {
          const { filter: _filter, sort: _sort, ...rest } = wanted;
          const filter = resolved(toTree(without(built, index)));
          return (
            await body(
              profile.POST("/v1/customers/count", { body: { ...rest, filter, sort: "id", up_to: 10_000 } }),
            )
          ).count;
        }),
      ),
  });
  return (
    <Empty
      icon={Search}
      title={t("Nobody matches")}
      actions={<Button onClick={clear}>{t("Show all customers")}</Button>}
    >
      {built.parts.map((part, index) => {
        const found = counts.data?.[index];
        if (!found) return null;
        const words = isGroup(part) ? part.parts.map(clauseWords).join(", ") : clauseWords(part);
        return (
          <button
            key={index}
            type="button"
            className="linky"
            style={{ display: "block", margin: "4px auto" }}
            onClick={() => drop(index)}
          >
            {t("without “{{clause}}”: {{count}} customers", { clause: words, count: found })}
          </button>
        );
      })}
    </Empty>
  );
}

function FirstCustomers({ add, reason }: { add: () => void; reason: string | undefined }) {
  const { t } = useTranslation();
  return (
    <>
      <Empty
        icon={Users}
        title={t("No customers yet")}
        actions={
          <>
            <Link to="/imports" className="btn primary">
              {t("Import CSV")}
            </Link>
            <Button onClick={add} reason={reason}>
              {t("Add customer")}
            </Button>
          </>
        }
      >
        {t("Bring them in from a file, type one in, or let an integration send them:")}
      </Empty>
      <pre tabIndex={0}>{`curl -X POST ${location.origin}/api/profile/v1/sync \\
  -H 'Authorization: Bearer snd_…' -H 'Content-Type: application/json' \\
  -d '{"specversion": "1.0", "id": "1", "source": "crm", "type": "customer.sync", "subject": "c-1",
       "data": {"email": "ada@example.com", "first_name": "Ada", "tags": {"add": ["nps"]}}}'`}</pre>
    </>
  );
}

function SaveSegment({
  filter,
  close,
  chosen,
}: {
  filter: Record<string, unknown>;
  close: () => void;
  chosen: (id: string) => void;
}) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  return (
    <FormDialog
      title={t("Save as a segment")}
      close={close}
      action={t("Save")}
      submit={async () => {
        const made = await body(
          profile.POST("/v1/segments", {
            params: { header: { "idempotency-key": crypto.randomUUID() } },
            body: { name, filter },
          }),
        );
        await queryClient.invalidateQueries({ queryKey: ["profile", "segments"] });
        say(t("“{{name}}” was saved.", { name }));
        chosen(made.id);
      }}
    >
      {(problem) => (
        <>
          <p className="muted">
            {t(
              "A segment is a filter with a name. Who is in it is found anew each time; campaigns and colleagues can use it.",
            )}
          </p>
          <Text
            label={t("Name of the segment")}
            value={name}
            onChange={(event) => setName(event.target.value)}
            required
            maxLength={100}
            autoFocus
            error={problem?.reasonFor("name")}
          />
        </>
      )}
    </FormDialog>
  );
}
