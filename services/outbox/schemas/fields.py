"""Kinds of fields that several bodies share."""

from typing import Annotated

from pydantic import StringConstraints

Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=300)]
Address = Annotated[str, StringConstraints(pattern=r"^[^\s@\x00-\x1f<>\"]{1,64}@[^\s@\x00-\x1f<>\"]{1,255}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]{1,500}$")]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Domain = Annotated[
    str, StringConstraints(pattern=r"^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}$")
]
