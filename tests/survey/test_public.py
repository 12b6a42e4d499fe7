"""The survey under a public address with a path, as a proxy hands requests on."""

import re

import pytest
from people import DOG, NORWICH
from werkzeug.test import Client

from cil.errors import UserError
from cil.survey import links
from cil.survey.app import create_app
from cil.survey.experiment import Survey
from cil.survey.public import behind, checked_url

PUBLIC = "https://example.org/our/survey"


@pytest.mark.parametrize("handed_on", ["", "/our/survey"])
def test_every_address_on_every_page_leads_to_the_public_one(experiment, tmp_path, handed_on):
    survey = Survey.open(experiment, str(tmp_path / "votes.sqlite"), create=True)
    secret, ada = survey.store.secret, survey.store.invite("Ada")
    client = Client(behind(create_app(survey), PUBLIC))
    home = f"/v/{links.token_of(secret, ada.id)}"
    admin = f"/admin/{links.admin_token(secret)}"
    pages = [f"{home}/", f"{home}/class/{NORWICH}", f"{home}/answers", f"{admin}/"]
    for page in ["/", *pages, f"{admin}/groups"]:
        reply = client.get(handed_on + page)
        assert reply.status_code == 200
        found = re.findall(r'(?:href|src|action|data-\w+)="(/[^"]*)"', reply.text)
        assert found and all(address.startswith("/our/survey/") for address in found)
    assert f'value="{PUBLIC}{home}/"' in client.get(handed_on + f"{admin}/").text, "the invitation"
    form = {"choice": DOG, "seal": links.form_seal(secret, home.removeprefix("/v/"))}
    sent = client.post(f"{handed_on}{home}/class/{NORWICH}", data=form)
    assert sent.status_code == 303 and sent.headers["Location"].startswith(f"/our/survey{home}/")


@pytest.mark.parametrize("url", ["example.org", "ftp://example.org", "https:///x", "http://a?b=c"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(UserError, match="--public-url"):
        checked_url(url)
