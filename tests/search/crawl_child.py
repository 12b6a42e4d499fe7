"""A crawl in a process of its own, to be killed: settings, names and store as JSON on stdin."""

import json
import os
import sys

from cil.search.asking import Terms
from cil.search.by_name import open_source
from cil.search.crawl import crawl
from cil.search.source import Question

if __name__ == "__main__":
    order = json.load(sys.stdin)
    service = open_source(order["settings"], os.environ)
    crawl(service, map(Question, order["names"]), order["store"], Terms())
