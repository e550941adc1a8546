"""The server of the Prefect that is pinned: with other versions beside it, it does not even import."""

import httpx
import prefect


def test_the_pinned_server_starts_and_is_of_the_version_of_the_client(prefect_api: str) -> None:
    assert httpx.get(f"{prefect_api}/health", trust_env=False).json() is True
    assert httpx.get(f"{prefect_api}/admin/version", trust_env=False).json() == prefect.__version__
