"""The table of reasons why Redis cannot be used: sign, sentence, remedy, and whether waiting helps."""

from typing import Final, NamedTuple

URL: Final = "RELAY_REDIS_URL"
_AT_PRIMARY: Final = f"point {URL} at the primary; during a failover, wait for its end"
_PASSWORD: Final = f"correct user and password in {URL}, each percent-encoded; the user may also be switched off"


class Diagnosis(NamedTuple):
    """One kind of refusal; `sign` is searched for in the types and messages of the exception and of its causes."""

    sign: str
    code: str
    problem: str
    what_to_do: str
    passes: bool = True


# The first row that matches counts.
ROWS: Final = (
    Diagnosis(
        "SentinelsAway",
        "sentinels_away",
        "no Sentinel answers, so relay does not know where Redis's primary is",
        f"start the Sentinels, or correct their hosts in {URL}",
    ),
    Diagnosis(
        "SentinelRefused",
        "sentinel_refused",
        "the Sentinels of Redis refuse the password, or ask for one",
        f"write ?sentinel_password=PASSWORD, percent-encoded, at the end of {URL}",
        passes=False,
    ),
    Diagnosis(
        "PrimaryUnnamed",
        "primary_unnamed",
        "the Sentinels of Redis know no primary of that name",
        f"write in {URL} the name that `sentinel monitor` has in the Sentinels' configuration",
        passes=False,
    ),
    Diagnosis(
        r"\bLOADING\b|BusyLoadingError",
        "loading",
        "Redis is still reading its data",
        "wait: it answers when it has read all of it",
    ),
    Diagnosis(
        r"\bOOM\b|command not allowed when used memory",
        "oom",
        "Redis has reached its maxmemory",
        "deliver what waits (relay status), or raise maxmemory",
    ),
    Diagnosis(
        r"\bMISCONF\b",
        "misconf",
        "Redis takes no writes because it cannot write to its own disk",
        "see the server's log and the space on its disk; relay continues automatically",
    ),
    Diagnosis(
        r"\bNOREPLICAS\b",
        "noreplicas",
        "Redis takes no writes because fewer replicas follow it than min-replicas-to-write asks for",
        "bring the replicas back, or lower min-replicas-to-write",
    ),
    Diagnosis(
        r"\bREADONLY\b|ReadOnlyError|ServerDemoted",
        "readonly",
        "Redis takes no writes because it is a read-only replica",
        _AT_PRIMARY,
    ),
    Diagnosis(r"\bMASTERDOWN\b", "masterdown", "Redis is a replica that has lost its primary", _AT_PRIMARY),
    Diagnosis(
        r"\bBUSY Redis|\bBUSY .*script",
        "busy",
        "Redis is busy with a script that does not end",
        "see the server's log, then run SCRIPT KILL there",
    ),
    Diagnosis(
        "max number of clients",
        "maxclients",
        "Redis takes no further connections",
        "raise maxclients, or end what keeps connections open",
    ),
    Diagnosis(
        r"\bDENIED\b[^|]*protected mode",
        "protected_mode",
        "Redis answers only its own host: it is in protected mode, because it has no password",
        f"give it a password and put it into {URL}; or set protected-mode no where only relay reaches it",
        passes=False,
    ),
    Diagnosis(
        "NOAUTH|Authentication required",
        "noauth",
        "Redis asks for a password",
        f"put user and password into {URL}",
        passes=False,
    ),
    Diagnosis(
        "AuthenticationError|WRONGPASS|invalid (username-password|password)|AUTH .*without any password",
        "wrongpass",
        "Redis refuses the user or the password",
        _PASSWORD,
        passes=False,
    ),
    Diagnosis(
        r"\bNOPERM\b|NoPermissionError|The user executing the script",
        "noperm",
        "Redis does not permit its user what relay needs",
        "run relay check: it shows the line of ACL SETUSER that permits it",
        passes=False,
    ),
    Diagnosis(
        "unknown (redis )?command",
        "unknown_command",
        "Redis does not know a command that relay needs",
        "undo rename-command, or ask the provider for it; relay needs Redis 6.2 or newer, or Valkey",
        passes=False,
    ),
    Diagnosis(
        "SeveralShards",
        "several_shards",
        "the cluster of Redis has several shards, or slots without one",
        "use a cluster of one shard: scripts use keys of all slots",
    ),
    Diagnosis(
        "NoNodeAnswers",
        "no_node_answers",
        "no node of the cluster answers, so relay does not know where Redis's primary is",
        f"start the cluster, or correct its hosts in {URL}",
    ),
    Diagnosis(
        r"\bCROSSSLOT\b|\bMOVED\b|\bCLUSTERDOWN\b|in cluster mode",
        "cluster",
        "Redis is a cluster",
        f"write {URL} as cluster://… if it has one shard; several cannot be used: scripts use keys of all slots",
        passes=False,
    ),
    Diagnosis(
        "DB index is out of range|invalid DB index",
        "database",
        "Redis has no database of that number",
        f"correct the database in {URL}",
        passes=False,
    ),
    Diagnosis(
        "certificate has expired",
        "tls_expired",
        "the certificate of Redis has expired",
        "renew it on the server",
        passes=False,
    ),
    Diagnosis(
        "certificate is not yet valid",
        "tls_not_yet_valid",
        "the certificate of Redis is not valid yet by this host's clock",
        "correct the clock of this host, or the certificate's dates",
        passes=False,
    ),
    Diagnosis(
        "hostname mismatch|IP address mismatch|not valid for",
        "tls_wrong_host",
        "the certificate of Redis is for another host",
        f"write in {URL} a host that the certificate names, or issue one for this host",
        passes=False,
    ),
    Diagnosis(
        r"self.signed.certificate|unable.to.get.(local.)?issuer",
        "tls_unknown_authority",
        "the certificate of Redis is signed by an authority that this host does not trust",
        f"name the authority's file: ?ssl_ca_certs=FILE at the end of {URL}",
        passes=False,
    ),
    Diagnosis(
        "certificate.verify.failed",
        "tls_certificate",
        "the certificate of Redis cannot be verified",
        "issue one that OpenSSL accepts on this host: openssl s_client shows the same reason",
        passes=False,
    ),
    Diagnosis(
        r"certificate.required|alert.certificate|alert.(bad|unsupported).certificate|alert.unknown.ca|alert.access.denied",
        "tls_client_certificate",
        "Redis does not accept the client certificate, or asks for one",
        f"name a valid certificate and its key: ?ssl_certfile=FILE&ssl_keyfile=FILE at the end of {URL}",
        passes=False,
    ),
    Diagnosis(
        "handshake.failure|no.shared.cipher",
        "tls_handshake",
        "Redis ended TLS: it asks for a client certificate, or permits no cipher that relay has",
        f"put ?ssl_certfile=FILE&ssl_keyfile=FILE at the end of {URL}, or see tls-ciphers on the server",
        passes=False,
    ),
    Diagnosis(
        "alert.protocol.version|UNSUPPORTED.PROTOCOL",
        "tls_version",
        "Redis speaks no version of TLS that relay accepts",
        "permit TLS 1.2 or 1.3 on the server: tls-protocols",
        passes=False,
    ),
    Diagnosis(
        "WRONG.VERSION.NUMBER|record.layer.failure|UNKNOWN.PROTOCOL|packet.length.too.long",
        "tls_not_spoken",
        "Redis speaks no TLS at this port",
        f"write redis:// in {URL}",
        passes=False,
    ),
    Diagnosis(
        r"PEM lib|KEY_VALUES_MISMATCH|NO_CERTIFICATE_OR_CRL_FOUND|NO_START_LINE|"
        r"connecting to [^/][^|]*(No such file|Permission denied|Is a directory)",
        "tls_files",
        "a file for TLS with Redis cannot be read, or is not what it should be",
        f"correct the files that {URL} names after ssl_, and their rights",
        passes=False,
    ),
    Diagnosis(
        r"Protocol Error: b'\\x15\\x03",
        "tls_only",
        "Redis speaks only TLS at this port",
        f"write rediss:// in {URL}",
        passes=False,
    ),
    Diagnosis(
        "handshake.operation.timed.out",
        "tls_no_answer",
        "Redis does not answer in time when TLS begins: it may speak none at this port",
        f"if it speaks none, write redis:// in {URL}; else see whether it is overloaded or frozen",
    ),
    Diagnosis(
        "SSLEOFError|SSLZeroReturnError",
        "tls_closed",
        "Redis closed the connection before TLS came about",
        "see the server's log: it may be starting, have reached its maxclients, or ask for a client certificate",
    ),
    Diagnosis(
        r"\bSSL[A-Za-z]*Error|\[SSL",
        "tls",
        "TLS with Redis does not come about",
        "see the server's log and its TLS settings",
        passes=False,
    ),
    Diagnosis(
        "user_script|Error running script|Error compiling script|UNBALANCED",
        "script",
        "a script of relay failed in Redis",
        "tell relay's developers what Redis said, with the versions of relay and Redis",
    ),
    Diagnosis(
        "gaierror|Name or service not known|nodename nor servname|name resolution|No address associated",
        "unknown_host",
        "the host of Redis has no address",
        f"correct the host in {URL}, or the DNS",
    ),
    Diagnosis(
        r"connecting to /[^|]*Permission denied",
        "socket_denied",
        "the socket of Redis may not be opened by this user",
        "change unixsocketperm on the server, or the user of relay",
        passes=False,
    ),
    Diagnosis(
        r"connecting to /[^|]*No such file",
        "no_socket",
        "Redis does not answer: its socket is not there",
        f"start it, or correct the path in {URL}",
    ),
    Diagnosis(
        "Connection refused|Connect call failed",
        "not_listening",
        "Redis does not answer: nothing listens there",
        f"start it, or correct {URL}",
    ),
    Diagnosis(
        r"Timeout|timed out",
        "timeout",
        "Redis does not answer in time",
        "see whether it is overloaded, frozen or behind a firewall",
    ),
    Diagnosis(
        "Connection closed by server|Connection reset by peer|Broken pipe|ConnectionResetError|BrokenPipeError",
        "closed",
        "Redis closed the connection",
        f"see whether it is starting or stopping; where it speaks only TLS, write rediss:// in {URL}",
    ),
)
