"""`sounding sign-in`: a link into the console."""

from typing import Annotated, Any

import typer

from deploy.local.state import Run
from sounding.deployment import DataOption, JsonOption, call
from sounding.output import Failure, out, print_json

SOMEBODY = "admin@localhost"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="sign-in")(sign_in)


def sign_in(
    email: Annotated[str, typer.Argument(help="Whom it signs in; made where there is no such user.")] = SOMEBODY,
    role: Annotated[
        str, typer.Option(help="What a new user may: viewer, agent, manager or admin.", metavar="ROLE")
    ] = "admin",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Print a link that signs somebody in to the console once, within the hour: the first admin, or who is locked out."""
    made = call(data, "console", "POST", "/v1/sign-in-links", json={"email": email, "role": role})
    if json:
        print_json(made)
        return
    out.print(f"It signs in {made['user']['email']} ({made['user']['role']}), once, within the hour:\n")
    out.print(f"  {made['link']}\n", markup=False)


def first_link(run: Run, key: str) -> str:
    """A link into the console that has just started."""
    import httpx  # noqa: PLC0415 - slow, and most commands do without

    headers, body = {"Authorization": f"Bearer {key}"}, {"email": SOMEBODY, "name": "Admin", "role": "admin"}
    url = f"{run.services['console']}/v1/sign-in-links"
    try:
        answer = httpx.post(url, headers=headers, json=body, timeout=30, trust_env=False)
        made: dict[str, Any] = answer.raise_for_status().json()
    except httpx.HTTPError as error:
        raise Failure(f"The console does not answer: {error}. See its log.") from error
    found: str = made["link"]
    return found
