"""The pages over HTTP, as a browser without scripts, or somebody who means harm, sees them."""

import re

import pandas
import pytest
import requests
from people import (
    ANIMAL,
    CAT,
    CROQUET,
    DOG,
    NORWICH,
    REVOLVER,
    TABBY,
    TERRIER,
    families_begun,
)

from benchmarks.survey import pages_needed
from cil.files import read_json
from cil.survey.choice import family
from cil.survey.experiment import Survey


def test_a_class_page_offers_every_candidate_with_its_count_and_reach(voter):
    page = voter.get(f"/class/{NORWICH}").text
    order = [page.index(f'value="{wnid}"') for wnid in (ANIMAL, DOG, TERRIER, NORWICH)]
    assert order == sorted(order), "from general to specific"
    assert "117 others" in page and "126K" in page
    assert "original name" in page and page.count("<img") == 2
    assert "terrier" in page and "your choice" not in page


def test_a_vote_is_stored_and_marked_when_one_comes_back(voter):
    assert voter.vote(NORWICH, TERRIER, scripted="1").status_code == 303
    assert voter.log() == [(NORWICH, "terrier")]
    back = voter.get("/back")
    assert f'action="/v/{voter.token}/class/{NORWICH}"' in back.text and "your choice" in back.text


def test_a_change_is_a_new_row_and_the_latest_counts(voter):
    voter.vote(NORWICH, TERRIER)
    voter.vote(NORWICH, DOG)
    assert voter.log() == [(NORWICH, "terrier"), (NORWICH, "dog")]
    assert (
        "<h2>dog" in voter.get("/answers").text and "<h2>terrier" not in voter.get("/answers").text
    )


def test_one_answer_for_many_classes(voter):
    reply = voter.get(f"/class/{NORWICH}/others", params={"choice": DOG}).text
    others = re.findall(r'name="also" value="(n\d{8})"', reply)
    assert len(others) == 117 and NORWICH not in others
    voter.vote(NORWICH, DOG, also=others[:50])
    assert len(voter.log()) == 51 and {label for _, label in voter.log()} == {"dog"}
    assert "<b>949</b>" in voter.get("/next").text


def test_without_scripts_the_others_are_offered_on_a_page_of_their_own(voter):
    reply = voter.vote(NORWICH, DOG)
    assert reply.headers["Location"].endswith(f"/class/{NORWICH}/more")
    page = voter.get(f"/class/{NORWICH}/more").text
    assert page.count(" checked") == 117
    ticked = re.findall(r'name="also" value="(n\d{8})"', page)[:-1]
    voter.vote(NORWICH, DOG, also=ticked)
    assert len(voter.get("/answers").text.split("<h2>dog")[1].split("<li>")) == 1 + 117


def test_without_scripts_a_list_links_to_what_a_name_would_swallow(voter, hierarchy):
    families_begun(voter, hierarchy)
    voter.vote(NORWICH, TERRIER)
    page = voter.get("/list").text
    links = re.findall(r'href="[^"]*(/class/(n\d{8})/below/(n\d{8}))"[^>]*>([\d,]+) other', page)
    assert links
    for address, wnid, above, others in links[:4]:
        text = voter.get(address).text
        held = text.split('id="below"')[1]
        assert f"<b>{hierarchy.name(above)}</b>: {hierarchy.name(wnid)} and {others} other" in held
        assert held.count("<img") == held.count("<li>") == int(others)
    held = voter.get(f"/class/{CROQUET}/below/{hierarchy.candidates(CROQUET)[0].wnid}").text
    assert '<i class="given">terrier</i>' in held, "what was answered already is said"
    assert voter.get(f"/class/{NORWICH}/below/{CAT}").status_code == 404


def test_without_scripts_a_name_written_beside_the_earlier_answer_counts(voter):
    """Nothing but a script takes the tick off what was answered before."""
    voter.vote(NORWICH, DOG)
    voter.vote(NORWICH, DOG, own="little terrier")
    voter.vote(NORWICH, DOG, own="little terrier")  # now it is that name which was answered before
    voter.vote(NORWICH, DOG, own="little terrier", scripted="1")
    assert [label for _, label in voter.log()] == ["dog", "little terrier", "dog", "dog"]


