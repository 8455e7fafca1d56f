"""What mail servers say, by what they mean.

A line is a pattern: `~` stands for some words between, the rest is a regular expression over lower-case text in which
addresses read `addr`. The order of the reasons decides: what is not about the address comes first, then what says
that there is none, then what is too general to speak against it.
"""

import re

from .model import Reason

_WHO = (
    "(?:users?|usernames?|recipients?|mailbox(?:es)?|mail box|accounts?|address(?:es)?|addressee|alias|inbox"
    "|person|rcpt|receiver|subscriber|e-?mail(?: address| account)?|mail address)"
)
_BETWEEN = r"(?:[^.;]|\.(?=\w)){0,45}?"

_STRONG: dict[Reason, str] = {
    Reason.SYSTEM: r"""
        ^(?:procmail|maildrop|mailbot|/\S+)\b
        command (?:died|output|failed)
        operating system error|\boffline\b|maintenance|internal error|(?:ldap|backend|database) ~(?:unavailable|error)
        unknown mailer|mailer error
        (?:verify|available|accept\w*|deliver\w*) ~at this time
        (?:temporar(?:y|ily)|currently) (?:be )?unavailable|unavailable (?:temporarily|currently|at th)|service unavailable\W*$
    """,
    Reason.MAILBOX_FULL: r"""
        over ?quota
        quota ~(?:exceed|full|reached|violation|error)
        (?:over|exceed\w*|out of|exceeds) ~(?:quota|storage|disk space|mailbox size|mailbox limit|mail limit)
        (?:mailbox|mail box|inbox|mail ?folder|mailfile|maildir|account|storage|recipient|user|disk|bo[iî]te) ~ ?(?:is|are|too) ~\bfull\b
        (?:mailbox|mail box|inbox|mailfolder|user|account|file ?system) full\b
        full (?:mailbox|mail box|inbox)
        bo[iî]te ~(?:pleine|satur)
        mail ?box size
        number of messages in ~exceed
        (?:not enough|insufficient|no|out of) (?:more )?(?:disk|storage|free|mail|system)? ?(?:space|storage)
        disk ?(?:quota|space)
        mail(?:box)? ?quota
        (?:message|mail|storage|mailbox) (?:count|limit) ~exceed
        mailbox ~(?:reached|exceeds|exceeded) ~(?:limit|maximum|size)
        too many (?:mails|messages) (?:in|on) ~(?:mailbox|account|server|inbox|mail ?drop)
        too much mail data
        (?:postfach|mailbox) (?:ist )?voll
        (?:casella|buz[oó]n|caixa) ~(?:piena|llen[oa]|cheia)
        容量.{0,10}(?:超|オーバー)
        mailfull|mailbox_full|mailboxfull
    """,
    Reason.DISABLED: rf"""
        {_WHO} ~(?:is|are|was|has been|have been|been|currently|temporarily) ~(?:disabled|inactive|suspended|deactivated|locked|frozen|dormant|expired|on hold)
        {_WHO} (?:disabled|inactive|suspended|deactivated|locked|frozen|dormant|closed)\b
        {_WHO} ~not (?:been )?(?:active|activated)\b
        (?:inactive|disabled|suspended|deactivated|locked|frozen|dormant|blocked) (?:users?|account|mailbox|recipient|e-?mail|address)
        (?:temporarily|currently) (?:inactive|disabled|suspended|locked)
        unavailable or access denied(?! ~no such)
        suspend the service
        no longer accepts mail
        mail receiving disabled
        user (?:or|and) domain is disabled
        (?:archiv|d[eé]sactiv)[eé]e?
        p=(?:disableduser|inactiveuser)
    """,
    Reason.TOO_LARGE: r"""
        (?:message|mail|e-?mail|data|header|body|attachment)s? (?:file )?(?:size|length) ~(?:exceed|too|limit|larger|over|maximum)
        (?:message|mail|e-?mail|data|body|file|attachments?|header) ~(?:too (?:big|large)|(?<!queue )too long)
        too (?:big|large) (?:for|to)
        (?:message|mail) (?:exceeds|larger)
        (?:size|length|line) limit
        line too long
        exceed\w* ~(?:maximum|fixed|allowed|databyte|message|file) ~(?:size|limit|length|databytes)
        recipsizelimit|max message size
    """,
    Reason.VIRUS: r"""
        \bvirus|malware|\binfected\b|\bworm\b|trojan
    """,
    Reason.NO_REVERSE_DNS: r"""
        reverse[ -]?(?:dns|lookup|resolution|mapping|hostname)
        \brdns\b|\bptr\b|not found in dns
        (?:cannot|can't|could not|unable to) (?:find|resolve|lookup) your
        (?:ip|hostname|client) (?:name )?(?:lookup|resolution) fail
        (?:your|client) (?:host|server|domain|ip|address)(?: ?name)? ~(?:unknown|not (?:found|exist|known|resolve))
        (?:ip|client|host) ~does not (?:resolve|have a)
        fix your dns
        dns a-data
    """,
    Reason.AUTHENTICATION: r"""
        \b(?:spf|dkim|dmarc)\b
        sender policy framework
        unauthenticated (?:e-?mail|mail|message|sender)
        (?:e-?mail|message|mail|domain|sender|sending) ~(?:authentication|authenticated)
        authentication (?:checks?|policy|failure|failed)
        sending domain
        not authori[sz]ed to send
    """,
    Reason.SPAM: r"""
        \bspam(?!(?: ?trap)? filter is)
        spam(?:my|med|ming|haus|cop|assassin|trap)
        \bjunk\b|\bbulk ?(?:e-?mail|mail)|unsolicited|\buce\b|\bube\b
        likely suspicious|phish|advertis(?:ing|ement)
        unwanted (?:mail|content|e-?mail)
    """,
    Reason.RATE: r"""
        frequency limited
        too many ~(?:connections?|sessions?|recipients|concurrent|messages|mails|e-?mails|smtp)
        too (?:much|frequent) ~(?:traffic|mail|connection|deliver)
        \brate(?:-| )?(?:limit|control)|limited ~rate|throttl|slow down|concurren
        rate (?:that|of)
        (?:receiving mail|sending) (?:at a rate|too)
        (?:hourly|daily|connection|sending|relay) ~(?:limit|quota)
        maximum ~(?:connections|recipients|concurrent|defers|failures)
        exceeded ~(?:rate|hourly|daily|connections)
        receivingrate|unusual rate|(?:recipient|rcpt) (?:count|limit)
        (?:unexpected|excessive|high) volume
    """,
    Reason.RELAYING_DENIED: r"""
        relay(?:ing)? ~(?:denied|not (?:allowed|permitted|authori|accepted)|prohibited|refused|restrict|disallowed|forbidden|disabled)
        (?:unable|not allowed|not permitted|not authori[sz]ed|not able|cannot|can't|refused?|won't|will not|do not|does not|don't|no|permitted) (?:to )?relay
        (?:not|no|denied) relaying
        list of allowed rcpthosts
        not an? (?:open )?relay
        insecure mail relay|relayerror|relay access
        mail server requires authentication
        (?:must|need to) (?:be )?authenticate
        authentication (?:is )?required|authenticated user|password|\blogin\b|not a registered user
        control/locals
        not (?:hosted|served) (?:here|by)
        that domain isn't
    """,
    Reason.REPUTATION: r"""
        reputation|senderbase|senderscore|user complaints
    """,
    Reason.BLOCKED: r"""
        (?<!may be )black-? ?list|block-? ?list|deny ?list|\b(?:dns|rt?s?)bl\b
        \bblocked\b
        (?:listed|found) (?:at|in|on|by) ~(?:list|rbl|dnsbl|spamhaus|spamcop|sorbs|barracuda)
        \bbanned\b
        (?:connections?|client host|client|ip(?: address)?|sending server|your (?:host|server|network|ip)|mail server) ~(?:refused|rejected|denied|dropped|not (?:accepted|allowed|permitted)|forbidden|prohibited)
        (?:not|isn't|aren't) ~accept\w* ~connections
        refused to talk to me
        gr[ea]y-? ?list
        (?:dynamic|dial-?up|residential) ~(?:ip|address|range|host|pool)
        open (?:relay|proxy)
        (?:bad|invalid|wrong) (?:helo|ehlo)|(?:helo|ehlo) ~(?:rejected|invalid|denied|refused)
        service refus
        too many (?:\S{1,12} ){0,3}?(?:errors|bad|invalid|unknown|failed)
        your (?:helo|ehlo)|\bblock\b|threshold|harvest
        from your (?:ip|network|server|host)
        messages from ~(?:deferred|weren't sent|not accepted)
        cloudmark
        not welcome
        access from ~(?:denied|forbidden|rejected)
    """,
    Reason.SENDER_REJECTED: r"""
        (?:sender|mail from|return path|reverse[ -]path|envelope from|from address|originator)s? ~(?:reject|denied|refused|invalid|not |n't |unknown|verif|forbidden|exist|unauthori|resolve|blocked|disallowed|must |required)
        (?:bad|invalid|unverified|forged|faked?|spoofed|unknown|illegal|unauthori[sz]ed|null|empty|forbidden) (?:sender|from|envelope|originator|return|reverse)
        (?:verify|verifying|validate) ~sender|(?:absender|exp[eé]diteur|[eé]metteur|mittente|remitente|remetente)\w* ~(?:unbekannt|n[aã]o |existiert|ung|nicht|inconnu|invalide|inexist|n'existe|sconosciut|non |descon|no |inv[aá]lid)
        unbekannte[nrm]? absend|отправител|送信[元者]|差出人|逆引き|发件人
        domain of (?:the )?sender|sender'?s? (?:domain|address|e-?mail)
        not (?:allowed|authori[sz]ed|permitted) to (?:send|post)
        (?:permission|permissions|permisos?|rights) ~(?:to )?(?:post|send|publicar)
        requires? (?:all|that) senders|(?:only|not) accepts? ~from (?!the internet)
        restricted (?:to|group|sender|list)|restricted\.|(?:list|group|recipient|mailbox|address) is restricted
        delivery ~restrict|notauthori[sz]ed
        moderat(?:or|ed|ion)
        not a member
        e-?mail address is not verified
        groups?\b ~(?:may not exist|not have permission|might not exist|post)
        groups\.google
        (?<!rejected: )access denied\W*$
        your (?:domain|(?:e-?mail )?address)
        (?:message|mail|e-?mail)s? from (?:an? )?(?:unknown|invalid|unverified)|reply(?:-to)? address|header from|from: address
        callback|callout
    """,
    Reason.PROTOCOL: r"""
        rfc ?\d{3,4} (?:compliant|compliance)|not (?:rfc|comply)|non-?complian
        duplicate header|multiple ~headers
        (?:must precede|need) (?:data|rcpt)|bad sequence|(?:^503 |^554 |5\.5\.1 )(?:error: )?no valid recipients\b(?! for)
        bare (?:lf|cr|newline)|malformed (?:mail|message|header|mime)|improper use
        (?:missing|invalid) ~header
        syntax error|malformed address|(?:command|parameter) (?:not recogni[sz]ed|unrecogni[sz]ed|(?:not.|un)implemented)
        starttls|\btls\b|certificate
    """,
    Reason.NETWORK: r"""
        hop count|hopcount|too many hops|mail loop|routing loop|loops? (?:back|detected)|looping
        malformed or unexpected|malformed name server
        dns error(?!.{0,150}(?:nxdomain|domain name not found))|did not complete
        not found,? try again
        lost connection|connection (?:lost|reset|timed|was)
    """,
    Reason.CONTENT: r"""
        content (?:reject|filter|block|not|restrict|denied|type|violat|polic|prohib|presents)
        (?:message|mail|e-?mail) ~filtered
        too many \"?received
        attachment|potential security
        (?:its|message|mail|the) content
        contains ~(?:prohibited|forbidden|illegal|disallowed)
    """,
    Reason.POLICY: r"""
        \bpolic(?:y|ies)\b|violat|administrative(?:ly)? (?:prohibit|reject|lock|den)
        security (?:reason|issue|problem|restrict)
        rejected by (?:filter|rule|user|header|custom|admin|organi[sz]ation|the recipient)
        transport rules?
    """,
}

