"""A page that was sent is one thing: it comes back as it was, and is changed or undone whole."""

import re
import sqlite3

from people import CAT, DOG, NORWICH, TABBY, TERRIER, families_begun

from cil.survey.board import Board
from cil.survey.store import Store, Vote


def answers(voter) -> dict[str, str]:
    """What is in force, by class, as the voter's own page of answers shows it."""
    page = voter.get("/answers").text
    groups = re.findall(r"<h2>(.*?) <span.*?</h2>(.*?)</section>", page, re.S)
    return {w: label for label, part in groups for w in re.findall(r"/class/(n\d{8})", part)}


def undo(voter):
    page = voter.get("/answers").text
    return voter.post("/undo", {"page": re.search(r'name="page" value="([^"]+)"', page)[1]})


def dogs(hierarchy):
    return [wnid for wnid in hierarchy.classes_below(DOG) if wnid != NORWICH]


def test_dog_for_118_classes_is_undone_whole(voter, hierarchy):
    voter.vote("n02099601", "n02099601")  # golden retriever, by its own name
    voter.vote(NORWICH, DOG, also=dogs(hierarchy), scripted="1")
    assert len(answers(voter)) == 118
    assert "dog</b> for Norwich terrier and 117 others" in voter.get("/next").text
    assert undo(voter).url.endswith(f"/class/{NORWICH}"), "and it is asked again"
    assert answers(voter) == {"n02099601": "golden retriever"}, "what was before it counts again"
    assert undo(voter).status_code == 200 and answers(voter) == {}


def test_back_shows_a_page_as_it_was_and_changes_it_whole(voter, hierarchy):
    others = dogs(hierarchy)
    voter.vote(NORWICH, DOG, also=others[:-1], scripted="1")
    back = voter.get("/back")
    assert re.search(r"/page/[0-9a-f]{16}$", back.url) and "your choice" in back.text
    beside = voter.get(f"/class/{NORWICH}/others", params={"choice": DOG}).text
    assert set(re.findall(r'value="(n\d{8})" data-free checked', beside)) == set(others[:-1])
    page = re.search(r'name="page" value="([^"]+)"', back.text.split('<form id="vote"')[1])[1]
    terriers = [wnid for wnid in others if TERRIER in hierarchy.ancestors(wnid)]
    voter.vote(NORWICH, TERRIER, also=terriers, page=page, scripted="1")
    assert set(answers(voter).values()) == {"terrier"}, "no dog is left over"
    assert len(answers(voter)) == 1 + len(terriers)
    undo(voter)
    assert answers(voter) == {}, "the page that was changed is gone for good"


def test_a_change_without_scripts_is_one_page_too(voter, hierarchy):
    voter.vote(NORWICH, DOG)
    more = voter.get(f"/class/{NORWICH}/more").text
    page = re.search(r'name="page" value="([^"]+)"', more)[1]
    voter.vote(NORWICH, DOG, also=dogs(hierarchy), page=page)
    assert len(answers(voter)) == 118
    undo(voter)
    assert answers(voter) == {}


def test_a_skip_and_a_list_are_undone_too(voter, hierarchy):
    families_begun(voter, hierarchy)
    shown = re.findall(r'name="shown" value="(n\d{8})"', voter.get("/list").text)
    before = answers(voter)
    voter.post("/list", {"shown": shown, shown[0]: shown[0], shown[1]: shown[1]})
    assert "2 names</b> on a list" in voter.get("/next").text
    again = voter.get("/back").text
    assert set(re.findall(r'name="shown" value="(n\d{8})"', again)) == set(shown)
    assert undo(voter).url.endswith("/list") and answers(voter) == before
    assert re.findall(r'name="shown" value="(n\d{8})"', voter.get("/list").text) == shown
    voter.post(f"/class/{TABBY}", {"action": "skip"})
    assert voter.get("/back").url.rsplit("/", 2)[1] == "page"
    assert undo(voter).url.endswith(f"/class/{TABBY}")
    assert TABBY not in Board(voter.server.store, hierarchy)._ledgers[voter.id].skipped


def test_back_goes_page_by_page_to_the_first(voter):
    for wnid, choice in ((NORWICH, DOG), (TABBY, CAT)):
        voter.vote(wnid, choice, scripted="1")
    second = voter.get("/back")
    assert '<h1 id="name">tabby' in second.text
    address = re.search(r'data-back="[^"]*(/back\?before=[0-9a-f]+)"', second.text)[1]
    first = voter.get(address)
    assert '<h1 id="name">Norwich terrier' in first.text
    address = re.search(r'data-back="[^"]*(/back\?before=[0-9a-f]+)"', first.text)[1]
    assert voter.get(address).url == first.url
    assert voter.get("/page/0123456789abcdef").status_code == 404


def test_nobody_undoes_what_another_sent(server, voter):
    other = server.invite()
    voter.vote(NORWICH, DOG)
    page = voter.get("/back").url.rsplit("/", 1)[1]
    other.post("/undo", {"page": page})
    assert other.get(f"/page/{page}").status_code == 404
    assert voter.post("/undo", {"page": page}, seal="forged").status_code == 403
    assert answers(voter) == {NORWICH: "dog"}


def test_pages_of_before_they_had_ids_are_told_apart_by_their_time(tmp_path, hierarchy):
    """A database of the first version is brought up to date, once."""
    path = tmp_path / "votes.sqlite"
    store = Store(str(path), create=True)
    ada = store.invite("Ada").id
    moment = "2026-01-01T00:00:00.000000Z"
    rows = [(NORWICH, "dog", DOG), (TABBY, "cat", CAT)]
    store.add([Vote(ada, w, name, above, "candidate", moment) for w, name, above in rows])
    store.close()
    with sqlite3.connect(path) as old:
        old.execute("ALTER TABLE votes DROP COLUMN page")
        old.execute("ALTER TABLE passes DROP COLUMN page")
        old.execute("DROP TABLE undone")
        old.execute("DELETE FROM facts WHERE name = 'version'")
    board = Board(Store(str(path)), hierarchy)
    assert set(board.answers(ada)) == {NORWICH, TABBY}
    page = board.latest(ada)
    assert page.wnids == [NORWICH, TABBY]
    board.undo(ada, page.id)
    restarted = Board(Store(str(path)), hierarchy)
    assert restarted.answers(ada) == {} and len(restarted.table()) == 0
