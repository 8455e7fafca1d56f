"""What more than one service does alike and is no plumbing: files in pieces, calls of many events,
addresses, work in groups, who is at it, telling again what was told.

Pure modules may be used by a domain. Nothing here knows a service; see docs/decisions/0071-commons.md.
"""