_OF_THE_ADDRESS: dict[Reason, str] = {
    Reason.MOVED: r"""
        has been replaced by|has moved to|user not local; please try|(?:mailbox|addr>?) (?:has )?moved
        (?:has )?changed (?:his|her|their|its)? ?(?:e-?mail )?address|address (?:has )?changed
    """,
    Reason.NO_MAIL_ACCEPTED: r"""
        null ?mx|(?:does not|doesn't|do not) (?:accept|receive) (?:any )?(?:e-?)?mail(?!s? (?:from|with|via|sent|over|unless|that|which|until|for))
        domain ~(?:is not accepting|no longer accepts) (?:any )?(?:e-?)?mail(?!s? (?:from|with|at))
        no (?:mx|mail exchanger)(?: record)? found|no (?:mx|mail exchanger) record|indicated no smtp service|name server: \.: host not found
        no smtp service|no host found for existing smtp
    """,
    Reason.NO_SUCH_HOST: r"""
        (?:domain|host|hostname|host name|system) (?:name )?~(?:not found|(?:does not|doesn't|did not|may not) exist|could(?: not|n't) be found|cannot be found|is unknown|is not (?:found|valid|known)|non-?existent)
        (?:domain|host|system) (?:name )?(?:unknown|invalid)
        (?:unknown|no such|invalid|non-?existent|illegal) (?:mail |recipient )?(?:domain|host|hostname|system)
        bad destination (?:system|host)|illegal host
        name or service not known|nxdomain|unroute?able
        host address lookups? failed permanently|non-?existent hosts
        couldn't find any|(?:couldn't|could not) find a mail exchanger
        nodename nor servname|\w\.[a-z]{2,} does not exist
        must contain fqdn
    """,
    Reason.NO_SUCH_USER: rf"""
        (?:unknown|no such|invalid|non-?existent|bad|undefined|incorrect|unrecogni[sz]ed|unregistered|undeliverable|obsolete|not a valid|not a known) (?:\S{{1,15}} ){{0,2}}?(?:{_WHO}|name|local[ -]?part|user ?id|customer|destination|member|here|addr\b)
        {_WHO} (?:\S{{1,20}} ){{0,6}}?(?:(?:is |was )?not (?:\S{{1,10}} )?(?:exists?|found|known|valid|listed|recogni[sz]ed|registered|available|existing|here|local)|(?:does|did|do)(?:es)? ?(?:not|n't) (?:seem to )?exist|unknown|unavailable|invalid|non-?exist|no longer (?:exist|valid|available|in use|on|here|with us|works|employed|at|a valid)|undefined|unregistered|not in (?:the |our |my )?(?:directory|address ?book|database|validrcptto))
        {_WHO} (?:\S{{1,20}} ){{0,4}}?(?:could|can|cannot|couldn't|can't|wasn't) ?(?:not)? ?(?:be )?(?:found|resolved|located)
        (?:recipient|rcpt|destination)(?: address)? (?:rejected|refused|denied)(?:\W*(?:[a-z]{{1,8}}\d{{2,8}})?\W*$|: undeliverable|\W{{0,2}}\(in reply)
        5\.4\.1 (?:<?addr>?:? )?recipient address rejected: access denied
        address rejected(?!:)|user ?unknown|unknown ?user|addressee unknown|recipient name is not recognized
        (?:not|n't) (?:an? |one of (?:our|the) )(?:valid |known |local |current |existing )?(?:users?|recipient|mailbox|account|customer)\b
        no (?:valid |local |existing )(?:user|recipient|mailbox|account)|no (?:user|recipient|mailbox|account|inbox) exists
        (?:do not|don't|does not|doesn't) know (?:this |the |that |any )?(?:user|recipient|person|mailbox)
        no longer (?:works?|employed)
        (?:no (?:mailbox|account|user|person|recipient|one)|nobody) ~(?:by|with|of|under|called) ~(?:name|address)
        no (?:mailbox|account|user|recipient) (?:for )?<?addr
        (?<!you )(?:do|does|did)(?:n't| not) have an? (?:user|recipient|account|mailbox|address)
        addr>? is no longer|no longer at this (?:address|domain|company)
        (?:doesn't|does not) have an? [^;]{{0,60}}?(?:account|mailbox)
        not our (?:customer|user)|not listed in|no such (?:user|address|account|mailbox|recipient|person)
        mailbox (?:unavailable|not available|not found)|no mailbox
        recipnotfound|recipientnotfound|nosuchuser
        (?:unable to|cannot|can't|could not|couldn't|can not) (?:find|verify|resolve) ~(?:recipient|user|account|mailbox|alias)
        addr>?\.{{0,3}} (?:is )?(?:not (?:found|known|here|valid)|unknown|rejected\b|does not exist|doesn't exist|invalid)
        not known at|no matches|no valid recipients|matches found in domino directory
        (?:account|user|mailbox) (?:<?addr>? )?(?:has been |was |is )?(?:permanently )?(?:deleted|removed|cancell?ed|terminated)|has left the company
        check (?:if )?(?:the )?(?:address|recipient) is
        unable to deliver message to addr>? \(and other recipients in the same domain
        (?:utilisateur|destinataire|adresse|bo[iî]te(?: aux lettres)?|compte) ~(?:inconnue?|invalide|inexistante?|introuvable|n'existe (?:pas|plus))
        aucune? (?:utilisateur|destinataire|compte|bo[iî]te)
        (?:usuario|usu[aá]rio|destinat[aá]rio|direcci[oó]n|endere[cç]o|cuenta|conta|buz[oó]n|caixa(?: postal)?) ~(?:desconocid[oa]|desconhecid[oa]|n(?:o|[aã]o) existe|inexistente|n(?:o|[aã]o) encontrad[oa]|inv[aá]lid[oa]|no es v[aá]lid[oa])
        n(?:o|[aã]o) existe (?:el|la|o|a|ning[uú]n) (?:usuario|usu[aá]rio|destinat[aá]rio|cuenta|conta|buz[oó]n|direcci[oó]n)
        (?:utente|destinatario|indirizzo|casella(?: di posta)?) ~(?:sconosciut[oa]|inesistente|non (?:esiste|valid[oa]|trovat[oa]))
        (?:benutzer|empf(?:ä|ae)nger|adressat|postfach|adresse|konto) ~(?:unbekannt|nicht gefunden|existiert (?:[\w-]+ ){{0,4}}nicht|gibt es nicht|nicht vorhanden|nicht bekannt|ung(?:ü|ue)ltig)
        unbekannte[rs]? (?:empf|benutzer|adress)|kein(?:en?)? (?:solche[rs]? )?(?:empf|benutzer|postfach|mailbox|konto)
        (?:gebruiker|ontvanger|adres|mailbox) ~(?:onbekend|bestaat niet)|(?:ok[aä]nd|ukendt|ukjent) (?:mottag|modtag|mottak|använd|brug)
        nieznany (?:użytkownik|odbiorc|adres)|(?:użytkownik|skrzynka|uživatel|uzivatel|schr[aá]nka) ~(?:nie istnieje|neexistuje)
        kullanıcı ~(?:bulunamad|bilinmiyor|yok)
        (?:пользовател|ящик|адрес|получател)\w* ~(?:не найден|не существует|неизвест)|нет такого (?:пользовател|ящик|адрес)
        (?:宛先|ユーザ|アドレス|メールボックス|受信者).{{0,12}}(?:見つかりません|存在しません|存在しない|不明)
        (?:用户|用戶|收件人|邮箱|郵箱|帐号|账号).{{0,6}}不存在|查无此人|找不到.{{0,6}}(?:用户|收件人|邮箱)
        (?:사용자|수신자|주소|계정).{{0,8}}(?:찾을 수 없|존재하지 않)
    """,
}

