"""A hook and a check of schemathesis of this project's own; schema.py has them loaded."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Redirects are answers to be checked, and are not followed."""
    kwargs["allow_redirects"] = False


@schemathesis.check
def busy_servers_say_when_to_come_back(context, response, case):
    """A 503 has Retry-After, and nothing else of the 5xx is ever answered."""
    status = response.status_code
    if status == 503:
        assert response.headers.get("retry-after"), "503 without Retry-After"
    assert status < 500 or status == 503, f"status {status}"
