"""What several routes share."""

from chassis.auth import requires
from chassis.http import problems

READ, WRITE = requires("campaigns:read"), requires("campaigns:write")
CHANGES = problems(401, 403, 404, 409, 412, 422)
CAMPAIGNS, CUSTOMERS = "campaigns", "next surveys"