_WEAK: dict[Reason, str] = {
    Reason.EXPIRED: r"""
        retry time|queue too long|tim(?:ed|e) ?-?out|expired|(?:has|was) not (?:been )?(?:yet )?deliver|not delivered within
        delayed|will be retried|will keep trying|multiple retries|deferred|too long|not responding|no response
        could not be delivered for|unable to connect
    """,
    Reason.NETWORK: r"""
        network|unreachable|no route to host|name server|name service|\bdns\b|lookup|refused|connect|host is down
    """,
    Reason.SENDER_REJECTED: r"""
        access denied|permission|rejected|not allowed|not accepted|forbidden
    """,
    Reason.SYSTEM: r"""
        error|fail|unavailable|temporar|later|resources|cannot|can't|unable
    """,
}


def _pattern(lines: str) -> re.Pattern[str]:
    parts = [line.strip().replace("~", _BETWEEN) for line in lines.strip().splitlines()]
    return re.compile("|".join(f"(?:{part})" for part in parts))


def _compiled(table: dict[Reason, str]) -> tuple[tuple[Reason, re.Pattern[str]], ...]:
    return tuple((reason, _pattern(lines)) for reason, lines in table.items())


_AGAINST, _ADDRESS, _GENERAL = _compiled(_STRONG), _compiled(_OF_THE_ADDRESS), _compiled(_WEAK)