def test_neighbours_keep_their_own_names_or_share_a_name_of_ones_own(voter):
    reply = voter.get(f"/class/{REVOLVER}/others", params={"choice": REVOLVER}).text
    neighbours = re.findall(r'name="also" value="(n\d{8})"', reply)
    assert 1 < len(neighbours) <= 120
    voter.vote(REVOLVER, REVOLVER, also=neighbours[:2])
    assert len({label for _, label in voter.log()}) == 3
    voter.vote(REVOLVER, "own", own=" bang  stick ", also=neighbours[:2])
    assert [label for _, label in voter.log()[3:]] == ["bang stick"] * 3


def test_an_own_label_that_spells_a_candidate_is_that_candidate(voter):
    voter.vote(NORWICH, "own", own="DOG")
    voter.vote(TABBY, "own", own="House cat")
    stored = {vote.wnid: vote for vote in voter.server.store.since(0) if vote.voter == voter.id}
    assert (stored[NORWICH].kind, stored[NORWICH].label_wnid) == ("candidate", DOG)
    assert (stored[TABBY].kind, stored[TABBY].label_wnid) == ("candidate", CAT)


def test_what_big_decisions_leave_open_comes_in_lists(voter, hierarchy):
    """One answer in every family, and then a list of classes by their usual names."""
    first, *others = {family(hierarchy, wnid): wnid for wnid in hierarchy.classes}.values()
    voter.vote(first, first, also=others[1:])
    asked = voter.get("/next").url.rsplit("/", 1)[1]
    assert family(hierarchy, asked) == family(hierarchy, others[0])
    voter.vote(asked, asked, scripted="1")
    assert voter.get("/next").url.endswith("/list")
    text = voter.get("/list").text
    shown = re.findall(r'name="shown" value="(n\d{8})"', text)
    assert len(shown) == 16 and not set(shown) & {wnid for wnid, _ in voter.log()}
    own, general = shown[0], hierarchy.candidates(shown[1])[-2].wnid
    fields = {"shown": shown, own: own, shown[1]: general, shown[2]: ""}
    before = len(voter.log())
    assert voter.post("/list", fields).url.endswith("/list")
    stored = [vote for vote in voter.server.store.since(0) if vote.voter == voter.id][before:]
    assert [(vote.wnid, vote.label_wnid) for vote in stored] == [(own, own), (shown[1], general)]
    assert {vote.cast_on for vote in stored} == {"list"}, "how a vote was cast is kept"
    again = re.findall(r'name="shown" value="(n\d{8})"', voter.get("/list").text)
    assert not set(again) & set(shown), "what was left open is on no second list"
    back = voter.get("/back")
    assert "/page/" in back.url and back.text.count(" checked") == 2 + 14, "14 are open still"
    voter.post("/list", {"shown": shown[:2], own: own, shown[1]: shown[1]})
    assert dict(voter.log())[shown[1]] == hierarchy.name(shown[1]), "and can be changed there"
    for wrong in ({own: DOG}, {own: "own"}, {own: hierarchy.candidates(own)[0].wnid}):
        assert voter.post("/list", {"shown": shown, **wrong}).status_code == 400
    assert voter.post("/list", {"shown": ["n00000000"]}).status_code == 404
    assert voter.post("/list", {"shown": shown}, seal="forged").status_code == 403
    assert len(voter.log()) == before + 4


def test_a_consistent_voter_needs_half_the_pages_that_were_asked_for(
    experiment, published, tmp_path
):
    """The goal was 250 pages for the 1,000 published labels."""
    wanted = read_json(published / "clustered_imagenet_labels.json")
    survey = Survey.open(experiment, str(tmp_path / "votes.sqlite"), create=True)
    found = pages_needed(survey, wanted)
    assert found["pages"] < 140 and found["names_chosen_on_lists"] < 400
    assert len(survey.board.answers(survey.store.voters()[0].id)) == 1000


def test_not_sure_skip_and_the_last_page(voter):
    first = voter.get("/next").url.rsplit("/", 1)[1]
    skipped = voter.post(f"/class/{first}", {"action": "skip"}).url.rsplit("/", 1)[1]
    assert skipped != first and voter.log() == []
    voter.post(f"/class/{first}", {"action": "unsure"})
    assert voter.log() == [(first, "")]
    page = voter.get("/done").text
    assert "999 classes are left" in page and "You were not sure of 1" in page


def test_all_answered_ends_with_thanks_and_the_own_result(voter, hierarchy):
    dogs = [wnid for wnid in hierarchy.classes_below(DOG) if wnid != NORWICH]
    voter.vote(NORWICH, DOG, also=dogs)
    rest = [wnid for wnid in hierarchy.classes if DOG not in hierarchy.ancestors(wnid)]
    voter.vote(CROQUET, CROQUET, also=rest)
    page = voter.get("/next")
    assert page.url.endswith("/done") and "Thank you, Ada!" in page.text
    assert "<b>1,000</b> classes became <b>883</b> labels" in page.text


