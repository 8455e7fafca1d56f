import i18n from "i18next";

/** The words that people read for the codes of the services; a code nobody knows is shown as it is. */
const t = (text: string, values?: Record<string, unknown>) => i18n.t(text, values ?? {}) as string;
const plain = (code: string) => code.replaceAll(/[-_]/g, " ");

function look(words: Record<string, string>, code: string | null | undefined): string {
  if (!code) return "–";
  return code in words ? t(words[code]!) : plain(code);
}

export const statusWord = (code: string | null) =>
  look(
    { unsubscribed: "Unsubscribed", hard_bounced: "Hard-bounced", non_deliverable: "Non-deliverable" },
    code,
  );

export const recordState = (code: string) =>
  look(
    {
      requested: "Requested",
      queued: "Queued",
      sending: "Sending",
      sent: "Sent",
      delivered: "Delivered",
      opened: "Opened",
      clicked: "Clicked",
      responded: "Responded",
      suppressed: "Held back",
      expired: "Too late",
      bounced: "Bounced",
      failed: "Failed",
      unknown: "Unknown",
      ignored: "Ignored",
    },
    code,
  );

export const recordTone = (code: string): "good" | "mid" | "bad" | "info" | undefined =>
  (
    ({
      responded: "good",
      opened: "info",
      clicked: "info",
      delivered: "info",
      bounced: "bad",
      failed: "bad",
      suppressed: "mid",
      expired: "mid",
      unknown: "mid",
    }) as const
  )[code as "responded"];

/** Whom mail is handed to: the mail servers of a domain, a relay or a provider. */
export const destinationWord = (code: string) =>
  code.startsWith("relay:")
    ? t("the relay {{name}}", { name: code.slice(6) })
    : code.startsWith("api:")
      ? t("the provider {{name}}", { name: code.slice(4) })
      : code;

export const howSent = (code: string) =>
  look({ manually: "By hand", automatically: "By the campaign", reminder: "As a reminder" }, code);
export const channelWord = (code: string) =>
  look(
    {
      email: "E-mail",
      in_app: "In the app",
      link: "By link",
      manual: "Added by hand",
      api: "By API",
      import: "Imported",
    },
    code,
  );
export const kindWord = (code: string) =>
  look(
    {
      recurring_email: "Recurring e-mail",
      one_time_email: "One-time e-mail",
      transactional: "Transactional",
      in_app: "In-app",
      link: "Link",
    },
    code,
  );
export const campaignState = (code: string) =>
  look({ draft: "Draft", active: "Active", paused: "Paused", finished: "Finished" }, code);
export const campaignTone = (code: string): "good" | "mid" | "info" | undefined =>
  (({ active: "good", paused: "mid", draft: "info" }) as const)[code as "active"];

export const nextReason = (code: string) =>
  look(
    {
      first: "the first survey, counted from the day the customer was added",
      recurring: "counted from the last survey",
      "one-time": "the campaign's one survey",
      triggered: "sent when its event happens",
      "by-link": "answered through a public link",
      refused: "the customer wants no more of it",
      "no-address": "there is no e-mail address",
      "audience-not-matched": "the customer is not in its audience",
      "already-surveyed": "the customer has been surveyed already",
      "taken-back": "its survey was taken back, and it asks once only",
      "first-survey-off": "it makes no first survey",
      "recurring-off": "it surveys once only",
      "no-active-campaign": "no campaign is active",
      "no-campaign-matches": "no active campaign matches",
      deleted: "the customer was deleted",
      unsubscribed: "the customer is unsubscribed",
      "hard-bounced": "the last mail came back",
      "non-deliverable": "the address cannot receive mail",
    },
    code,
  );

export const holdWord = (code: string) =>
  look(
    {
      paused: "the customer asked for a rest",
      "soft-bounced": "mails came back lately, so the mailbox rests",
      "quiet-period": "the company's quiet period",
      "daily-cap": "the campaign's daily cap",
      "send-window": "the campaign's send window",
      "awaiting-outcome": "waiting to hear what became of the last survey",
      "retry-later": "the last attempt did not go out",
      "taken-back": "a survey was taken back, so the next turn is waited for",
    },
    code,
  );

export const causeWord = (code: string) =>
  look(
    {
      recipient: "by the person",
      user: "by hand",
      integration: "by an integration",
      complaint: "marked as spam",
      bounce: "the mail came back",
      check: "address check",
      "address-check": "address check",
      import: "imported list",
      list: "imported list",
    },
    code,
  );

export const actionWord = (code: string) =>
  look(
    {
      create: "Customer created",
      edit: "Profile edited",
      delete: "Customer deleted",
      restore: "Customer restored",
      erase: "Customer erased",
      unsubscribe: "Unsubscribed",
      resubscribe: "Resubscribed",
      "send-survey": "Survey sent by hand",
      "reset-last-survey": "Last survey reset",
      feedback: "Feedback added",
      "add-feedback": "Feedback added",
      export: "Data exported",
      held: "Data looked at",
    },
    code,
  );

