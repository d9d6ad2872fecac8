"""What a process that Proctor starts is told of the environment: no token, key or password that it does not need."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

SECRET = re.compile(
    r"(^|_)(TOKENS?|KEYS?|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|CREDENTIALS?|AUTH|PAT|COOKIES?)(_|$)|APIKEY|PASSWORD|SECRET"
    r"|^(GITHUB|GH|ACTIONS|AWS|AZURE|GOOGLE|GCP|GIT_CONFIG|SSH|CI_JOB)_|^GIT_ASKPASS$"
)
"""Names of variables that are secret, or lead to something that is; a hosted runner's own all count."""
LOGIN = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
"""An address with a password in it."""


def without_secrets(environment: Mapping[str, str], needed: Container[str] = ()) -> dict[str, str]:
    """The environment without what looks like a secret by its name, or is an address with a password; but with ``needed``.

    Of a proxy's address the password is needed by whoever goes through it, so it stays.
    """
    return {
        name: value
        for name, value in environment.items()
        if name in needed or not (SECRET.search(name.upper()) or (LOGIN.search(value) and not name.upper().endswith("_PROXY")))
    }