def test_classes_come_where_votes_are_needed_most(own_server, hierarchy):
    first, second = own_server.invite(), own_server.invite()
    answered = hierarchy.classes[:990]
    first.vote(answered[0], answered[0], also=answered[1:])
    asked = {second.get("/next").url.rsplit("/", 1)[1] for _ in range(3)}
    assert len(asked) == 1 and not asked & set(answered)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v/nobody-" + "x" * 32 + "/", 404),
        ("/v/short/", 404),
        ("/admin/admin-" + "x" * 32 + "/", 404),
        ("/nowhere", 404),
        ("/static/../app.py", 404),
        ("/static/%2e%2e/app.py", 404),
    ],
)
def test_wrong_addresses_get_a_clear_page(server, path, status):
    reply = requests.get(server.address + path, timeout=10)
    assert reply.status_code == status and "That did not work" in reply.text


def test_bad_input_gets_a_clear_page_and_stores_nothing(voter):
    huge = {"choice": "own", "own": "x" * 1_000_000}
    attempts = {
        404: [voter.vote("n00000000", DOG), voter.vote("../../etc/passwd", DOG)],
        400: [
            voter.vote(NORWICH, CAT),
            voter.vote(NORWICH, "<script>"),
            voter.vote(NORWICH, ""),
            voter.vote(NORWICH, "own", own=" \t "),
            voter.vote(NORWICH, "own", own="x" * 81),
            voter.vote(NORWICH, DOG, also=[TABBY]),
            voter.get(f"/class/{NORWICH}/others", params={"choice": CAT}),
        ],
        403: [
            voter.post(f"/class/{NORWICH}", {"choice": DOG}, seal=""),
            voter.post(f"/class/{NORWICH}", {"choice": DOG}, seal="forged"),
            voter.post(f"/class/{NORWICH}", {"choice": DOG}, seal="überlang"),
        ],
        405: [requests.delete(f"{voter.home}/class/{NORWICH}", timeout=10)],
        413: [voter.post(f"/class/{NORWICH}", huge)],
    }
    assert set(attempts[405][0].headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    for status, replies in attempts.items():
        for reply in replies:
            assert reply.status_code == status
            assert "That did not work" in reply.text and "Traceback" not in reply.text
    assert voter.log() == []


def test_a_seal_of_somebody_else_does_not_open_a_form(server, voter):
    other = server.invite()
    assert voter.post(f"/class/{NORWICH}", {"choice": DOG}, seal=other.seal).status_code == 403
    assert voter.log() == []


def test_labels_show_as_text_whatever_they_hold(voter):
    voter.vote(NORWICH, "own", own="<script>alert(1)</script>")
    for page in (f"/class/{NORWICH}", "/answers", f"/class/{NORWICH}/others?choice=own"):
        assert "<script>alert" not in voter.get(page).text
    assert "&lt;script&gt;alert(1)" in voter.get("/answers").text
    assert "<script>alert" not in requests.get(f"{voter.server.admin}/groups", timeout=20).text


def test_every_reply_carries_the_policy_and_names_no_other_host(voter):
    for page in ("/", f"/class/{NORWICH}", "/answers", "/done"):
        reply = voter.get(page)
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Cache-Control"] == "no-store"
        assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', reply.text)
        assert " style=" not in reply.text and " onclick" not in reply.text


def test_nothing_of_others_votes_is_in_any_reply(server, hierarchy):
    first, second = server.invite("Grace Hopper"), server.invite("Ada")
    first.vote(NORWICH, "own", own="xyzzy", also=[TABBY, CROQUET])
    others = {family(hierarchy, wnid): wnid for wnid in hierarchy.classes}.values()
    second.vote(NORWICH, NORWICH, also=others)
    second.vote(TABBY, CAT)
    beside = f"/class/{NORWICH}/others?choice="
    pages = ["/", "/next", "/back", "/list", "/answers", "/done", f"/class/{CROQUET}"]
    pages += [f"/class/{NORWICH}", f"/class/{TABBY}/below/{CAT}", f"/class/{TABBY}/more"]
    pages += [f"{beside}{DOG}", f"{beside}own"]
    for page in pages:
        reply = second.get(page)
        said = f"{reply.url} {reply.headers} {reply.text}"
        assert reply.status_code == 200, page
        assert not any(word in said for word in ("xyzzy", "Grace", first.id)), page


def test_too_many_forms_are_refused(server):
    hasty = server.invite()
    codes = [hasty.vote(NORWICH, DOG).status_code]
    while codes[-1] == 303 and len(codes) < 500:  # a busy machine comes to the limit slowly
        codes.append(hasty.vote(NORWICH, DOG).status_code)
    assert codes[-1] == 429
    assert len(hasty.log()) == codes.count(303)


def test_a_revoked_link_stops_working_and_its_votes_stay(server):
    leaving = server.invite("Leaving")
    leaving.vote(NORWICH, DOG)
    page = requests.get(server.admin + "/", timeout=20).text
    assert "Leaving" in page and leaving.token in page
    seal = re.search(r'name="seal" value="([^"]+)"', page)[1]
    form = {"seal": seal, "voter": leaving.id, "revoked": "yes"}
    for _ in range(2):  # two administrators at once, who both see "Revoke"
        assert requests.post(f"{server.admin}/revoke", data=form, timeout=20).status_code == 200
        assert leaving.get("/").status_code == 410
    assert leaving.vote(NORWICH, TERRIER).status_code == 410
    assert leaving.log() == [(NORWICH, "dog")]
    requests.post(f"{server.admin}/revoke", data=form | {"revoked": "no"}, timeout=20)
    assert leaving.get("/answers").status_code == 200


def test_the_administrator_invites_sees_groups_and_exports(own_server, tmp_path, hierarchy):
    first, second = own_server.invite("First"), own_server.invite("Second")
    for person, choice in ((first, "n03414162"), (second, "n03294048")):
        person.vote(CROQUET, choice)
    page = requests.get(own_server.admin + "/", timeout=20).text
    assert "<td>croquet ball</td>" in page and "Krippendorff" in page
    seal = re.search(r'name="seal" value="([^"]+)"', page)[1]
    requests.post(f"{own_server.admin}/invite", data={"seal": seal, "name": "<b>Bo"}, timeout=20)
    assert "&lt;b&gt;Bo" in requests.get(own_server.admin + "/", timeout=20).text
    for method in ("majority", "hierarchical", "dawid-skene", "mace"):
        reply = requests.get(f"{own_server.admin}/groups", params={"method": method}, timeout=60)
        assert reply.status_code == 200 and "labels so far" in reply.text
    file = tmp_path / "votes.parquet"
    file.write_bytes(requests.get(f"{own_server.admin}/votes.parquet", timeout=20).content)
    votes = pandas.read_parquet(file)
    chosen = votes[votes["wnid"] == CROQUET].set_index("voter")["label"]
    assert chosen[first.id] == "game equipment" and chosen[second.id] == "equipment"
    assert "voter,wnid,label" in requests.get(f"{own_server.admin}/votes.csv", timeout=20).text


def test_all_groups_come_with_what_the_audit_finds(own_server):
    """Two who call most cats "cat" but leave one alone, and put a label below another."""
    cats = ["n02123159", "n02123394", "n02123597"]  # tiger cat, Persian cat, Siamese cat
    for person in (own_server.invite(), own_server.invite()):
        person.vote(TABBY, CAT, also=cats)
        person.vote("n02124075", "n02124075")  # Egyptian cat
        person.vote("n02099601", DOG)  # golden retriever
        person.vote("n02093428", TERRIER)  # American Staffordshire terrier
    page = requests.get(f"{own_server.admin}/groups", timeout=60).text
    about = {
        part.split(" <span")[0]: part.split("<ul")[0]
        for part in page.split('<section class="group">')[1:]
        for part in [part.split("<h2>")[1]]
    }
    assert "nested" in about["terrier"] and "merge it into dog" in about["terrier"]
    assert "left alone" in about["Egyptian cat"]
    assert 'class="tag"' not in about["domestic cat"]


def test_a_voters_link_does_not_open_the_administrators_page(voter):
    assert (
        requests.get(f"{voter.server.address}/admin/{voter.token}/", timeout=10).status_code == 404
    )


def test_a_picture_is_only_ever_one_of_the_class(voter):
    assert voter.get(f"/picture/{NORWICH}/0").content.startswith(b"\x89PNG")
    for wrong in (f"/picture/{NORWICH}/2", "/picture/n00000000/0", "/picture/../x/0"):
        assert voter.get(wrong).status_code == 404