export const happenedWord = (code: string) =>
  look(
    {
      requested: "Survey asked for",
      queued: "Queued",
      sent: "Sent",
      delivered: "Delivered",
      opened: "Opened",
      clicked: "Clicked",
      responded: "Answered",
      ended: "Ended",
      fetched: "Fetched by a machine",
      reminder: "Reminder",
      settled: "Decided by hand",
      wish: "Wish of the customer",
      bounced: "Bounced",
    },
    code,
  );

const FIELDS: Record<string, string> = {
  first_name: "First name",
  last_name: "Last name",
  job_title: "Job title",
  company: "Company",
  email: "E-mail",
  phone: "Phone",
  city: "City",
  state: "State",
  country: "Country",
  language: "Language",
  timezone: "Time zone",
  tags: "Tag",
  source: "Source",
  status: "Status",
  last_score: "Last score",
  last_survey_at: "Last survey",
  next_survey_at: "Next survey",
  created_at: "Added",
  changed_at: "Changed",
  campaigns: "Surveyed by",
  next_campaign: "Next campaign",
  deleted: "Deleted",
  response_rate: "Response rate",
  sent: "Surveys sent",
};
export const fieldWord = (name: string) =>
  name.startsWith("properties.") ? name.slice(11) : name in FIELDS ? t(FIELDS[name]!) : plain(name);

export const opWord = (op: string) =>
  look(
    {
      eq: "is",
      ne: "is not",
      in: "is one of",
      exists: "is known",
      missing: "is not known",
      gt: "is more than",
      gte: "is at least",
      lt: "is less than",
      lte: "is at most",
      contains: "contains",
      has: "has",
      has_not: "has not",
    },
    op,
  );

export function clauseWords(clause: { field: string; op: string; value?: unknown }): string {
  const value =
    clause.value === undefined || clause.value === null
      ? ""
      : Array.isArray(clause.value)
        ? clause.value.join(", ")
        : typeof clause.value === "object"
          ? t("{{count}} days ago", { count: Number((clause.value as { days_ago?: number }).days_ago ?? 0) })
          : String(clause.value);
  return [fieldWord(clause.field), opWord(clause.op), clause.field === "status" ? statusWord(value) : value]
    .filter(Boolean)
    .join(" ");
}

export const bucketWord = (code: string) =>
  look(
    {
      sent: "Sent",
      due_later: "Due later",
      held: "Held back",
      suppressed: "Suppressed",
      failed: "Failed",
      unknown: "Unknown",
    },
    code,
  );

export const importState = (code: string) =>
  look(
    {
      receiving: "Receiving",
      uploading: "Receiving",
      received: "Ready to check",
      ready: "Ready to check",
      queued: "Waiting",
      running: "Running",
      done: "Done",
      failed: "Failed",
      cancelled: "Cancelled",
      undoing: "Being undone",
      undone: "Undone",
    },
    code,
  );
export const jobState = (code: string) =>
  look(
    { queued: "Waiting", running: "Running", done: "Done", failed: "Failed", cancelled: "Cancelled" },
    code,
  );

/** What services keep, in the words of whoever answers for it. */
export const keptWord = (code: string) =>
  look(
    {
      customers: "Customers, with their properties and tags",
      activity: "Who did what with a customer, and what fields were before",
      "integration-events": "Messages from integrations",
      "sync-outcomes": "What became of a call of an integration",
      "import-files": "Files to be imported, refused rows, and what undoes an import",
      "job-reports": "Reports of work over many customers",
      "erasure-marks": "That somebody was erased, so that no late message brings them back",
      "survey-rounds": "Who was asked by which campaign, and when",
      triggers: "Events that started, or did not start, a survey",
      "reminder-plans": "Plans of reminders that are over",
      "survey-records": "Survey records",
      "mails-as-sent": "Mails as they were sent",
      "opens-and-clicks": "Opens and clicks",
      wishes: "Who wanted no surveys, and who wanted them again",
      "suppressed-addresses": "Addresses never to be surveyed, as hashes",
      bounces: "Bounces and complaints",
      "incoming-mail": "Mail that came in, such as bounces that could not be understood",
      answers: "Answers and comments",
      notes: "Notes on answers",
      "webhook-attempts": "Logs of webhooks",
      "alert-notices": "Whom an alert was sent to",
      users: "Users of the console",
      sessions: "Sessions, at most",
      "sign-ins": "Sign-ins, and those that failed",
      "browser-reports": "What browsers refused to load",
      "dead-letters": "Dead letters, with all that was in them",
    },
    code,
  );
