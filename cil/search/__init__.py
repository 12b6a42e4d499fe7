"""How familiar each name of the hierarchy is: counts from corpora and search services.

What becomes of a name, by what its source says:

- A count, 0 among them: kept at once, with query, raw reply, time and settings.
- A well-formed reply without a usable count (a field missing, negative, absurd, no number), or a
  refusal of this one query: the name fails, the next is asked.
- HTML or a page of errors in place of JSON, a 5xx, a cut or slow connection: asked again with
  backoff and jitter, at last a failure. 429 and 503 wait for what Retry-After asks.
- A used-up quota, 429 to the end, a wait longer than allowed, ten failures in a row: the crawl
  stops with what it has, and says what is left and when to go on.
- A key, login or address that is refused: the crawl stops at the first request.

A failed name is never written as 0. It ends the step with an error, or stays without a count
where `search.max_failures` allows that; the next run asks for it again.
"""
