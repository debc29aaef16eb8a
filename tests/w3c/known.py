"""Which tests fail, how, and why: what the engine itself (oxigraph) lacks or decides otherwise, and what later standards changed.

How it fails is how the problem that is found begins, so that another failure of the same test is not taken for this one."""

NUMBERS = "SPARQL 1.1 changed the grammar: a number does not end with a full stop"
ESCAPES = "the engine reads \\u escapes only inside names and texts"
DUPLICATES = "how many duplicates REDUCED leaves is the engine's choice, and the test has one"
STRINGS = "since RDF 1.1 a plain literal is an xsd:string, which this copy of the tests does not know yet"
CANONICAL = "the same in value; the store gives typed literals back in canonical form, and derived integer types as xsd:integer"
DATA = "its data spells numbers or times otherwise than the store, which keeps values, gives them back"

# How tests fail.
SPELLING = "the same in value, otherwise spelled"
SPELLED_DATA = "(its data has other spellings)"
REFUSED = "status 400: "
UNREAD = "it was not read: "
TAKEN = "it was taken"
ROWS = "other rows came back"
GRAPH = "another graph came back"


def rows(came, expected, note=""):
    """How a test fails to which so many rows came."""
    return f"{ROWS}, {came} for {expected}{note and ' ' + note}"


EXPECTED = {
    "basic/term-6": (rows(0, 1, SPELLED_DATA), NUMBERS),
    "basic/term-7": (REFUSED, NUMBERS),
    "distinct/distinct-1": (rows(5, 9, SPELLED_DATA), DATA),
    "distinct/distinct-2": (rows(6, 9), STRINGS),
    "distinct/distinct-9": (rows(13, 20, SPELLED_DATA), DATA),
    "distinct/no-distinct-1": (SPELLING, CANONICAL),
    "distinct/no-distinct-9": (SPELLING, CANONICAL),
    "expr-builtin/dawg-datatype-1": (SPELLING, CANONICAL),
    "expr-builtin/dawg-datatype-2": (rows(5, 4), "since SPARQL 1.1 the datatype of a text with a language is rdf:langString"),
    "expr-builtin/dawg-str-1": (rows(7, 4, SPELLED_DATA), DATA),
    "expr-builtin/dawg-str-2": (rows(0, 1, SPELLED_DATA), DATA),
    "expr-builtin/sameTerm-eq": (rows(24, 14, SPELLED_DATA), DATA),
    "expr-builtin/sameTerm-not-eq": (rows(18, 28, SPELLED_DATA), DATA),
    "expr-builtin/sameTerm-simple": (rows(24, 14, SPELLED_DATA), DATA),
    "expr-equals/eq-2-1": (SPELLING, CANONICAL),
    "expr-equals/eq-2-2": (SPELLING, CANONICAL),
    "expr-equals/eq-graph-1": (rows(3, 2, SPELLED_DATA), DATA),
    "expr-equals/eq-graph-2": (rows(3, 1, SPELLED_DATA), DATA),
    "open-world/date-2": (rows(5, 3, SPELLED_DATA), "the engine compares dates without a time zone by XML Schema 1.1"),
    "open-world/date-3": (SPELLING, CANONICAL),
    "open-world/open-eq-01": (rows(2, 0, SPELLED_DATA), "numbers are the same term when they are the same value, in this store"),
    "open-world/open-eq-03": (SPELLING, CANONICAL),
    "open-world/open-eq-04": (SPELLING, CANONICAL),
    "optional-filter/dawg-optional-filter-005-simplified": (rows(3, 3), "the engine reads the filter of a nested group by SPARQL 1.1"),
    "reduced/reduced-1": (rows(2, 3), DUPLICATES),
    "reduced/reduced-2": (rows(6, 18), DUPLICATES),
    "sort/dawg-sort-7": (SPELLING, CANONICAL),
    "syntax-sparql1/syntax-lit-08": (UNREAD, NUMBERS),
    "syntax-sparql2/syntax-esc-04": (UNREAD, ESCAPES),
    "syntax-sparql2/syntax-esc-05": (UNREAD, ESCAPES),
    "syntax-sparql3/syn-bad-26": (TAKEN, "the engine takes `<` for a comparison where the longest token would be a name"),
    "aggregates/agg-avg-02": (SPELLING, CANONICAL),
    "aggregates/agg-empty-group": (rows(0, 1), "a later edition of the tests expects no row here, as the engine gives"),
    "aggregates/agg-err-02": (SPELLING, CANONICAL),
    "aggregates/agg-max-01": (SPELLING, CANONICAL),
    "aggregates/agg-max-02": (SPELLING, CANONICAL),
    "aggregates/agg-min-01": (SPELLING, CANONICAL),
    "aggregates/agg-min-02": (SPELLING, CANONICAL),
    "aggregates/agg-sum-02": (SPELLING, CANONICAL),
    "csv-tsv-res/csv03": (rows(7, 7, SPELLED_DATA), DATA),
    "csv-tsv-res/tsv03": (SPELLING, CANONICAL),
    "functions/bnode01": (rows(4, 4, SPELLED_DATA), "the engine makes a label of BNODE(text) from the text alone, so two rows share a node"),
    "functions/coalesce01": (SPELLING, CANONICAL),
    "functions/plus-1": (SPELLING, CANONICAL),
    "functions/plus-2": (SPELLING, CANONICAL),
    "functions/strdt03": (rows(16, 16, SPELLED_DATA), STRINGS),
    "functions/strlang03": (rows(16, 16, SPELLED_DATA), STRINGS),
}


def otherwise(outcomes, expected):
    """Compares outcomes, pairs of a test and what was wrong, with those that are expected; returns what is otherwise.

    >>> known = {"a": (ROWS, "the engine's choice")}
    >>> otherwise([("a", "other rows came back, 1 for 2"), ("b", None)], known)
    []
    >>> otherwise([("a", None)], known)
    ['`a` passes now: take it off the list in tests/w3c/known.py']
    >>> otherwise([("a", "status 500: out of order")], known)
    ['`a` fails otherwise than it is known to: status 500: out of order']
    >>> otherwise([("a", "other rows came back"), ("b", "other rows came back")], known)
    ['`b`: other rows came back']
    >>> otherwise([], known)
    ['`a` is on the list in tests/w3c/known.py and was not run']
    """
    found = []
    for test, problem in outcomes:
        how, _ = expected.get(test, (None, None))
        if how is None:
            if problem is not None:
                found.append(f"`{test}`: {problem}")
        elif problem is None:
            found.append(f"`{test}` passes now: take it off the list in tests/w3c/known.py")
        elif not problem.startswith(how):
            found.append(f"`{test}` fails otherwise than it is known to: {problem}")
    run = {test for test, _ in outcomes}
    return found + [f"`{test}` is on the list in tests/w3c/known.py and was not run" for test in expected if test not in run]
