"""What keeps strangers and mischief out, one test for each promise."""

import html
import re

import pytest
from people import DOG, NORWICH
from waitress.server import create_server

from cil.cli import main
from cil.errors import UserError
from cil.survey import links
from cil.survey.app import create_app
from cil.survey.experiment import Survey, readable
from cil.survey.guard import WRONG_BURST
from cil.survey.server import address_of, make_server
from cil.votes.table import read_votes

SECRET = b"s" * 32


@pytest.fixture
def survey(experiment, tmp_path) -> Survey:
    """A survey without votes."""
    return Survey.open(experiment, str(tmp_path / "votes.sqlite"), create=True)


@pytest.fixture
def client(survey):
    """Requests to the application itself, without a network."""
    return create_app(survey).test_client()


def test_a_token_is_long_and_no_character_of_it_may_change():
    token = links.token_of(SECRET, "ada")
    assert len(token.removeprefix("ada-")) == 32, "192 bits"
    assert links.holder_of(SECRET, token) == "ada"
    for place, char in enumerate(token):
        changed = token[:place] + ("B" if char == "A" else "A") + token[place + 1 :]
        assert links.holder_of(SECRET, changed) is None
        assert links.holder_of(SECRET, token[:place]) is None
    assert links.holder_of(b"t" * 32, token) is None, "another survey's"
    assert links.holder_of(SECRET, token, room="admin") is None


@pytest.mark.parametrize("voter", ["lab 7/ada", "Zoë", "a%2Fb", "../ada?x#y"])
def test_a_voter_of_any_id_has_a_link_that_opens(client, survey, voter):
    survey.store.invite("Ada", voter=voter)
    page = client.get(f"/admin/{links.admin_token(survey.store.secret)}/").text
    link = html.unescape(re.search(r'value="http://localhost(/v/[^"]+)"', page)[1])
    assert client.get(link).status_code == 200


def test_tokens_and_seals_are_compared_in_constant_time(monkeypatch):
    """Whole, and by `hmac.compare_digest` alone, be they right or wrong from the first letter."""
    compared, real = [], links.hmac.compare_digest

    def spy(right: bytes, given: bytes) -> bool:
        compared.append((len(right), given.decode()))
        return real(right, given)

    monkeypatch.setattr(links.hmac, "compare_digest", spy)
    token = links.token_of(SECRET, "ada")
    wrong = "ada-" + "x" * 32
    assert [links.holder_of(SECRET, given) for given in (token, wrong)] == ["ada", None]
    seal = links.form_seal(SECRET, token)
    assert [links.form_is_ours(SECRET, token, given) for given in (seal, "x")] == [True, False]
    assert compared == [(36, token), (36, wrong), (32, seal), (32, "x")]


def test_who_tries_links_is_slowed_down(client, survey):
    codes = [client.get(f"/v/guess-{number:032d}/").status_code for number in range(80)]
    assert codes[:WRONG_BURST] == [404] * WRONG_BURST and codes[-1] == 429
    token = links.token_of(survey.store.secret, survey.store.invite("Ada").id)
    assert client.get(f"/v/{token}/").status_code == 200, "but nobody with a right one"


def test_the_administrators_forms_need_their_seal_and_short_names(client, survey):
    token = links.admin_token(survey.store.secret)
    seal, voter = links.form_seal(survey.store.secret, token), survey.store.invite("Ada")
    attempts = {
        403: [("invite", {"name": "Bo"}), ("revoke", {"voter": voter.id, "seal": "forged"})],
        400: [
            ("invite", {"name": "x" * 61, "seal": seal}),
            ("revoke", {"voter": "nobody", "revoked": "yes", "seal": seal}),
            ("revoke", {"voter": voter.id, "seal": seal}),
        ],
        413: [("invite", {"name": "Bo", "seal": seal, "more": "x" * 200_000})],
    }
    for status, forms in attempts.items():
        for page, form in forms:
            reply = client.post(f"/admin/{token}/{page}", data=form)
            assert reply.status_code == status and "That did not work" in reply.text
    assert client.get(f"/admin/{token}/groups?method=guess").status_code == 400
    assert [one.revoked_at for one in survey.store.voters()] == [None]


def test_a_form_holds_no_more_than_a_survey_needs(client, survey):
    token = links.token_of(survey.store.secret, survey.store.invite("Ada").id)
    form = {"choice": DOG, "seal": links.form_seal(survey.store.secret, token)}
    page = f"/v/{token}/class/{NORWICH}"
    for many in ({"also": [NORWICH] * 10_000}, {"own": "x" * 200_000}):
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
            assert client.post(page, data=form | many, content_type=kind).status_code == 413
    assert list(survey.store.since(0)) == []


@pytest.mark.parametrize(
    ("sockets", "host", "address"),
    [
        ("127.0.0.1:0", "127.0.0.1", "http://127.0.0.1:"),
        ("127.0.0.1:0", "::1", "http://[::1]:"),
        ("127.0.0.1:0 127.0.0.1:0", "localhost", "http://localhost:"),  # as of IPv4 and IPv6
    ],
)
def test_the_address_of_a_server_can_be_opened(survey, sockets, host, address):
    server = create_server(create_app(survey), listen=sockets, threads=1)
    assert re.fullmatch(re.escape(address) + r"[1-9]\d*", address_of(server, host))
    server.close()


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_port_that_cannot_be_is_refused(survey, port):
    with pytest.raises(UserError, match=f"--port {port}: expected 0 to 65535"):
        make_server(survey, "127.0.0.1", port)


@pytest.mark.parametrize(
    ("count", "text"),
    [(2.9e9, "2.9B"), (63_100_000, "63.1M"), (126_000, "126K"), (999_960, "1M"), (0.4, "0")],
)
def test_counts_are_readable(count, text):
    assert readable(count) == text


def test_votes_come_in_and_out_by_command(experiment, hierarchy, survey, tmp_path, capsys):
    """Invite, vote, export; import into another survey."""

    def cil(database: str, *arguments: str) -> int:
        options = ["--experiment", str(experiment), "--database", str(tmp_path / database)]
        return main(["survey", *options, *arguments])

    assert cil("votes.sqlite", "invite", "Ada") == 0
    token = re.search(r"Ada: .*/v/(\S+)/", capsys.readouterr().err)[1]
    client = create_app(survey).test_client()
    form = {"choice": DOG, "seal": links.form_seal(survey.store.secret, token)}
    assert client.post(f"/v/{token}/class/{NORWICH}", data=form).status_code == 303
    for file in ("votes.csv", "votes.parquet"):
        assert cil("votes.sqlite", "export", str(tmp_path / file)) == 0
        exported = read_votes([tmp_path / file], hierarchy)
        assert exported[["wnid", "label"]].to_numpy().tolist() == [[NORWICH, "dog"]]
    assert cil("other.sqlite", "import", str(tmp_path / "votes.csv")) == 0
    merged = Survey.open(experiment, str(tmp_path / "other.sqlite"), create=True)
    assert [vote.label for vote in merged.store.since(0)] == ["dog"]
    assert cil("other.sqlite", "import", str(tmp_path / "missing.csv")) == 1
