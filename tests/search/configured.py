"""Configurations of the services for tests, and made-up keys."""

KEYS = {
    "DATAFORSEO_LOGIN": "ada@example.org",
    "DATAFORSEO_PASSWORD": "s3cr3t/pass+word",
    "GOOGLE_API_KEY": "AIzaSy-not-a-key",
    "GOOGLE_SEARCH_ENGINE_ID": "017e1c:engine",
}
OWN_KEYS = {
    "mediawiki": {"user_agent": "cil-tests/1.0 (tests@example.org)", "maxlag": 5},
    "infinigram": {"index": "v4_rpj_llama_s4"},
    "google": {"key_variable": "GOOGLE_API_KEY", "engine_variable": "GOOGLE_SEARCH_ENGINE_ID"},
    "dataforseo": {
        "mode": "queue",
        "login_variable": "DATAFORSEO_LOGIN",
        "password_variable": "DATAFORSEO_PASSWORD",
        "location_code": 2840,
        "language_code": "en",
        "poll_seconds": 0.01,
    },
}


def settings(source: str, endpoint: str, **changes) -> dict:
    """The configuration of a source: fast, unlimited, three attempts."""
    return {
        "source": source,
        "endpoint": endpoint,
        "requests_per_second": 0,
        "timeout_seconds": 5,
        "attempts": 3,
        "backoff_seconds": 0.01,
        "max_wait_seconds": 3,
        **OWN_KEYS[source],
        **changes,
    }
