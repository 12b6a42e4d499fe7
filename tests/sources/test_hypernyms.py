"""A class list that WordNet does not know is refused by its first mistake."""

import pytest

from cil.errors import UserError
from cil.sources.hypernyms import hierarchy_above

DOG, DALMATIAN = "n02084071", "n02110341"


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([], "it is empty"),
        ([DOG, "dog"], "entry 2: 'dog' is not a wnid"),
        (["n2084071"], "'n2084071' is not a wnid"),
        (["n02084071 "], "'n02084071 ' is not a wnid"),
        (["n99999999"], "n99999999 is not a noun of WordNet 3.0"),
        (["n02084072"], "n02084072 is not a noun of WordNet 3.0"),
        ([DOG, DALMATIAN, DOG], "n02084071 stands more than once"),
    ],
)
def test_a_wnid_that_cannot_be_is_named(wordnet, classes, message):
    with pytest.raises(UserError, match=message):
        hierarchy_above(classes, wordnet)