LONGEST = 4_000
"""How much of a statement is read."""

_ADDR = re.compile(r"[^\s<>\"'(){};:,]{1,100}@[^\s<>\"'(){};,]{1,255}")
_LINK = re.compile(r"https?://(?:support\.google\.com/mail/\?(p=\w+))?[^\s<>]*")
_HOST = re.compile(
    r"(?<=for name=)[\w.-]{1,255}|[\w-]{1,63}(?:\.[\w-]{1,63}){1,9} ?(?=[\[(]\d{1,3}(?:\.\d{1,3}){3}[\])])"
)
_GOES_ON = re.compile(r"(?<=\s)[245]\d\d-(?:[245]\.\d{1,3}\.\d{1,3}\s)?")
_SPACE = re.compile(r"\s+")


def plain(text: str) -> str:
    """As it is compared: lower case, one space, no addresses, links and names of hosts, no codes that only go on."""
    text = text[:LONGEST]
    bare = _HOST.sub("host ", _LINK.sub(lambda found: found[1] or "", _ADDR.sub("addr", text)))
    bare = _GOES_ON.sub("", bare)
    return _SPACE.sub(" ", bare.replace("\u2019", "'")).lower().strip()


def against(said: str) -> Reason | None:
    """What speaks against blaming the address, in plain text."""
    return _first(_AGAINST, said)


def of_the_address(said: str) -> Reason | None:
    """What says that the address does not work."""
    return _first(_ADDRESS, said)


def general(said: str) -> Reason | None:
    """What else there is in it."""
    return _first(_GENERAL, said)


def _first(rules: tuple[tuple[Reason, re.Pattern[str]], ...], said: str) -> Reason | None:
    return next((reason for reason, pattern in rules if pattern.search(said)), None)
