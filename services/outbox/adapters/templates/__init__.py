"""Templates made ready: Liquid within limits, MJML, inlined CSS, scales, built-in mails, checks."""
