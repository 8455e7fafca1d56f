"""Every page there is, and what it is made of for whoever cannot see it."""

from dataclasses import dataclass

SHELL = """
navigation "Main"
link "Dashboard"
link "Customers"
link "Feedback"
link "Campaigns"
link "Templates"
link "Outbox"
link "Imports"
link "Settings"
banner
button "Find customers and pages"
status
"""


@dataclass(frozen=True)
class Page:
    """Where it is; `{customer}` and the like stand for ids of the house."""

    path: str
    skeleton: str
    asks: tuple[str, ...] = ()
    """What of the API it shows: the paths after the service's version, by which tests make it empty, slow or broken."""


PAGES = {
    "dashboard": Page(
        "/",
        """
heading "Dashboard" [level=1]
button "Print"
combobox "Metric"
combobox "Period"
combobox "Campaign"
button "Filter"
region "NPS"
region "NPS over time"
slider "NPS over time"
button "Show as table"
region "Scores given"
region "From survey to comment"
region "By campaign"
table
region "Latest comments"
""",
        ("feedback/v1/dashboard",),
    ),
    "customers": Page(
        "/customers",
        """
heading "Customers" [level=1]
link "Import CSV"
button "Add customer"
searchbox "Search customers"
combobox "Segment"
button "Filter"
combobox "Order"
""",
        ("profile/v1/customers", "profile/v1/segments"),
    ),
    "profile": Page(
        "/customers/{customer}",
        """
heading
button "Send survey"
button "Actions"
heading "General data" [level=2]
heading "Deliverability" [level=2]
heading "Scores" [level=2]
heading "Next survey" [level=2]
heading "Properties" [level=2]
heading "Tags" [level=2]
tablist
tab "Feedback" [selected]
tab "Outbox"
tab "Activity"
tabpanel "Feedback"
region "Answers"
""",
        ("feedback/v1/responses",),
    ),
    "profile-outbox": Page(
        "/customers/{customer}?tab=outbox", 'tabpanel "Outbox"', ("outbox/v1/dispatches", "outbox/v1/customers")
    ),
    "profile-activity": Page("/customers/{customer}?tab=activity", 'tabpanel "Activity"'),
    "feedback": Page(
        "/feedback",
        """
heading "Feedback" [level=1]
button "Export CSV"
searchbox "Search in comments"
combobox "View"
combobox "Class"
combobox "State"
combobox "Campaign"
combobox "Channel"
combobox "Period"
checkbox "With a comment"
region "Answers"
""",
        ("feedback/v1/responses",),
    ),
    "answer": Page("/feedback/{answer}", "heading", ("feedback/v1/responses",)),
    "campaigns": Page(
        "/campaigns",
        """
heading "Campaigns" [level=1]
button "New campaign"
searchbox "Search campaigns"
combobox "State"
combobox "Kind"
region "Campaigns"
table
""",
        ("scheduler/v1/campaigns",),
    ),
    "campaign": Page(
        "/campaigns/relationship-nps",
        """
heading "Relationship NPS" [level=1]
button "Dry run"
button "Pause"
button "Actions"
navigation
link "Setup"
link "Results"
link "Versions"
heading "Audience" [level=2]
heading "Schedule" [level=2]
heading "Limits" [level=2]
heading "Questions" [level=2]
heading "Further questions" [level=2]
button "Save"
""",
    ),
    "campaign-triggered": Page("/campaigns/support-ces", 'heading "Trigger" [level=2]'),
    "campaign-results": Page("/campaigns/relationship-nps?tab=results", "heading"),
    "campaign-versions": Page("/campaigns/relationship-nps?tab=versions", "heading"),
    "templates": Page("/templates", 'heading "Templates" [level=1]', ("outbox/v1/templates",)),
    "template": Page("/templates/relationship", 'heading "Relationship" [level=1]'),
    "outbox": Page("/outbox", 'heading "Outbox" [level=1]', ("outbox/v1/dispatches", "outbox/v1/stats")),
    "record": Page("/outbox?record={record}", 'dialog\nheading\nbutton "Close"'),
    "imports": Page(
        "/imports",
        """
heading "Imports" [level=1]
region "A new file"
heading "Drop a CSV file here" [level=2]
button "Choose a file"
link "Sample file"
""",
        ("profile/v1/imports",),
    ),
    "import": Page("/imports/{import}", 'heading "fair.csv" [level=1]\nheading "What happened" [level=2]'),
    "settings-account": Page("/settings?tab=account", 'heading "Settings" [level=1]\nnavigation "Settings"'),
    "settings-senders": Page("/settings?tab=senders", "heading"),
    "settings-rules": Page("/settings?tab=rules", "heading"),
    "settings-suppressions": Page(
        "/settings?tab=suppressions", 'region "Never to be surveyed"\nregion "Check an address"'
    ),
    "settings-webhooks": Page("/settings?tab=webhooks", 'region "Webhooks"\nbutton "New webhook"\ntable'),
    "settings-catalogue": Page("/settings?tab=catalogue", 'heading "Properties" [level=2]\nheading "Tags" [level=2]'),
    "settings-users": Page(
        "/settings?tab=users", 'heading "Users" [level=2]\nbutton "Invite"\ntable\nregion "Sign-ins"'
    ),
    "settings-keys": Page("/settings?tab=keys", 'heading "API keys" [level=2]\nbutton "New key"'),
    "settings-apps": Page(
        "/settings?tab=apps",
        'region "Keys that apps sign with"\nregion "How apps are known"\nregion "Put surveys into an app"\n'
        'combobox "Brand"\nbutton "Copy: On the page"',
    ),
    "settings-system": Page(
        "/settings?tab=system",
        'heading "Services" [level=2]\nheading "Dead letters" [level=2]\nheading "How long things are kept" [level=2]\ntable',
    ),
    "missing": Page("/no-such-page", 'heading "Not found" [level=1]'),
    "customer-missing": Page("/customers/nobody", 'heading "Customer not found" [level=1]'),
}
LISTS = ("customers", "feedback", "campaigns", "templates", "outbox", "imports", "dashboard", "profile")
"""Those that look different where there is nothing yet, or something fails."""
